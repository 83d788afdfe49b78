"""What users can choose: settings are checked, and each choice is one that the library can make."""

import pytest

from rwdenoise.choices import COLORS, DEVICES, QUALITIES, QUALITY, QUALITY_STEPS, Settings
from rwdenoise.errors import SettingsError
from rwdenoise.io.formats import OUTPUT_SUFFIXES, PICTURE_OUTPUTS, RAW_OUTPUTS
from rwdenoise.io.pictures.icc import COLOR_SPACES
from rwdenoise.network.engines import devices, openvino
from rwdenoise.network.weights import list_weights, read_facts


@pytest.mark.parametrize(("steps", "strength"), [(0, 1), (101, 1), (1, -0.1), (1, 1.1), (1, float("nan"))])
def test_refuses_values_out_of_range(steps: int, strength: float) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(steps=steps, strength=strength)
    assert caught.value.hint


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("name", ["chroma", "detail"])
def test_refuses_controls_out_of_range(name: str, wrong: float) -> None:
    with pytest.raises(SettingsError, match=f"The {name} is") as caught:
        Settings(**{name: wrong})
    assert caught.value.hint


def test_chroma_follows_strength_unless_it_is_given() -> None:
    assert Settings(strength=0.3).chroma_strength == 0.3
    assert Settings(strength=0.3, chroma=0.0).chroma_strength == 0
    assert Settings(strength=0.3, chroma=0.3).is_plain
    assert not Settings(strength=0.3, detail=0.1).is_plain
    assert Settings(strength=0, detail=1).removes_nothing
    assert not Settings(strength=0, chroma=0.1).removes_nothing


def test_refuses_an_unknown_sampler() -> None:
    with pytest.raises(SettingsError, match="improved, origin, ddim"):
        Settings(sampler="euler")


def test_each_choice_is_one_that_the_library_can_make() -> None:
    assert tuple(OUTPUT_SUFFIXES) == tuple(dict.fromkeys((*RAW_OUTPUTS, *PICTURE_OUTPUTS)))
    assert set(COLORS) == set(COLOR_SPACES)
    assert set(DEVICES) == {"auto", *devices.REASONS, *openvino.DEVICES, "cuda:compiled"}
    assert set(QUALITIES) == set(QUALITY_STEPS)
    assert QUALITY in QUALITIES
    names = {name for weights in QUALITIES.values() for name in weights.values()}
    helpers = {read_facts(listed.path).measured_by for listed in list_weights()}
    assert names == {listed.name for listed in list_weights()} - helpers
