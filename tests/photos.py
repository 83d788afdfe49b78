"""Synthetic RAW photos for tests: the repository needs no photo files."""

from pathlib import Path

import numpy as np

from rwdenoise.choices import Settings
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.photo.cfa import LINEAR, MONOCHROME, RGGB, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import Area

PROVENANCE = Provenance("cfa-test 1.0", Settings(4, 0.5), NoiseProfile(1e-3, 1e-5))
#: XYZ -> camera of a Canon PowerShot G2 (dcraw's table).
MATRIX = np.array([[0.9194, -0.2787, -0.1059], [-0.8098, 1.5657, 0.2608], [-0.2610, 0.3064, 0.7867]])
GAINS = (2.0, 1.0, 1.6)


def raw_photo(
    cfa: Cfa = RGGB,
    *,
    size: tuple[int, int] = (90, 120),
    active: Area | None = None,
    crop: Area | None = None,
    orientation: int = 1,
    black: float = 256.0,
    white: float = 4095.0,
    seed: int = 0,
    source: Path | None = None,
) -> RawPhoto:
    """Return a photo of noise, with a different black level at each site, or for each color of a linear photo."""
    rng = np.random.default_rng(seed)
    active = active or Area(0, 0, *size)
    period = (1, 1, 3) if cfa == LINEAR else cfa.period
    sites = np.arange(np.prod(period), dtype=np.float32).reshape(period)
    gray = cfa == MONOCHROME
    return RawPhoto(
        mosaic=rng.integers(0, int(white) + 1, (*size, *period[2:])).astype(np.uint16),
        cfa=cfa,
        black=black + sites,
        white=white,
        active=active,
        crop=crop or Area(0, 0, active.height, active.width),
        white_balance=(1.0, 1.0, 1.0) if gray else GAINS,
        color_matrix=None if gray else MATRIX,
        orientation=orientation,
        make="Test",
        model="Test One",
        iso=6400.0,
        source=source,
    )


def flat_photo(cfa: Cfa = RGGB, *, level: float, size: tuple[int, int] = (600, 640), orientation: int = 1) -> RawPhoto:
    """Return a photo of a gray wall: uniform light, recorded in camera color."""
    photo = raw_photo(cfa, size=size, orientation=orientation, black=0.0, white=16000.0)
    gains = np.array([*photo.white_balance, 1.0])
    signal = level / gains[cfa.sites(*size)]
    mosaic = np.rint(signal * photo.white).astype(np.uint16)
    return RawPhoto(**{**vars(photo), "mosaic": mosaic, "black": np.zeros(cfa.period, np.float32)})


PREVIEW = np.full((24, 32, 3), 128, np.uint8)
