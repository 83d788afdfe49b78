"""A short run of ``python -m tests.fuzz``: nothing but our errors, and no crash that takes the program along."""

import sys

import pytest

from tests.fuzz.__main__ import BAD, data_folder
from tests.fuzz.runner import inputs, run
from tests.fuzz.samples import requests
from tests.fuzz.targets import TARGETS, Target

RUNS = 40
SEED = 7


@pytest.mark.skipif(sys.platform == "win32", reason="hangs are noticed by an alarm, which Windows has not")
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_damaged_files_are_refused_or_read(target: Target) -> None:
    row = run(target, seed=SEED, runs=RUNS, data=data_folder())
    assert sum(row.counts.values()) == RUNS
    assert not any(row.counts[kind] for kind in BAD), row.findings
    assert row.counts["hang"] == 0


def test_a_seed_gives_the_same_inputs() -> None:
    once, again = (list(inputs(requests(), "x", seed=3, first=0, runs=20)) for _ in range(2))
    assert once == again
    assert once[5:] == list(inputs(requests(), "x", seed=3, first=5, runs=20))
    assert once != list(inputs(requests(), "x", seed=4, first=0, runs=20))
