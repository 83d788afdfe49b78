"""Test in real GIMP that impossible requests are refused with a message, and nothing changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gimp.cases import refused_cases


@pytest.mark.parametrize("name", [case["name"] for case in refused_cases()])
def test_it_is_refused_with_a_reason_and_nothing_changes(name: str, outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes[name]
    assert outcome["status"] == "calling-error"
    assert name.split()[-1] in outcome["error"]
    assert not outcome["dirty"]
    for layer in outcome["layers"]:
        assert Path(f"{layer['stem']}.before").read_bytes() == Path(f"{layer['stem']}.after").read_bytes()
