"""Results are known by their source's content and by all that was done to it."""

import hashlib
import tracemalloc
from pathlib import Path

import pytest

from rwdenoise.choices import Settings
from rwdenoise.errors import CorruptPhotoError, PhotoAccessError
from rwdenoise.jobs.fingerprint import digest_file, method_key
from rwdenoise.photo.noise_profile import NoiseProfile

METHOD = {"settings": Settings(), "noise": None, "format": "dng", "color": "srgb", "weights": "a" * 64}


def test_a_digest_is_the_sha256(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"raw" * 100_000)
    assert digest_file(path) == hashlib.sha256(b"raw" * 100_000).hexdigest()


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    try:
        digest_file(tmp_path / "a")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(CorruptPhotoError):
        digest_file(tmp_path / "empty")
    with pytest.raises(PhotoAccessError):
        digest_file(tmp_path / "missing")


def test_the_same_method_has_the_same_key() -> None:
    assert method_key(**METHOD) == method_key(**METHOD)
    assert method_key(**METHOD) == method_key(**(METHOD | {"settings": Settings(chroma=Settings.strength)}))


@pytest.mark.parametrize(
    "change",
    [
        {"settings": Settings(steps=Settings.steps + 1)},
        {"settings": Settings(strength=0.5)},
        {"settings": Settings(chroma=0.5)},
        {"settings": Settings(detail=0.5)},
        {"settings": Settings(sampler="origin")},
        {"noise": NoiseProfile(1e-3, 1e-6)},
        {"format": "tiff"},
        {"color": "rec2020"},
        {"weights": "b" * 64},
    ],
)
def test_every_part_of_the_method_counts(change) -> None:
    assert method_key(**(METHOD | change)) != method_key(**METHOD)
