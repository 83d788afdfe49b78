"""Run one process of a distributed training, started by torchrun, and write its results to a folder.

``python -m tests.ranks PHOTOS FOLDER``
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.tiny import ARCHITECTURE
from training.photos import find_photos
from training.recipe import Recipe
from training.team import assembled
from training.train import Trainer

RECIPE = Recipe(architecture=ARCHITECTURE, patch=32, batch=4, own_share=0.0)


def main(photos: Path, folder: Path) -> None:
    """Compute the gradient of one batch alone and averaged over all processes, then train briefly."""
    with assembled("cpu") as device:
        trainer = Trainer(RECIPE, find_photos(photos), folder / "run", minutes=0.02, device=device)
        pairs, rng = trainer.draw(), trainer.rng.bit_generator.state
        facts = {"clean": pairs.clean, "photos": torch.tensor(len(trainer.photos))}
        together, trainer.call = trainer.call, trainer.network
        facts["own"] = gradient(trainer, pairs)
        trainer.call, trainer.rng.bit_generator.state = together, rng
        facts["mean"] = gradient(trainer, pairs)
        trainer.run(lambda *_: None)
        facts["step"] = torch.tensor(trainer.progress.step)
        facts["seconds"] = torch.tensor(trainer.progress.seconds)
        for name in ("network", "average"):
            facts[name] = torch.cat([tensor.detach().flatten() for tensor in getattr(trainer, name).parameters()])
    save_file(facts, folder / f"rank-{trainer.team.rank}.safetensors")


def gradient(trainer: Trainer, pairs: object) -> torch.Tensor:
    """Return the gradient of all parameters."""
    trainer.optimizer.zero_grad(set_to_none=True)
    trainer.lesson(pairs).backward()
    return torch.cat([parameter.grad.flatten() for parameter in trainer.network.parameters()])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
