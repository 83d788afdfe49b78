"""What the tests of whole commands share."""

import numpy as np
import pytest

from rwdenoise.io.write import write_photo
from rwdenoise.photo.cfa import RGGB
from rwdenoise.simulation.raw_photo import simulate_raw


@pytest.fixture(scope="session")
def photo(tmp_path_factory) -> bytes:
    """Return a small simulated RAW file."""
    rng = np.random.default_rng(0)
    rgb = rng.uniform(0.1, 0.5, (3, 208, 288)).astype(np.float32)
    path = tmp_path_factory.mktemp("photo") / "photo.dng"
    write_photo(simulate_raw(rgb, cfa=RGGB, iso=6400, rng=rng)[0], path, provenance=None)
    return path.read_bytes()
