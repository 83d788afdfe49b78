"""Run peers that need the noise level on pictures of unknown noise: estimate it, or try a fixed one."""

from __future__ import annotations

from dataclasses import replace

from bench.methods import Absent, Picture, PictureMethod

TOLD = ", true sigma"
#: Lower limit of sigma, one step of an 8-bit picture: weaker noise needs no removal, and some peers divide by sigma.
LEAST = 1 / 255


def estimate_sigma(picture: Picture) -> float:
    """Return the largest of scikit-image's estimates (Donoho, Johnstone 1994) at full, half and quarter size.

    Each is converted to white noise at full size. The estimate uses the finest scale, where cameras and JPEG leave
    almost no noise: at full size alone it finds an eighth of the noise in PolyU's pictures. With the largest of the
    three, FFDNet comes within 0.8 dB of its best result there.

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W, 3)
        Encoded sRGB, 0 to 1.
    """
    from skimage.restoration import estimate_sigma

    sigma = LEAST
    for factor in (1, 2, 4):
        height, width = (length // factor * factor for length in picture.shape[:2])
        blocks = picture[:height, :width].reshape(height // factor, factor, width // factor, factor, 3)
        found = estimate_sigma(  # type: ignore[no-untyped-call]
            blocks.mean(axis=(1, 3)), channel_axis=-1, average_sigmas=True
        )
        sigma = max(sigma, factor * float(found))
    return sigma


def without_truth(method: PictureMethod | Absent) -> PictureMethod | Absent:
    """Return a peer that estimates sigma from the picture instead of getting the true one."""
    if isinstance(method, Absent) or "sigma" not in method.name:
        return method
    name = f"{method.name.removesuffix(TOLD)}, estimated sigma"
    return PictureMethod(name, lambda picture, _sigma: method.run(picture, estimate_sigma(picture)))


def at_sigma(method: PictureMethod, sigma: int) -> PictureMethod:
    """Return a peer that always assumes the same sigma, in 255ths of white."""
    name = f"{method.name.removesuffix(TOLD)}, sigma {sigma}"
    return replace(method, name=name, run=lambda picture, _sigma: method.run(picture, sigma / 255))
