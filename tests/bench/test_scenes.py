"""Test the scenes with exact truth: always the same, in range, and exact where their light is known."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the bench needs scipy, which comes with the extra `bench`")

from bench.edge_measures import edge_mtf50
from bench.scenes import BLUR, EDGE_LIGHT, EDGE_SLANT, SIZE, Scene, charts, photo_crops


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    return {scene.name: scene for scene in charts()}


def test_every_kind_of_chart_is_there(scenes: dict[str, Scene]):
    kinds = {scene.kind for scene in scenes.values()}
    assert kinds == {"edge", "star", "zone plate", "dead leaves", "text", "dark patches"}


def test_scenes_are_light_of_one_size(scenes: dict[str, Scene]):
    for scene in scenes.values():
        assert scene.rgb.shape == (3, SIZE, SIZE)
        assert scene.rgb.dtype == np.float32
        assert scene.rgb.min() >= 0
        assert scene.rgb.max() <= 1


def test_scenes_are_always_the_same(scenes: dict[str, Scene]):
    for again in charts():
        assert np.array_equal(again.rgb, scenes[again.name].rgb)


def test_neutral_scenes_have_no_color(scenes: dict[str, Scene]):
    for scene in scenes.values():
        if scene.neutral:
            assert np.array_equal(scene.rgb[0], scene.rgb[1])
            assert np.array_equal(scene.rgb[1], scene.rgb[2])


def test_each_row_of_the_edge_has_just_the_light_it_should(scenes: dict[str, Scene]):
    dark, bright = EDGE_LIGHT
    right = 0.5 - EDGE_SLANT * (np.arange(SIZE) + 0.5 - SIZE / 2) / SIZE
    expected = dark + (bright - dark) * right
    np.testing.assert_allclose(scenes["edge"].rgb[1].mean(axis=1, dtype=np.float64), expected, atol=1e-5)


def test_the_edge_is_as_sharp_as_its_blur_and_pixels_allow(scenes: dict[str, Scene]):
    frequencies = np.linspace(0.01, 1, 1000)
    mtf = np.exp(-2 * (np.pi * BLUR * frequencies) ** 2) * np.sinc(frequencies)
    expected = frequencies[np.argmax(mtf < 0.5)]
    assert edge_mtf50(scenes["edge"].rgb.transpose(1, 2, 0)) == pytest.approx(expected, rel=0.03)


def test_the_zone_plate_fades_as_its_blur_and_pixels_say(scenes: dict[str, Scene]):
    # Near the middle of a side the frequency is 0.4 cycles/px over four fifths of the radius.
    right = SIZE // 2 + round(0.4 * SIZE)
    strip = scenes["zone plate"].rgb[1, SIZE // 2 - 2 : SIZE // 2 + 2, right - 8 : right + 8]
    contrast = (strip.max() - strip.min()) / (2 * 0.45 * 0.9)
    assert contrast == pytest.approx(np.exp(-2 * (np.pi * BLUR * 0.4) ** 2) * np.sinc(0.4), rel=0.1)


def test_patches_are_flat_and_dark(scenes: dict[str, Scene]):
    scene = scenes["dark patches"]
    assert len(scene.patches) >= 4
    for rows, columns in scene.patches:
        patch = scene.rgb[:, rows, columns]
        assert np.ptp(patch, axis=(1, 2)).max() < 1e-6
        assert 0 < patch.mean() < 0.05


def test_photos_are_cut_out_where_they_are(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RWDENOISE_DATA", str(data))
    crops = photo_crops()
    assert len(crops) >= 2
    for crop in crops:
        assert crop.kind == "photo"
        assert crop.rgb.shape == (3, SIZE, SIZE)


def test_without_photos_there_are_only_charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RWDENOISE_DATA", str(tmp_path))
    assert photo_crops() == []
