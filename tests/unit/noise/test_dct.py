"""Cosine transforms of blocks."""

import numpy as np

from rwdenoise.noise.dct import cosine_transform


def test_the_transform_keeps_white_noise_white() -> None:
    transform = cosine_transform()
    np.testing.assert_allclose(transform @ transform.T, np.eye(64), atol=1e-6)
