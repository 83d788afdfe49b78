"""Test that the released weights still give the same pictures: one folder for each case.

``pytest tests/golden --update-golden`` rewrites the expected pictures; mention that in CHANGELOG.md.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import Denoiser
from rwdenoise.io.metadata.provenance import Provenance
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.io.write import write_photo
from rwdenoise.network.engines.devices import choose_backend
from rwdenoise.network.unet import load_network
from rwdenoise.network.weights import find_weights
from rwdenoise.photo.noise_profile import profile_at

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/input.dng"))


def test_there_are_cases() -> None:
    assert len(CASES) >= 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden(case: Path, *, update_golden: bool) -> None:
    photo = read_raw(case / "input.dng")
    # In float32, for the same result on every processor.
    network, facts = load_network(find_weights("cfa-fast"))
    denoiser, settings = Denoiser(network, facts, choose_backend("cpu", dtype=torch.float32)), Settings(steps=4)
    noise = profile_at(float(photo.iso or 0))
    planes = denoiser.denoise(photo.planes(), cfa=photo.cfa, noise=noise, settings=settings)
    expected = case / "expected.dng"
    if update_golden:
        provenance = Provenance(denoiser.name, settings, noise)
        write_photo(photo.with_planes(planes), expected, provenance=provenance, overwrite=True)
    # In digital numbers of the camera: rounding differences between processors are below one.
    difference = np.abs(read_raw(expected).planes() - planes) * (photo.white - photo.black.mean())
    assert difference.max() <= 1
    assert difference.mean() <= 0.1
