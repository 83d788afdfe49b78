"""Schedules, settings and the three samplers, by hand."""

import pytest

from rwdenoise.denoising.diffusion import SAMPLERS, Settings, ddim, forward, improved, origin, schedule
from rwdenoise.errors import SettingsError


def test_forward_mixes() -> None:
    assert forward(10.0, 20.0, 0.25) == 12.5


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


def test_schedule_ends_at_what_is_left() -> None:
    assert schedule(4, strength=1.0) == (1.0, 0.75, 0.5, 0.25, 0.0)
    assert schedule(1, strength=0.25) == (1.0, 0.75)


@pytest.mark.parametrize(
    ("sampler", "expected"),
    # Two steps from x_T = 8 with the estimates 4, then 2.
    [(origin, [6.0, 2.0]), (improved, [6.0, 3.0]), (ddim, [6.0, 2.0])],
)
def test_two_steps_by_hand(sampler, expected: list[float]) -> None:
    estimates = iter([4.0, 2.0])
    assert list(sampler(lambda _x, _t: next(estimates), 8.0, (1.0, 0.5, 0.0))) == expected


def test_the_names_that_users_give() -> None:
    assert set(SAMPLERS) == {"improved", "origin", "ddim"}
