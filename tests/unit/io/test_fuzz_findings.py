"""What ``python -m tests.fuzz`` has broken, each as small as it gets."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from rwdenoise.errors import CorruptPhotoError, WeightsCorruptError
from rwdenoise.io.metadata.copy import copy_metadata
from rwdenoise.io.metadata.origin import read_origin
from rwdenoise.io.raw import tiff_structure as tags
from rwdenoise.io.raw.dng import encode_bare_dng
from rwdenoise.io.raw.dng_tags import black_level, color_matrix
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.read import read_picture
from rwdenoise.io.write import encode_picture, write_photo
from rwdenoise.network.unet import load_network
from rwdenoise.network.weights import FORMAT
from rwdenoise.photo.cfa import LINEAR, RGGB, Cfa
from rwdenoise.photo.tag import SHORT
from tests.photos import raw_photo
from tests.pictures import pixels, saved, write

#: A WebP whose length, 8 bytes added, has no room in 32 bits: exiv2's binding raises OverflowError.
OVERFLOWING = b"RIFF\xff\xff\xff\xffWEBPVP8L\1\0\0\0/\0"
#: Exif with the make 0xff: SWIG makes a surrogate of it.
BAD_MAKE = b"Exif\0\0II*\0\x08\0\0\0\1\0" + b"\x0f\1\2\0\3\0\0\0T\xff\0\0" + bytes(4)


def test_exiv2_raises_more_than_its_own_errors(tmp_path: Path) -> None:
    assert read_origin(OVERFLOWING)[1] == ("", "", None, 1)
    warned = []
    jpeg = saved(pixels(), "JPEG")
    source = write(tmp_path / "a.webp", OVERFLOWING)
    assert copy_metadata(raw_photo(source=source), jpeg, kind="jpeg", provenance=None, warn=warned.append)
    assert "cannot be read" in warned[0]


def test_a_make_that_is_no_text_can_be_written(tmp_path: Path) -> None:
    jpeg = saved(pixels(), "JPEG", exif=BAD_MAKE)
    make = read_origin(jpeg)[1].make
    assert make == "T\ufffd"
    write_photo(replace(raw_photo(), make=make), tmp_path / "a.dng", provenance=None)


def test_an_unchanged_jpeg_with_damaged_exif_can_be_written(tmp_path: Path) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + b"\x12\1\3\0\1\0\0\0\6\0\0\0" + bytes(4)
    jpeg = saved(pixels(), "JPEG", exif=exif).replace(b"II*\0", b"II+\0")
    source, warned = write(tmp_path / "a.jpg", jpeg), []
    written = copy_metadata(read_picture(source), jpeg, kind="jpeg", provenance=None, warn=warned.append)
    assert bytes(written) == jpeg
    assert "that of the source" in warned[-1]


def test_a_jpeg_with_an_unknown_unit_can_become_a_png(tmp_path: Path) -> None:
    jpeg = bytearray(saved(pixels(), "JPEG", dpi=(300, 300)))
    jpeg[13] = 200
    photo = read_picture(write(tmp_path / "a.jpg", bytes(jpeg)))
    assert "unit" not in photo.stored.details
    assert encode_picture(photo, format="png")
    assert encode_picture(photo, format="tiff")


@pytest.mark.parametrize("cfa", [RGGB, LINEAR], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize(
    "matrix",
    [np.ones((3, 3)), np.diag([1.0, 1.0, -1.0]), np.diag([1.0, 1.0, 0.0]), np.ones((3, 3)) + np.eye(3) / 10000],
    ids=["singular", "negative", "blind", "nearly"],
)
def test_a_color_matrix_that_cannot_be_undone_is_not_used(matrix: np.ndarray, cfa: Cfa, tmp_path: Path) -> None:
    stated = tags.rationals(tags.COLOR_MATRIX_1, matrix.ravel(), signed=True)
    assert color_matrix({tags.COLOR_MATRIX_1: stated}) is None
    good = raw_photo(cfa, size=(48, 64))
    dng = encode_bare_dng(good)
    old = tags.rationals(tags.COLOR_MATRIX_1, good.color_matrix.ravel(), signed=True).data
    assert dng.count(old) == 1
    path = write(tmp_path / "a.dng", dng.replace(old, stated.data))
    with suppress(CorruptPhotoError):  # LibRaw may or may not know a better one.
        write_photo(read_raw(path), tmp_path / "b.dng", provenance=None)


@pytest.mark.parametrize("repeat", [(0, 1), (0, 0), (2,), (1, 1, 1), (65535, 65535)])
def test_a_black_level_that_repeats_nowhere_is_nan(repeat: tuple[int, ...]) -> None:
    directory = {
        tags.BLACK_LEVEL_REPEAT_DIM: tags.numbers(tags.BLACK_LEVEL_REPEAT_DIM, SHORT, repeat),
        tags.BLACK_LEVEL: tags.numbers(tags.BLACK_LEVEL, SHORT, [64]),
    }
    assert np.isnan(black_level(directory, (2, 2))).all()


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "gfa"},
        {"widths": [2**31, 2**31]},
        {"widths": [8, 8]},
        {"widths": []},
        {"blocks": [1, 1, 10**9]},
        {"blocks": [1, 1, 1.5]},
        {"embedding": -1},
        {"halo": "48"},
    ],
    ids=str,
)
def test_weights_that_state_an_impossible_network_are_refused(change: dict, tmp_path: Path) -> None:
    facts = {"name": "tiny", "version": "0", "halo": 48, "sigma_range": [1e-3, 0.2], "trained": "not at all"}
    architecture = {"domain": "cfa", "widths": [8, 8, 8], "blocks": [1, 1, 1], "embedding": 16}
    facts = {**facts, **{key: change[key] for key in change.keys() & facts.keys()}}
    facts["architecture"] = {**architecture, **{key: change[key] for key in change.keys() & architecture.keys()}}
    path = tmp_path / "tiny.safetensors"
    save_file({"a": np.zeros(1)}, path, metadata={"format": FORMAT, "facts": json.dumps(facts)})
    with pytest.raises(WeightsCorruptError):
        load_network(path)
