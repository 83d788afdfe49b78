"""A network with the noise level folded in estimates what the network itself does."""

import copy

import pytest
import torch

from rwdenoise.network.folded import FoldedNetwork
from tests.tiny import tiny_network


def planes_for(domain: str, *, count: int = 2) -> tuple[torch.Tensor, torch.Tensor | None]:
    generator = torch.Generator().manual_seed(2)
    x_t = torch.rand(count, 3 if domain == "rgb" else 1, 48, 88, generator=generator)
    return x_t, None if domain == "rgb" else (torch.rand(count, 3, 48, 88, generator=generator) > 0.5).float()


@pytest.mark.parametrize("domain", ["cfa", "rgb"])
@pytest.mark.parametrize("level", [0.0, 1e-4, 0.03, 0.5])
def test_it_is_the_network(domain: str, level: float) -> None:
    network, (x_t, colors) = tiny_network(domain), planes_for(domain)
    expected = network(x_t, colors, torch.full((2,), level))
    torch.testing.assert_close(
        FoldedNetwork(network, level, dtype=torch.float32)(x_t, colors), expected, atol=1e-6, rtol=1e-5
    )
    assert level == 0 or (expected - x_t).abs().max() > level


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_lower_precision_costs_little(dtype: torch.dtype) -> None:
    network, (x_t, colors) = tiny_network(), planes_for("cfa")
    exact, rough = (FoldedNetwork(network, 0.03, dtype=kind)(x_t, colors) for kind in (torch.float32, dtype))
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).abs().mean() < 0.02 * (exact - x_t).abs().mean()


def test_a_bright_flat_field_is_seen_finely() -> None:
    """Noise of a ten-thousandth on a signal of nearly 1: bfloat16 alone would round it away."""
    network, (_, colors) = tiny_network(), planes_for("cfa")
    x_t = 0.9 + 1e-4 * torch.randn(2, 1, 48, 88, generator=torch.Generator().manual_seed(3))
    exact, rough = (FoldedNetwork(network, 1e-4, dtype=kind)(x_t, colors) for kind in (torch.float32, torch.bfloat16))
    assert (rough - exact).abs().mean() < 0.02 * (exact - x_t).abs().mean()


def test_the_network_stays_as_it_is() -> None:
    network = tiny_network()
    before = copy.deepcopy(network.state_dict())
    FoldedNetwork(network, 0.1, dtype=torch.bfloat16)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
