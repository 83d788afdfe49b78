"""The U-Net: shapes, what it listens to, what it leaves alone."""

import dataclasses

import pytest
import torch

from rwdenoise.network.unet import UNet
from rwdenoise.network.weights import Architecture
from tests.tiny import tiny_network


def inputs(height: int = 32, width: int = 48) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(2)
    colors = torch.zeros(2, 3, height, width)
    colors[:, 1] = 1
    return torch.rand(2, 1, height, width), colors, torch.tensor([0.01, 0.1])


def test_shape_in_is_shape_out() -> None:
    x, colors, level = inputs()
    assert tiny_network()(x, colors, level).shape == x.shape
    rgb = UNet(dataclasses.replace(tiny_network().architecture, domain="rgb"))
    assert rgb(x.expand(2, 3, 32, 48), None, level).shape == (2, 3, 32, 48)


def test_no_noise_means_no_change() -> None:
    x, colors, _ = inputs()
    torch.testing.assert_close(tiny_network()(x, colors, torch.zeros(2)), x, rtol=0, atol=0)


def test_it_listens_to_level_and_colors() -> None:
    network = tiny_network()
    x, colors, level = inputs()
    noise = (x - network(x, colors, level)) / level[:, None, None, None]
    louder = (x - network(x, colors, 2 * level)) / (2 * level[:, None, None, None])
    recolored = (x - network(x, colors.roll(1, dims=1), level)) / level[:, None, None, None]
    assert (noise - louder).abs().max() > 1e-2
    assert (noise - recolored).abs().max() > 1e-2


def test_it_starts_as_the_identity() -> None:
    # With a tail of zeros the first training steps cannot destroy anything.
    torch.manual_seed(3)
    x, colors, level = inputs()
    network = UNet(Architecture(widths=(8, 8), blocks=(1, 1)))
    bias_only = (x - network(x, colors, level)) / level[:, None, None, None]
    assert bias_only.std(dim=(2, 3)).max() < 0.3


@pytest.mark.parametrize("widths", [(8, 8), (8, 8, 8), (16, 32, 64, 128)])
def test_the_multiple_is_that_of_its_sampling(widths: tuple[int, ...]) -> None:
    architecture = Architecture(widths=widths, blocks=(1,) * len(widths))
    edge = architecture.multiple
    assert (
        UNet(architecture)(torch.rand(1, 1, edge, edge), torch.ones(1, 3, edge, edge), torch.ones(1)).shape[-1] == edge
    )
