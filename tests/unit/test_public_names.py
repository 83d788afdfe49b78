"""What ``import rwdenoise`` promises."""

import subprocess
import sys

import pytest

import rwdenoise


def test_every_public_name_is_there() -> None:
    assert sorted(rwdenoise.__all__) == rwdenoise.__all__
    for name in rwdenoise.__all__:
        assert getattr(rwdenoise, name).__name__ == name


@pytest.mark.parametrize(
    ("module", "heavy"), [("rwdenoise", {"torch", "rawpy", "numpy"}), ("rwdenoise.jobs.plan", {"torch", "rawpy"})]
)
def test_import_is_light(module, heavy) -> None:
    code = f"import {module}, sys; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
