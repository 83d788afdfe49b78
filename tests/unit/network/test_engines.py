"""Devices: which are here, which is chosen and in what precision, and what they do when memory ends."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from rwdenoise.choices import DEVICES
from rwdenoise.errors import DeviceMemoryError, DeviceUnavailableError
from rwdenoise.jobs.speed import measure_rate
from rwdenoise.memory import within_memory
from rwdenoise.network.engines import openvino
from rwdenoise.network.engines.devices import REASONS, available_devices, choose_backend, describe
from rwdenoise.network.engines.openvino import OpenVinoBackend
from rwdenoise.network.engines.openvino_graph import SPLITS, find_gains, split
from rwdenoise.network.engines.pytorch import Backend, fast_dtype
from tests.tiny import tiny_network
from tests.unit.network.test_folded import planes_for

with_openvino = pytest.mark.skipif(not openvino.available(), reason="the extra openvino is not installed")
CPU = torch.device("cpu")


class FakeOpenVino:
    """OpenVINO's Core on a machine with an Intel graphics processor."""

    available_devices = ("CPU", "GPU.0", "NPU")

    def __init__(self, *, discrete: bool, able: tuple[str, ...] = ("FP32", "FP16", "BF16")) -> None:
        self.type, self.able = "Type.DISCRETE" if discrete else "Type.INTEGRATED", able

    def get_property(self, device: str, name: str) -> object:
        return {"DEVICE_TYPE": self.type, "OPTIMIZATION_CAPABILITIES": self.able, "FULL_DEVICE_NAME": f"Fake {device}"}[
            name
        ]


@pytest.fixture
def without_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino.importlib.util, "find_spec", lambda _: None)


def fake_openvino(monkeypatch: pytest.MonkeyPatch, **options) -> None:
    monkeypatch.setattr(openvino.importlib.util, "find_spec", lambda _: SimpleNamespace())
    monkeypatch.setattr(openvino, "_core", lambda: FakeOpenVino(**options))


def fake_cuda(monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int] = (8, 0)) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Fake card")


class TestChoice:
    def test_a_graphics_card_comes_first(self, monkeypatch) -> None:
        fake_cuda(monkeypatch)
        fake_openvino(monkeypatch, discrete=True)
        assert available_devices() == ["cuda", "openvino:gpu", "openvino", "cpu", "cuda:compiled", "openvino:npu"]
        assert choose_backend() == Backend(torch.device("cuda"), torch.bfloat16)
        assert describe("cuda") == describe("cuda:compiled") == "Fake card"

    def test_graphics_that_is_part_of_the_cpu_is_not_chosen_by_itself(self, monkeypatch) -> None:
        fake_openvino(monkeypatch, discrete=False)
        assert available_devices()[0] == "openvino"
        assert choose_backend() == OpenVinoBackend("openvino", torch.bfloat16)
        assert choose_backend("openvino:gpu") == OpenVinoBackend("openvino:gpu", torch.float16)
        assert describe("openvino:npu") == "Fake NPU"

    @pytest.mark.usefixtures("without_openvino")
    def test_without_openvino_it_is_the_cpu(self) -> None:
        assert available_devices() == ["cpu"]
        assert choose_backend().name.startswith("cpu (")
        assert "threads" in describe("cpu")

    def test_what_may_be_chosen_has_a_reason(self) -> None:
        assert available_devices()[0] in REASONS
        assert set(available_devices()) < set(DEVICES)

    @pytest.mark.usefixtures("without_openvino")
    @pytest.mark.parametrize("device", ["cuda", "openvino", "tpu"])
    def test_what_is_not_here_is_refused(self, device: str) -> None:
        with pytest.raises(DeviceUnavailableError, match=f"no device '{device}'; it has cpu"):
            choose_backend(device)

    @pytest.mark.parametrize(
        ("capability", "dtype"), [((7, 0), torch.float16), ((7, 5), torch.float16), ((8, 9), torch.bfloat16)]
    )
    def test_precision_is_what_a_card_does_fast(self, monkeypatch, capability, dtype) -> None:
        fake_cuda(monkeypatch, capability)
        chosen = choose_backend("cuda:compiled")
        assert chosen == Backend(torch.device("cuda"), dtype, compiled=True)
        assert chosen.name == f"cuda ({str(dtype).removeprefix('torch.')}, compiled)"

    def test_precision_is_what_a_cpu_does_fast(self, monkeypatch) -> None:
        for supported in (False, True):
            monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda supported=supported: supported)
            monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
            fake_openvino(monkeypatch, discrete=False, able=("FP32", "BF16") if supported else ("FP32",))
            expected = torch.bfloat16 if supported else torch.float32
            assert choose_backend("cpu").dtype == choose_backend("openvino").dtype == expected
        assert fast_dtype(torch.device("mps")) == torch.float16
        assert choose_backend("cpu", dtype=torch.float32).name == "cpu (float32)"


class TestMemory:
    @pytest.mark.parametrize(
        "error",
        [MemoryError(), torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("std::bad_alloc"),
         RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
         RuntimeError("Insufficient memory (case 4)")],
    )  # fmt: skip
    def test_its_end_is_our_error(self, error: Exception) -> None:
        with pytest.raises(DeviceMemoryError, match="The device card ran out of memory"), within_memory("card"):
            raise error

    def test_what_it_says_where_no_other_device_helps(self) -> None:
        with pytest.raises(DeviceMemoryError) as caught, within_memory("cpu"):
            raise MemoryError
        assert caught.value.message == "The computer ran out of memory."
        assert "--device" not in caught.value.hint

    def test_other_errors_stay(self) -> None:
        with pytest.raises(RuntimeError, match="a bug"), within_memory("card"):
            raise RuntimeError("a bug")


class TestTorch:
    def test_it_is_the_network_at_several_levels_in_turn(self) -> None:
        network, (x_t, colors) = tiny_network(), planes_for("cfa", count=1)
        loaded = Backend(CPU, torch.float32).load(network)
        low, high = loaded.at(0.01), loaded.at(0.1)
        for level, estimate in ((0.01, low), (0.1, high), (0.01, low)):
            torch.testing.assert_close(
                estimate(x_t, colors), network(x_t, colors, torch.tensor([level])), atol=1e-6, rtol=1e-5
            )

    def test_it_is_compiled_once_for_all_levels(self, monkeypatch) -> None:
        compilations, compile_with = [], torch.compile

        def compile_eagerly(function, **options):
            def record(graph, _inputs):
                compilations.append(graph)
                return graph.forward

            assert options == {"mode": "reduce-overhead", "dynamic": False}
            return compile_with(function, backend=record, dynamic=False)

        monkeypatch.setattr(torch, "compile", compile_eagerly)
        network, (x_t, colors) = tiny_network(), planes_for("cfa", count=1)
        loaded = Backend(CPU, torch.float32, compiled=True).load(network)
        for level in (0.1, 0.05, 0.02):
            expected = network(x_t, colors, torch.tensor([level]))
            torch.testing.assert_close(loaded.at(level)(x_t, colors), expected, atol=1e-6, rtol=1e-5)
        assert len(compilations) == 1

    def test_tensor_cores_do_not_round_what_is_float32(self) -> None:
        before = torch.backends.cudnn.allow_tf32
        with Backend(CPU, torch.float32).running():
            assert not torch.backends.cudnn.allow_tf32
            assert torch.backends.cudnn.enabled
        assert torch.backends.cudnn.allow_tf32 == before


@with_openvino
class TestOpenVino:
    @pytest.mark.parametrize("domain", ["cfa", "rgb"])
    @pytest.mark.parametrize("level", [0.0, 1e-4, 0.03, 0.5])
    def test_it_is_the_network(self, domain: str, level: float) -> None:
        network, (x_t, colors) = tiny_network(domain), planes_for(domain, count=1)
        expected = network(x_t, colors, torch.tensor([level]))
        estimate = OpenVinoBackend("openvino", torch.float32).load(network).at(level)
        torch.testing.assert_close(estimate(x_t, colors), expected, atol=2e-6, rtol=1e-5)

    def test_low_precision_sees_a_bright_flat_field_finely(self) -> None:
        network, (_, colors) = tiny_network(), planes_for("cfa", count=1)
        x_t = 0.9 + 1e-4 * torch.randn(1, 1, 48, 88, generator=torch.Generator().manual_seed(3))
        exact, rough = (
            OpenVinoBackend("openvino", dtype).load(network).at(1e-4)(x_t, colors)
            for dtype in (torch.float32, torch.bfloat16)
        )
        assert (rough - exact).abs().mean() < 0.02 * (exact - x_t).abs().mean()

    def test_shapes_change_and_levels_take_turns(self) -> None:
        network, loaded = tiny_network(), OpenVinoBackend("openvino", torch.float32).load(tiny_network())
        low, high = loaded.at(0.01), loaded.at(0.1)
        for size, level, estimate in ((16, 0.01, low), (24, 0.1, high), (24, 0.01, low), (16, 0.1, high)):
            x_t, colors = torch.rand(1, 1, size, 32), torch.ones(1, 3, size, 32)
            expected = network(x_t, colors, torch.tensor([level]))
            torch.testing.assert_close(estimate(x_t, colors), expected, atol=2e-6, rtol=1e-5)

    def test_it_reports_to_nobody(self) -> None:
        code = "from rwdenoise.network.engines.devices import choose_backend; choose_backend('openvino'); import sys;"
        code += "sys.exit('openvino' not in sys.modules or 'openvino_telemetry' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestSplit:
    @pytest.mark.parametrize("dtype", SPLITS)
    def test_parts_add_up_and_are_exact(self, dtype: torch.dtype) -> None:
        x = 1 + 1e-4 * torch.randn(1000, generator=torch.Generator().manual_seed(1))
        parts = split(x, dtype, parts=SPLITS[dtype].planes)
        rounded = sum(part.to(dtype).double() for part in parts)
        assert torch.equal(sum(parts), x)
        assert (rounded - x.double()).abs().max() <= 2**-23

    @pytest.mark.parametrize("level", [1e-9, 1e-5, 0.003, 1.0])
    def test_gains_multiply_to_the_inverse_and_fit_float16(self, level: float) -> None:
        first, second = (float(gain.item()) for gain in find_gains(level))
        assert first * second == pytest.approx(1 / max(level, 1e-5))
        assert max(first, second) < np.finfo(np.float16).max
        assert float(np.log2(first)).is_integer()


def test_a_rate_is_measured(monkeypatch) -> None:
    monkeypatch.setattr("rwdenoise.jobs.speed._SECONDS", 0.0)
    assert measure_rate(Backend(CPU, torch.float32), weights="cfa-fast") > 0
