"""Results are recognized by all that was done to their source."""

import pytest

from rwdenoise.choices import Settings
from rwdenoise.jobs.treatment import Treatment
from rwdenoise.photo.noise_profile import NoiseProfile

METHOD = {"settings": Settings(), "noise": None, "format": "dng", "color": "srgb", "weights": "a" * 64}


def method_key(*, format: str, weights: str, **options) -> str:
    return Treatment(**options).key(format, weights=weights)


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


def test_the_key_stays_the_same_from_version_to_version() -> None:
    # Otherwise what is done already would be done anew.
    assert method_key(**METHOD) == "8c82181c127ed579d25db08501fab3ed"
