"""Optimize with Muon: step each convolution along the orthogonal matrix nearest to its gradient's running mean.

Adam rescales each number separately, so a weight matrix still grows along its few strongest directions, and rare
structure is learned late. Muon gives all directions the same weight (Jordan et al. 2024, "Muon: an optimizer for
hidden layers"). Biases, scales and the first and last layers use AdamW.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from rwdenoise.errors import SettingsError
from rwdenoise.network.engines.pytorch import fast_dtype

from .recipe import Recipe

# Coefficients of the quintic Newton-Schulz iteration (Jordan et al. 2024): steep at 0, so five iterations suffice.
_A, _B, _C = 3.4445, -4.7750, 2.0315
ROUNDS = 5
#: Scales a step to the size of an AdamW step at the same learning rate (Liu et al. 2025, "Muon is scalable").
ADAM_SIZE = 0.2
BETAS = (0.9, 0.99)
MOMENTUM = 0.95
EPSILON = 1e-8
WEIGHT_DECAY = 1e-4


class Muon(torch.optim.Optimizer):
    """Muon for matrices and convolutions, AdamW for everything else, at one learning rate.

    Parameters
    ----------
    matrices, others : iterable of Parameter
        Parameters that Muon updates, and parameters that AdamW updates.
    lr, weight_decay : float
    """

    def __init__(self, matrices: Iterable[Tensor], others: Iterable[Tensor], *, lr: float, weight_decay: float) -> None:
        groups = [{"params": list(matrices), "muon": True}, {"params": list(others), "muon": False}]
        super().__init__(groups, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            change = self._orthogonal if group["muon"] else self._adam
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.sub_(change(parameter.grad, self.state[parameter]), alpha=group["lr"])

    @staticmethod
    def _orthogonal(gradient: Tensor, state: dict[str, Any]) -> Tensor:
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        mean = state["momentum"]
        mean.lerp_(gradient, 1 - MOMENTUM)
        matrix = gradient.lerp(mean, MOMENTUM).flatten(1)
        size = ADAM_SIZE * max(matrix.shape) ** 0.5
        change: Tensor = size * orthogonalize(matrix).to(gradient.dtype).reshape(gradient.shape)
        return change

    @staticmethod
    def _adam(gradient: Tensor, state: dict[str, Any]) -> Tensor:
        if not state:
            state |= {"step": torch.zeros(()), "mean": torch.zeros_like(gradient), "square": torch.zeros_like(gradient)}
        state["step"] += 1
        state["mean"].lerp_(gradient, 1 - BETAS[0])
        state["square"].lerp_(gradient.square(), 1 - BETAS[1])
        seen_mean, seen_square = (1 - beta ** float(state["step"]) for beta in BETAS)
        change: Tensor = (state["mean"] / seen_mean) / ((state["square"] / seen_square).sqrt() + EPSILON)
        return change


def orthogonalize(matrix: Tensor) -> Tensor:
    """Return approximately the nearest matrix with orthonormal rows (or columns, if it has fewer columns)."""
    tall = matrix.shape[0] > matrix.shape[1]
    # Half precision where the device is fast at it; elsewhere this takes longer than the gradient itself.
    x: Tensor = (matrix.T if tall else matrix).to(fast_dtype(matrix.device))
    x = x / (x.norm() + EPSILON)
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x.T if tall else x


def choose_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the optimizer that a recipe names.

    Raises
    ------
    SettingsError
        If the recipe names an unknown optimizer.
    """
    rate = recipe.learning_rate
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(network.parameters(), lr=rate, betas=BETAS, weight_decay=WEIGHT_DECAY)
    if recipe.optimizer != "muon":
        message = f"Unknown optimizer {recipe.optimizer!r}; known are adamw and muon."
        raise SettingsError(message, hint="Correct the recipe.")
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, parameter in network.named_parameters():
        inner = parameter.ndim == 4 and not name.startswith(("head.", "tail."))
        (matrices if inner else others).append(parameter)
    return Muon(matrices, others, lr=rate, weight_decay=WEIGHT_DECAY)
