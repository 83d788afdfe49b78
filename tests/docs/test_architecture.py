"""The page on the architecture names the files that there are, and the ones that a photo really passes."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from rwdenoise import RawPhoto, Settings, denoise_photo, load_denoiser, write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LIBRARY = ROOT / "rwdenoise"
#: Most files that a RAW photo may pass between `denoise_photo` and its DNG.
MOST = 30
EDGE = 256


def listed(heading: str) -> list[str]:
    """Return the files of the numbered list under a heading, in order."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\d+\. `([\w/.]+)`", section, re.MULTILINE)


@contextmanager
def watching(source: Path) -> Iterator[set[str]]:
    """Collect the files of the library in which a function receives the photo in any form.

    Its forms are the path, the bytes of the whole file, a `RawPhoto`, and arrays and tensors of most of its pixels.
    """
    size = source.stat().st_size
    passed: set[str] = set()

    def is_photo(value: object) -> bool:
        if isinstance(value, np.ndarray | torch.Tensor):
            return int(np.prod(value.shape)) > 0.9 * EDGE**2
        if isinstance(value, bytes | memoryview):
            return len(value) > size / 2
        return isinstance(value, RawPhoto) or (isinstance(value, Path) and value == source)

    def look(frame, event: str, _result: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(LIBRARY)):
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if any(is_photo(frame.f_locals.get(name)) for name in names):
            passed.add(Path(code.co_filename).relative_to(ROOT).as_posix())

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield passed
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def test_every_file_that_the_page_names_is_there() -> None:
    named = re.findall(r"`((?:rwdenoise|cli|plugins|training|tests|scripts|bench|weights)/[\w./-]*)`", PAGE)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_a_raw_photo_passes_the_files_that_the_page_lists(tmp_path: Path) -> None:
    scene = np.random.default_rng(0).random((3, EDGE, EDGE), np.float32)
    noisy, _ = simulate_raw(scene, cfa=RGGB, iso=3200, rng=np.random.default_rng(1))
    source = tmp_path / "noisy.dng"
    write_photo(noisy, source, provenance=None)
    denoiser = load_denoiser("cfa-fast", device="cpu")
    with watching(source) as passed:
        denoise_photo(source, tmp_path / "clean.dng", denoiser=denoiser, settings=Settings(2))
    assert set(listed("A RAW photo")) == passed
    assert len(passed) <= MOST


@pytest.mark.parametrize(
    "heading", ["A RAW photo", "A layer in GIMP", "A file in the watched folder", "A batch of the training"]
)
def test_no_trip_lists_a_file_twice(heading: str) -> None:
    files = listed(heading)
    assert files
    assert len(set(files)) == len(files)
