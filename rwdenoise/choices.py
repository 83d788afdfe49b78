"""Everything that a user can choose, and the defaults: the one place for the command line, the worker and Python.

It imports nothing heavy, so that ``--help`` comes at once. The file formats are in `rwdenoise.io.formats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rwdenoise.errors import SettingsError

#: Color spaces of RAW that is developed.
COLORS = ("srgb", "display-p3", "rec2020", "prophoto")
#: Devices that can be asked for. ``openvino`` alone is the CPU in OpenVINO, ``cpu`` the CPU in PyTorch.
DEVICES = ("auto", "cuda", "cuda:compiled", "mps", "openvino", "openvino:gpu", "openvino:npu", "cpu")
#: Samplers of the diffusion (`rwdenoise.denoising.diffusion`).
SAMPLERS = ("improved", "origin", "ddim")
MAX_STEPS = 100
#: The weights of each quality for mosaics (``cfa``) and for developed pictures (``rgb``).
QUALITIES: Mapping[str, Mapping[str, str]] = {
    "fast": {"cfa": "cfa-fast", "rgb": "rgb"},
    "best": {"cfa": "cfa-best", "rgb": "rgb"},
}
QUALITY = "best"
#: Steps of each quality where none are asked for. *Measured* on eight Kodak pictures at three levels: a second step
#: adds 0.08 dB and 2 % of the texture at most.
QUALITY_STEPS: Mapping[str, int] = {"fast": 1, "best": 2}
#: Photos in work at once: one is read, one denoised, one written.
JOBS = 3
#: Edge in px of the parts that a preview shows: on a screen three beside one another have room.
PREVIEW_SIZE = 384


@dataclass(frozen=True)
class Settings:
    """How to denoise: the steps of the diffusion, and how much noise and detail to keep.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """

    steps: int = QUALITY_STEPS[QUALITY]
    """Evaluations of the network, 1 to 100."""
    strength: float = 1.0
    """How much of the noise is removed, 0 to 1."""
    sampler: str = SAMPLERS[0]
    chroma: float | None = None
    """How much of the color noise is removed, 0 to 1; None for as much as of the gray grain."""
    detail: float = 0.0
    """How much of the structure that was removed with the noise comes back, 0 to 1."""

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MAX_STEPS:
            message = f"{self.steps} steps were asked for; 1 to {MAX_STEPS} are possible."
            raise SettingsError(message, hint="Use --steps 2 unless you measured that more helps.")
        if not 0 <= self.strength <= 1:
            message = f"The strength is {self.strength}; it must lie between 0 (leave the noise) and 1 (remove it)."
            raise SettingsError(message, hint="Use --strength 0.8 to keep a fifth of the grain.")
        if self.sampler not in SAMPLERS:
            message = f"There is no sampler {self.sampler!r}; there are {', '.join(SAMPLERS)}."
            raise SettingsError(message, hint="Leave --sampler out to use the best one.")
        if not 0 <= self.chroma_strength <= 1:
            message = f"The chroma is {self.chroma}; it must lie between 0 (leave the color noise) and 1 (remove it)."
            raise SettingsError(message, hint="Use --chroma 1 to leave gray grain alone.")
        if not 0 <= self.detail <= 1:
            message = f"The detail is {self.detail}; it must lie between 0 (give nothing back) and 1 (all structure)."
            raise SettingsError(message, hint="Use --detail 1 where texture was lost.")

    @property
    def times(self) -> tuple[float, ...]:
        """The ``steps + 1`` times of the diffusion: from 1 (noisy) down to ``1 - strength``, equally far apart."""
        return tuple(1.0 - self.strength * step / self.steps for step in range(self.steps + 1))

    @property
    def chroma_strength(self) -> float:
        """How much of the color noise is removed, 0 to 1."""
        return self.strength if self.chroma is None else self.chroma

    @property
    def whole(self) -> Settings:
        """The same diffusion at full strength, without controls: the estimate that controls are applied to."""
        return Settings(self.steps, sampler=self.sampler)

    @property
    def removes_nothing(self) -> bool:
        """Whether the photo stays as it is."""
        return self.strength == self.chroma_strength == 0

    @property
    def is_plain(self) -> bool:
        """Whether stopping the diffusion early is all there is to do: color as gray, and no detail to give back."""
        return self.chroma_strength == self.strength and self.detail == 0
