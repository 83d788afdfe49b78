"""Test that the released weights still give the same pictures: one folder for each photo, one file for each result.

``pytest tests/golden --update-golden`` rewrites the results; mention that in CHANGELOG.md.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from rwdenoise.choices import QUALITIES, QUALITY, Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.io.read import read_photo
from rwdenoise.io.write import write_photo
from rwdenoise.network.engines.devices import choose_backend
from rwdenoise.network.unet import load_network
from rwdenoise.network.weights import find_weights
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.noise_profile import NoiseProfile, profile_at
from rwdenoise.photo.raw import RawPhoto

FOLDER = Path(__file__).parent
RESULTS = [
    "bayer-iso-6400/default.dng",
    "bayer-iso-6400/cfa-fast-4-steps.dng",
    "x-trans-iso-25600/default.dng",
    "x-trans-iso-25600/cfa-fast-4-steps.dng",
    "developed-iso-6400/default.png",
]


def test_every_file_is_compared() -> None:
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*") if path.suffix in {".dng", ".png"}}
    assert files == {*RESULTS, *(str(Path(result).with_stem("input")) for result in RESULTS)}


def denoiser_in_float32(weights: str) -> Denoiser:
    """Return a denoiser that gives the same on every processor."""
    network, facts = load_network(find_weights(weights))
    meter = denoiser_in_float32(facts.measured_by) if facts.measured_by else None
    return Denoiser(network, facts, choose_backend("cpu", dtype=torch.float32), meter=meter)


def denoised(photo: Photo, denoiser: Denoiser, settings: Settings, noise: NoiseProfile | None) -> Photo:
    if isinstance(photo, RawPhoto) and noise:
        return photo.with_planes(denoiser.denoise(photo.planes(), cfa=photo.cfa, noise=noise, settings=settings))
    return photo.with_planes(denoiser.denoise_picture(photo.planes(), settings=settings))


@pytest.mark.parametrize("name", RESULTS)
def test_golden(name: str, *, update_golden: bool) -> None:
    expected = FOLDER / name
    photo = read_photo(expected.with_stem("input"))
    is_default = expected.stem == "default"
    settings = Settings() if is_default else Settings(steps=4)
    denoiser = denoiser_in_float32(QUALITIES[QUALITY][photo.domain] if is_default else "cfa-fast")
    noise = profile_at(photo.iso or 0) if isinstance(photo, RawPhoto) else None
    result = denoised(photo, denoiser, settings, noise)
    if update_golden:
        write_photo(result, expected, provenance=Provenance(denoiser.name, settings, noise), overwrite=True)
    # In DN of the camera, or steps of 8 bits: rounding differences between processors stay within one.
    steps = photo.white - photo.black.mean() if isinstance(photo, RawPhoto) else 255
    difference = np.abs(read_photo(expected).planes() - result.planes()) * steps
    assert difference.max() <= 1.001
    assert difference.mean() <= 0.1
