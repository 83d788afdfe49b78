"""Test in real GIMP that a worker that is missing, dies, sends garbage or hangs gives a message and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gimp.cases import SIZE, store_pixels
from tests.gimp.tree import GimpTree, worker_command

INSIDE = Path(__file__).with_name("inside.py")
READY = 'print(\'{"v": 1, "event": "ready"}\', flush=True)'
HOW_TO_INSTALL = "type: pip install rwdenoise; then type: rwdenoise gimp install"
FAULTS = {
    "missing": (None, HOW_TO_INSTALL),
    "gone": (["/nowhere/python", "-m", "rwdenoise_cli", "worker"], HOW_TO_INSTALL),
    "removed": (worker_command("-c", "exit('No module named rwdenoise_cli')"), HOW_TO_INSTALL),
    "crashing": (worker_command("-c", f"{READY}; input(); exit('out of luck')"), "out of luck"),
    "garbage": (worker_command("-c", f"{READY}; input(); print('hello', flush=True); input()"), "hello"),
    "slow": (worker_command("-c", "import time; time.sleep(100)"), "did not answer within 2 seconds"),
}


@pytest.fixture
def broken(tree: Path, tmp_path: Path) -> GimpTree:
    """Return a GIMP whose plug-in waits only two seconds for the first output of its worker."""
    gimp = GimpTree(tree, tmp_path)
    gimp.prepare()
    client = gimp.install("rwdenoise", ["the tests say which"]) / "worker_client.py"
    client.write_text(client.read_text().replace("_START_SECONDS = 60.0", "_START_SECONDS = 2.0"))
    return gimp


def test_each_is_told_and_leaves_everything_as_it_was(broken: GimpTree) -> None:
    cases = [
        {"name": name, "base": "RGB", "precision": "U8_NON_LINEAR", "size": SIZE, "layers": 1, "worker": command}
        for name, (command, _) in FAULTS.items()
    ]
    store_pixels(cases, broken.folder)
    outcomes = broken.run(INSIDE, {"cases": cases})
    for outcome in outcomes:
        assert outcome["status"] == "execution-error", outcome
        assert FAULTS[outcome["name"]][1] in outcome["error"]
        assert not outcome["dirty"]
        (layer,) = outcome["layers"]
        assert Path(f"{layer['stem']}.before").read_bytes() == Path(f"{layer['stem']}.after").read_bytes()
    assert [outcome["name"] for outcome in outcomes] == list(FAULTS)
    assert broken.leftovers() == []
