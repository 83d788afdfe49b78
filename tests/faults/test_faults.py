"""Inject every fault in its short version; with RWDENOISE_FAULTS=long as often as ``python -m tests.faults``."""

import os
import sys
from collections.abc import Iterator

import pytest

from tests.faults.row import Skip
from tests.faults.studio import Studio
from tests.faults.table import FAULTS, Fault

LONG = os.environ.get("RWDENOISE_FAULTS") == "long"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults are caused by means of Linux")


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio() as studio:
        yield studio


@pytest.mark.timeout(7200 if LONG else 600)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if LONG or fault.short], ids=lambda fault: fault.name)
def test_nothing_is_lost(fault: Fault, studio: Studio) -> None:
    try:
        row = fault.strike(studio, fault.long if LONG else fault.short)
    except Skip as reason:
        pytest.skip(str(reason))
    assert row.is_clean, row
    assert row.photos_out == row.photos_in > 0
    assert row.runs > 0
