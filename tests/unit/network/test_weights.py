"""Weights files: strict, checked, self-describing."""

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from rwdenoise.errors import WeightsCorruptError, WeightsMismatchError, WeightsNotFoundError
from rwdenoise.network.unet import load_network, save_network
from rwdenoise.network.weights import Listed, find_weights, list_weights, read_facts, verify, weights_digest
from tests.tiny import tiny_facts, tiny_network


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_network(tiny_network(), tiny_facts(), path)
    return path


def test_a_network_comes_back_in_half_precision(saved: Path) -> None:
    network, facts = load_network(saved)
    assert facts == tiny_facts()
    for name, tensor in tiny_network().state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], tensor.half().float(), rtol=0, atol=0)
    assert saved.stat().st_size < 50_000


def test_numbers_that_do_not_fit_are_refused(saved: Path) -> None:
    architecture = dataclasses.replace(tiny_facts().architecture, widths=(8, 8, 16))
    save_network(tiny_network(), dataclasses.replace(tiny_facts(), architecture=architecture), saved)
    with pytest.raises(WeightsMismatchError):
        load_network(saved)


@pytest.mark.parametrize("content", [b"", b"not a weights file", b"\xff" * 100])
def test_what_is_no_weights_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsCorruptError):
        read_facts(path)


def test_foreign_safetensors_are_refused(saved: Path) -> None:
    save_file(load_file(saved), saved)
    with pytest.raises(WeightsCorruptError):
        load_network(saved)


def test_a_changed_byte_is_noticed(saved: Path) -> None:
    listed = Listed("tiny", saved, "0" * 64, saved.stat().st_size)
    with pytest.raises(WeightsCorruptError, match="checksum"):
        verify(listed)


def test_missing_weights_name_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFoundError, match="cfa-fast"):
        find_weights("imaginary")
    with pytest.raises(WeightsNotFoundError):
        find_weights(str(tmp_path / "x.safetensors"))
    with pytest.raises(WeightsNotFoundError):
        list_weights(tmp_path)


def test_the_released_weights_are_whole_small_and_described() -> None:
    released = list_weights()
    assert released
    for listed in released:
        verify(listed)
        facts = read_facts(listed.path)
        assert facts.name == listed.name
        assert listed.path.stat().st_size == listed.size <= 16 * 2**20
        assert facts.halo % facts.architecture.multiple == 0
        assert listed.path.with_name(f"{listed.name}.md").is_file(), "every weights file has a card"


def test_digests_are_of_the_manifest_or_of_a_file(saved: Path) -> None:
    assert {listed.name: weights_digest(listed.name) for listed in list_weights()} == {
        listed.name: listed.sha256 for listed in list_weights()
    }
    assert weights_digest(str(saved)) == hashlib.sha256(saved.read_bytes()).hexdigest()
    for missing in ("imaginary", str(saved.with_name("x.safetensors"))):
        with pytest.raises(WeightsNotFoundError):
            weights_digest(missing)


def test_the_manifest_is_read_without_torch() -> None:
    code = "import sys, rwdenoise.network.weights as m; m.list_weights(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
