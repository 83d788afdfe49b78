"""Test in real GIMP that the plug-in gives the same pixels as the library, and changes nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser, load_denoiser
from rwdenoise.denoising.photos import denoise
from rwdenoise.io.pictures.encodings import DISPLAY, LINEAR, encoding_of
from rwdenoise.photo.rgb import RgbPhoto, Stored
from tests.gimp.cases import TYPES, Case, idle_cases, kind_cases, place_cases
from tests.gimp.tree import GimpTree

# The plug-in's margin around a selection in px; its corner is a multiple of this number.
CONTEXT = 64
# Tolerance for partially selected pixels, which GIMP blends in float32 and linear light; white is 1.
BLEND_TOLERANCE = 2e-6


@pytest.fixture(scope="session")
def denoiser(tiny_weights: Path) -> Denoiser:
    return load_denoiser(str(tiny_weights))


def names(cases: list[Case]) -> list[str]:
    return [case["name"] for case in cases]


@pytest.mark.parametrize("name", names(kind_cases()) + names(place_cases(Path("/tmp"))))
def test_the_selected_pixels_are_those_of_the_library_and_the_others_stay(
    name: str, outcomes: dict[str, dict[str, Any]], denoiser: Denoiser
) -> None:
    _assert_denoised(outcomes[name], denoiser)


@pytest.mark.parametrize("name", ["link", "vector"])
def test_layers_that_gimp_draws_become_pixels(
    name: str, outcomes: dict[str, dict[str, Any]], denoiser: Denoiser
) -> None:
    outcome = outcomes[name]
    if outcome["status"] == "not in this GIMP":
        pytest.skip("link and vector layers came with GIMP 3.2")
    _assert_denoised(outcome, denoiser)
    assert outcome["rasterized"]


def _assert_denoised(outcome: dict[str, Any], denoiser: Denoiser) -> None:
    assert outcome["status"] == "success", outcome["error"]
    for layer in outcome["layers"]:
        before, after, selected = _arrays(outcome, layer)
        expected = _by_the_library(before, outcome, layer, denoiser)
        assert (expected != before).any()
        np.testing.assert_array_equal(after[selected == 1], expected[selected == 1])
        np.testing.assert_array_equal(after[selected == 0], before[selected == 0])


@pytest.mark.parametrize("name", ["feathered", "feathered float"])
def test_partly_selected_pixels_lie_between(name: str, outcomes: dict[str, dict[str, Any]], denoiser: Denoiser) -> None:
    outcome = outcomes[name]
    (layer,) = outcome["layers"]
    before, after, selected = _arrays(outcome, layer)
    expected = _by_the_library(before, outcome, layer, denoiser)
    partly = (selected > 0) & (selected < 1)
    assert partly.mean() > 0.1
    step = 1 if before.dtype.kind == "u" else BLEND_TOLERANCE
    low, high = (pick(before, expected).astype(np.float64) for pick in (np.minimum, np.maximum))
    assert (after[partly] >= low[partly] - step).all()
    assert (after[partly] <= high[partly] + step).all()
    halfway = (selected > 0.4) & (selected < 0.6)
    assert 0.3 < _moved(after[halfway], before[halfway], expected[halfway]) < 0.7


@pytest.mark.parametrize("name", names(kind_cases()) + names(place_cases(Path("/tmp"))))
def test_alpha_stays(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes[name]
    if outcome.get("alpha"):
        for layer in outcome["layers"]:
            before, after, _ = _arrays(outcome, layer)
            np.testing.assert_array_equal(after[..., -1], before[..., -1])


@pytest.mark.parametrize("name", names(idle_cases()))
def test_strength_0_changes_nothing_and_leaves_no_undo_step(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes[name]
    assert outcome["status"] == "success", outcome["error"]
    assert not outcome["dirty"]
    for layer in outcome["layers"]:
        before, after, _ = _arrays(outcome, layer)
        np.testing.assert_array_equal(after, before)


def test_nothing_is_left_behind(outcomes: dict[str, dict[str, Any]], gimp: GimpTree) -> None:
    assert outcomes
    assert gimp.leftovers() == []


def _arrays(outcome: dict[str, Any], layer: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a layer before and after, shape (H, W, C), and the selection weight of each pixel, shape (H, W)."""
    width, height = outcome["size"]
    kind = TYPES[outcome["precision"].split("_")[0]]
    before, after = (
        np.fromfile(f"{layer['stem']}.{name}", kind).reshape(height, width, -1) for name in ("before", "after")
    )
    selected = np.fromfile(f"{layer['stem']}.selection", np.float32)
    return before, after, selected.reshape(height, width) if selected.size else np.ones((height, width), np.float32)


def _by_the_library(before: np.ndarray, outcome: Case, layer: dict[str, Any], denoiser: Denoiser) -> np.ndarray:
    """Return the layer with the selected area and its margin denoised by the library."""
    x, y, width, height = layer["area"]
    left, top = (max(0, start - CONTEXT) // CONTEXT * CONTEXT for start in (x, y))
    rows, columns = slice(top, y + height + CONTEXT), slice(left, x + width + CONTEXT)
    colors = 1 if before.shape[2] < 3 else 3
    photo = RgbPhoto(before[rows, columns, :colors], None, _encoding(outcome, layer, gray=colors == 1), Stored("tiff"))
    chosen = Settings(**outcome.get("arguments", {}))
    expected = before.copy()
    result = denoise(photo, denoiser=denoiser, settings=chosen)
    expected[rows, columns, :colors] = result.samples
    return expected


def _encoding(outcome: Case, layer: dict[str, Any], *, gray: bool) -> Any:
    if outcome.get("profile"):
        return encoding_of(Path(outcome["profile"]).read_bytes(), gray=gray, floating=False)
    return LINEAR if layer["format"].split()[0] in ("Y", "YA", "RGB", "RGBA") else DISPLAY


def _moved(after: np.ndarray, before: np.ndarray, expected: np.ndarray) -> float:
    """Return the mean change of the pixels relative to the library's: 0 for no change, 1 for the same change."""
    whole, way = (array.astype(np.float64) - before for array in (expected, after))
    return float((whole * way).sum() / (whole * whole).sum())
