"""What ``import rwdenoise`` promises."""

import subprocess
import sys

import pytest

import rwdenoise

#: One function writes every kind of photo; it keeps the name that it had for pictures.
SECOND_NAMES = {"write_picture": "write_photo"}


def test_every_public_name_is_there() -> None:
    assert sorted(rwdenoise.__all__) == rwdenoise.__all__
    for name in rwdenoise.__all__:
        assert getattr(rwdenoise, name).__name__ == SECOND_NAMES.get(name, name)


@pytest.mark.parametrize(
    ("module", "heavy"), [("rwdenoise", {"torch", "rawpy", "numpy"}), ("rwdenoise.jobs.plan", {"torch", "rawpy"})]
)
def test_import_is_light(module, heavy) -> None:
    code = f"import {module}, sys; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
