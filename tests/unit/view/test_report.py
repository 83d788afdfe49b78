"""From files to what a report shows of them, and from the events of a call to its report."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rwdenoise.choices import Settings
from rwdenoise.errors import SettingsError
from rwdenoise.events import Failed, Finished, Noise, Progress, Skipped, Started, Summary, Warned
from rwdenoise.io.metadata.provenance import read_provenance
from rwdenoise.io.read import read_photo
from rwdenoise.io.write import write_photo
from rwdenoise.noise.curve import measure_noise_curve
from rwdenoise.photo.cfa import MONOCHROME, RGGB, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto
from rwdenoise.photo.tiling import Area
from rwdenoise.view.report import build
from rwdenoise.view.report.build import CallReport, report_files
from rwdenoise.view.report.comparison import compare
from rwdenoise.view.report.content import Bounds
from rwdenoise.view.report.facts import RunFacts
from rwdenoise.view.report.removed import Removal, matched
from tests.photos import PROVENANCE, flat_photo, raw_photo

SIZE = (320, 448)
PROFILE = NoiseProfile(1e-3, 1e-6)
BOUNDS = Bounds(longest=256, crop=96, quality=80)
FINISHED = Finished("a.dng", "a-denoised.dng", 10.0, 0.1, "cfa 1", "cpu", Settings(4), passes=3.5)


def noisy_and_clean(cfa: Cfa = RGGB, *, stripes: float = 0, **details) -> tuple[RawPhoto, RawPhoto]:
    """Return a gray wall with noise and without; of the stripes in one corner nothing is left."""
    clean = replace(flat_photo(cfa, level=0.3, size=SIZE, **details), noise=PROFILE)
    planes = clean.planes()
    noise = np.random.default_rng(0).normal(0, 1, planes.shape) * np.sqrt(PROFILE.variance(planes))
    noise[0, 64:128, 96:160] += stripes * np.sqrt(PROFILE.shot * 0.3) * (np.arange(64) // 2 % 2 * 2 - 1)
    return clean.with_planes((planes + noise).astype(np.float32)), clean


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[Path, Path]:
    """Return a noisy photo with stripes and what was made from it."""
    folder = tmp_path_factory.mktemp("files")
    paths = folder / "noisy.dng", folder / "clean.dng"
    noisy, clean = noisy_and_clean(stripes=3)
    write_photo(noisy, paths[0], provenance=None)
    write_photo(clean, paths[1], provenance=replace(PROVENANCE, noise=PROFILE, settings=Settings(4, chroma=1.0)))
    return paths


class TestCompare:
    def test_pictures_are_within_their_bounds(self, files) -> None:
        whole, *crops = compare(*files, bounds=BOUNDS).views
        assert (whole.before.width, whole.after.width) == (256, 256)
        assert whole.scale == 256 / SIZE[1]
        assert crops
        assert {(crop.before.width, crop.before.height) for crop in crops} == {(96, 96)}
        assert all(np.isclose(crop.removed.width, 96) for crop in crops)

    def test_structure_that_went_is_marked(self, files) -> None:
        comparison = compare(*files, bounds=BOUNDS)
        mark = comparison.views[0].marks[0]  # The worst comes first.
        scale = comparison.views[0].scale
        assert (mark.left, mark.top) == pytest.approx((96 * scale, 64 * scale), abs=1)
        assert (mark.width, mark.height) == pytest.approx((64 * scale, 64 * scale), abs=1)
        assert comparison.structure > 0

    def test_facts(self, files) -> None:
        comparison = compare(*files, bounds=BOUNDS, run=RunFacts(FINISHED, "file", ("Something is odd.",)))
        facts = {word: value for _, group in comparison.facts for word, value in group}
        assert facts["weights"] == PROVENANCE.weights
        assert facts["steps"] == "4, improved"
        assert facts["passes"].startswith("3.5 ")
        assert facts["device"] == "cpu"
        assert facts["time"].startswith("10.0 s")
        assert facts["profile"] == "shot 0.001, read 1e-06, stated by the file"
        assert facts["size"] == "448 × 320 px"  # noqa: RUF001 -- as it is shown
        assert comparison.about == "Test One · ISO 6400 · 0.1 Mpx · 10.0 s"
        assert comparison.warnings == ("Something is odd.",)

    def test_raw_with_its_developed_picture(self, files, tmp_path) -> None:
        write_photo(read_photo(files[1]), tmp_path / "clean.tif", provenance=None, format="tiff")
        comparison = compare(files[0], tmp_path / "clean.tif", bounds=BOUNDS)
        before, after = (mean_of(picture.data) for _, picture in list(comparison.views[0].layers)[:2])
        assert before == pytest.approx(after, abs=2)
        assert comparison.views[0].marks == ()
        assert comparison.structure is None


class TestMatched:
    def test_sizes_that_differ(self) -> None:
        photos = raw_photo(), raw_photo(size=(90, 118))
        with pytest.raises(SettingsError, match=r"a has 120 x 90 px and b has 118 x 90 px"):
            matched(*photos, names=("a", "b"))

    def test_a_picture_that_was_turned_by_another_program(self, tmp_path) -> None:
        pixels = np.random.default_rng(0).integers(0, 255, (8, 12, 3)).astype(np.uint8)
        exif = Image.Exif()
        exif[0x112] = 6
        Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
        Image.fromarray(np.rot90(pixels, -1)).save(tmp_path / "b.png")
        before, after = matched(*(read_photo(tmp_path / name) for name in ("a.png", "b.png")), names=("a", "b"))
        assert isinstance(before, RgbPhoto)
        np.testing.assert_array_equal(before.samples, after.samples)


class TestRemoved:
    @pytest.mark.parametrize("cfa", [RGGB, MONOCHROME])
    def test_noise_is_even_grain(self, cfa) -> None:
        picture = removed(*noisy_and_clean(cfa))
        assert picture.mean() == pytest.approx(128, abs=1)
        assert picture.std() == pytest.approx(127 / 5, rel=0.05)

    def test_structure_stands_out(self) -> None:
        picture = removed(*noisy_and_clean(stripes=3))
        assert picture[64:128, 96:160].std() > 2 * picture[200:, 200:].std()

    def test_it_is_upright(self) -> None:
        picture = removed(*noisy_and_clean(stripes=3, orientation=6))
        assert picture.shape[:2] == SIZE[::-1]
        rows, columns = slice(96, 160), slice(SIZE[0] - 128, SIZE[0] - 64)
        assert picture[rows, columns].std() > 2 * picture[200:, :100].std()

    def test_nothing_removed(self) -> None:
        _, clean = noisy_and_clean()
        assert set(np.unique(removed(clean, clean))) == {128}

    def test_reduced(self) -> None:
        noisy, clean = noisy_and_clean()
        assert max(removed(noisy, clean, longest=100).shape) <= 100


def test_provenance_is_read_back(files) -> None:
    assert read_provenance(files[0]) is None
    assert read_provenance(files[0].parent / "missing.dng") is None
    assert read_provenance(files[1]) == replace(PROVENANCE, noise=PROFILE, settings=Settings(4, chroma=1.0))


def test_more_photos_get_smaller_pictures() -> None:
    sizes = [Bounds.for_photos(photos).longest for photos in (1, 10, 100, 10_000)]
    assert sizes == sorted(sizes, reverse=True)


def test_two_files(files, tmp_path) -> None:
    report_files(*files, tmp_path / "report.html")
    assert "noisy.dng" in (tmp_path / "report.html").read_text(encoding="utf-8")


class TestCall:
    SUMMARY = Summary(1, 1, 1, 12.0, megapixels=0.1, already=1)

    def told(self, target: Path, *events) -> list:
        heard = []
        with CallReport(target, photos=3, listen=heard.append) as report:
            for event in events:
                report(event)
        return heard

    def test_all_that_happened_is_in_it(self, files, tmp_path) -> None:
        noisy, clean = map(str, files)
        finished = replace(FINISHED, job=noisy, output=clean)
        events = [
            Started(noisy, noisy, clean),
            Noise(noisy, 1e-3, 1e-6, "given"),
            Warned(noisy, "The sidecar is odd."),
            finished,
            Failed("broken.NEF", "corrupt-photo", "It is cut off.", "Copy it again."),
            Skipped(noisy, clean, "done already"),
            self.SUMMARY,
        ]
        heard = self.told(tmp_path / "report.html", *events)
        assert [event for event in heard if not isinstance(event, Progress)] == events
        text = (tmp_path / "report.html").read_text(encoding="utf-8")
        for words in (
            "The sidecar is odd.",
            ", given",
            "corrupt-photo",
            "It is cut off.",
            "Copy it again.",
            'id="photo-2"',
        ):
            assert words in text

    def test_a_photo_that_cannot_be_compared_is_told(self, files, tmp_path) -> None:
        gone = replace(FINISHED, job=str(files[0]), output=str(tmp_path / "gone.dng"))
        heard = self.told(tmp_path / "report.html", gone, self.SUMMARY)
        assert [event.job for event in heard if isinstance(event, Warned)] == [str(files[0])]
        assert heard[-1] == self.SUMMARY
        assert "noisy.dng is not in the report" in (tmp_path / "report.html").read_text(encoding="utf-8")

    def test_a_report_that_cannot_be_written_costs_nothing(self, files, tmp_path) -> None:
        (tmp_path / "file").touch()
        finished = replace(FINISHED, job=str(files[0]), output=str(files[1]))
        warned, *heard = self.told(tmp_path / "file" / "report.html", finished, self.SUMMARY)
        assert warned.message.startswith("The report was not written: ")
        assert heard == [finished, self.SUMMARY]

    def test_a_bug_costs_nothing(self, files, tmp_path, monkeypatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise TypeError("a bug")

        monkeypatch.setattr(build, "compare", fail)
        heard = self.told(tmp_path / "report.html", replace(FINISHED, job=str(files[0])), self.SUMMARY)
        assert heard[-1] == self.SUMMARY
        assert "a bug" in heard[-2].message

    def test_what_is_not_reached_any_more(self, files, tmp_path) -> None:
        with pytest.raises(KeyboardInterrupt), CallReport(tmp_path / "r.html", photos=1, listen=lambda _: None):
            raise KeyboardInterrupt
        assert not (tmp_path / "r.html").exists()


def removed(noisy: RawPhoto, clean: RawPhoto, *, longest: int | None = None) -> np.ndarray:
    whole = Area(0, 0, *SIZE)
    return Removal((noisy, clean), measure_noise_curve(noisy)).picture(whole, longest=longest)


def mean_of(data: bytes) -> float:
    return float(np.asarray(Image.open(BytesIO(data))).mean())
