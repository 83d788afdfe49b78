"""Schedules and the three samplers, by hand."""

import pytest

from rwdenoise import choices
from rwdenoise.denoising.diffusion import SAMPLERS, ddim, forward, improved, origin, schedule


def test_forward_mixes() -> None:
    assert forward(10.0, 20.0, 0.25) == 12.5


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
    assert tuple(SAMPLERS) == choices.SAMPLERS == ("improved", "origin", "ddim")
