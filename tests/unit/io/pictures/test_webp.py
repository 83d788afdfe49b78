"""WebP: lossless stays lossless, lossy stays lossy, alpha and profile go along."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from rwdenoise.errors import CorruptPhotoError, SettingsError, UnsupportedPhotoError
from rwdenoise.io.pictures.icc import profile
from rwdenoise.io.pictures.webp import encode_webp, read_webp
from tests.pictures import changed, opened, pixels, saved


@pytest.mark.parametrize("channels", [3, 4])
def test_lossless(channels: int) -> None:
    icc = profile("display-p3")
    data = saved(pixels(channels=channels), "WEBP", lossless=True, exact=True, icc_profile=icc)
    photo = read_webp(data, name="a.webp")
    again = changed(photo)
    written = encode_webp(again)
    assert b"VP8L" in written
    np.testing.assert_array_equal(read_webp(written, name="b.webp").samples, again.samples)
    assert opened(written).info["icc_profile"] == icc
    assert (photo.extra is None) == (channels == 3)
    if photo.extra is not None:
        np.testing.assert_array_equal(read_webp(written, name="b.webp").extra, photo.extra)


@pytest.mark.parametrize("channels", [3, 4])
def test_lossy(channels: int) -> None:
    photo = read_webp(saved(pixels(channels=channels), "WEBP", quality=80), name="a.webp")
    written = encode_webp(changed(photo))
    assert b"VP8L" not in written
    again = read_webp(written, name="b.webp")
    assert np.abs(again.samples.astype(int) - changed(photo).samples).mean() < 2.5
    assert len(encode_webp(photo, quality=20)) < len(written)
    assert (again.extra is not None) == (channels == 4)


def test_animations_are_refused() -> None:
    file = BytesIO()
    Image.fromarray(pixels()).save(file, "WEBP", save_all=True, append_images=[Image.fromarray(pixels()[::-1])])
    with pytest.raises(UnsupportedPhotoError, match="animation"):
        read_webp(file.getvalue(), name="a.webp")


@pytest.mark.parametrize("settings", [{"lossless": True}, {"quality": 90}, {"quality": 90, "icc_profile": b"x" * 99}])
@pytest.mark.parametrize("tenth", range(1, 10))
def test_cut_off(tenth: int, settings: dict) -> None:
    data = saved(pixels(), "WEBP", **settings)
    with pytest.raises(CorruptPhotoError, match=r"a\.webp is cut off"):
        read_webp(data[: len(data) * tenth // 10], name="a.webp")


def test_too_large_a_picture() -> None:
    photo = read_webp(saved(pixels(), "WEBP"), name="a.webp")
    with pytest.raises(SettingsError, match="16384"):
        encode_webp(photo.with_samples(np.zeros((1, 16384, 3), np.uint8)))
