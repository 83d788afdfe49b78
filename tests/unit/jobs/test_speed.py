import json
import os
import sys
from pathlib import Path

import pytest

from rwdenoise.errors import DeviceMemoryError, WeightsNotFoundError
from rwdenoise.jobs import speed
from rwdenoise.jobs.speed import BESIDE_NETWORK, device_rates, expected_seconds
from rwdenoise.network.engines import devices

DEVICES = ["cuda", "cpu", "cuda:compiled"]


@pytest.fixture
def measured(monkeypatch) -> list[str]:
    """Return the devices that were measured, in a machine that is pretended."""
    asked: list[str] = []

    def measure(device: str, *, weights: str) -> float:
        asked.append(device)
        return {"cuda": 80.0, "cpu": 2.0}[device]

    monkeypatch.setattr(devices, "available_devices", lambda: DEVICES)
    monkeypatch.setattr(devices, "choose_backend", lambda device: device)
    monkeypatch.setattr(speed, "measure_rate", measure)
    return asked


def test_rates_are_measured_once_and_kept_for_each_weights(measured, tmp_path) -> None:
    file = tmp_path / "new" / "rates.json"
    assert device_rates("cfa-best", kept_in=file) == {"cuda": 80.0, "cpu": 2.0}
    assert measured == ["cuda", "cpu"]
    assert list(device_rates("cfa-best", kept_in=file)) == ["cuda", "cpu"]
    assert measured == ["cuda", "cpu"]
    device_rates("cfa-fast", kept_in=file)
    device_rates("cfa-best", kept_in=file)
    assert len(measured) == 4


@pytest.mark.parametrize("change", [{"versions": ["torch 0"]}, {"measured": 0}, {"measured": 1e12}, {"rates": None}])
def test_what_is_old_or_of_other_versions_or_damaged_is_measured_again(measured, tmp_path, change) -> None:
    file = tmp_path / "rates.json"
    device_rates("cfa-best", kept_in=file)
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({digest: {**known, **change} for digest, known in kept.items()}))
    assert device_rates("cfa-best", kept_in=file) == {"cuda": 80.0, "cpu": 2.0}
    assert len(measured) == 4


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'{"x": 1}'])
def test_a_damaged_file_is_replaced(measured, tmp_path, content) -> None:
    file = tmp_path / "rates.json"
    file.write_bytes(content)
    device_rates("cfa-best", kept_in=file)
    assert "cuda" in file.read_text()


@pytest.mark.skipif(os.name != "posix", reason="this system has no /dev/null")
def test_rates_that_cannot_be_kept_are_told_all_the_same(measured) -> None:
    assert device_rates("cfa-best", kept_in=Path("/dev/null/rates.json")) == {"cuda": 80.0, "cpu": 2.0}


def test_a_device_that_fails_is_left_out(measured, tmp_path, monkeypatch) -> None:
    def measure(device: str, *, weights: str) -> float:
        if device == "cuda":
            raise DeviceMemoryError("Too little memory.", hint="Close other programs.")
        return 2.0

    monkeypatch.setattr(speed, "measure_rate", measure)
    assert device_rates("cfa-best", kept_in=tmp_path / "rates.json") == {"cpu": 2.0}


def test_what_was_kept_is_told_without_loading_the_network(measured, tmp_path, monkeypatch) -> None:
    file = tmp_path / "rates.json"
    device_rates("cfa-best", kept_in=file)
    monkeypatch.setitem(sys.modules, "rwdenoise.network.engines.devices", None)
    assert device_rates("cfa-best", kept_in=file)["cpu"] == 2.0


def test_unknown_weights_are_an_error(measured, tmp_path) -> None:
    with pytest.raises(WeightsNotFoundError):
        device_rates("nothing", kept_in=tmp_path / "rates.json")


def test_seconds_grow_with_pixels_and_steps(monkeypatch) -> None:
    monkeypatch.setattr(speed, "device_rates", lambda _weights: {"cuda": 100.0, "cpu": 2.0})
    one, four = (expected_seconds(24_000_000, steps=steps, weights="cfa-best") for steps in (1, 4))
    assert one == {"cuda": 5.8, "cpu": 17.5}
    assert four["cpu"] - one["cpu"] == pytest.approx(36)
    nothing = expected_seconds(24_000_000, steps=0, weights="cfa-best")
    assert set(nothing.values()) == {round(24 * BESIDE_NETWORK, 1)}
