"""All choices of a user and their defaults, for the command line, the worker and Python.

The module imports nothing heavy, which keeps ``--help`` fast. `rwdenoise.io.formats` has the file formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rwdenoise.errors import SettingsError

#: Color spaces of developed RAW photos.
COLORS = ("srgb", "display-p3", "rec2020", "prophoto")
#: Devices. ``openvino`` is the CPU driven by OpenVINO, ``cpu`` the CPU driven by PyTorch.
DEVICES = ("auto", "cuda", "cuda:compiled", "mps", "openvino", "openvino:gpu", "openvino:npu", "cpu")
#: Samplers of the diffusion (`rwdenoise.denoising.diffusion`).
SAMPLERS = ("improved", "origin", "ddim")
MAX_STEPS = 100
#: Weights of each quality, for mosaics (``cfa``) and developed pictures (``rgb``).
QUALITIES: Mapping[str, Mapping[str, str]] = {
    "fast": {"cfa": "cfa-fast", "rgb": "rgb"},
    "best": {"cfa": "cfa-best", "rgb": "rgb"},
}
QUALITY = "best"
#: Default steps of each quality. *Measured* on eight Kodak pictures at three noise levels: a second step adds at most
#: 0.08 dB and 2 % of the texture.
QUALITY_STEPS: Mapping[str, int] = {"fast": 1, "best": 2}
#: Photos processed at the same time: one is read, one denoised, one written.
JOBS = 3
#: Edge in px of the crops in a preview; three fit side by side on a screen.
PREVIEW_SIZE = 384


@dataclass(frozen=True)
class Settings:
    """How to denoise: the steps of the diffusion and the amounts of noise and detail to keep.

    Raises
    ------
    SettingsError
        If a value is out of range.
    """

    steps: int = QUALITY_STEPS[QUALITY]
    """Evaluations of the network, 1 to 100."""
    strength: float = 1.0
    """Share of the noise to remove, 0 to 1."""
    sampler: str = SAMPLERS[0]
    chroma: float | None = None
    """Share of the color noise to remove, 0 to 1; None for the same as `strength`."""
    detail: float = 0.0
    """Share of the structure lost with the noise that is restored, 0 to 1."""

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MAX_STEPS:
            message = f"The number of steps is {self.steps}; it must be from 1 to {MAX_STEPS}."
            raise SettingsError(message, hint="Use --steps 2 unless you measured that more helps.")
        if not 0 <= self.strength <= 1:
            message = f"The strength is {self.strength}; it must be from 0 (keep the noise) to 1 (remove it)."
            raise SettingsError(message, hint="Use --strength 0.8 to keep a fifth of the grain.")
        if self.sampler not in SAMPLERS:
            message = f"There is no sampler {self.sampler!r}; the samplers are {', '.join(SAMPLERS)}."
            raise SettingsError(message, hint="Omit --sampler to use the best one.")
        if not 0 <= self.chroma_strength <= 1:
            message = f"The chroma is {self.chroma}; it must be from 0 (keep the color noise) to 1 (remove it)."
            raise SettingsError(message, hint="Use --chroma 1 with a lower --strength to keep only gray grain.")
        if not 0 <= self.detail <= 1:
            message = f"The detail is {self.detail}; it must be from 0 (restore nothing) to 1 (restore all structure)."
            raise SettingsError(message, hint="Use --detail 1 to restore lost texture.")

    @property
    def times(self) -> tuple[float, ...]:
        """The ``steps + 1`` times of the diffusion, equally spaced from 1 (noisy) down to ``1 - strength``."""
        return tuple(1.0 - self.strength * step / self.steps for step in range(self.steps + 1))

    @property
    def chroma_strength(self) -> float:
        """Share of the color noise to remove, 0 to 1."""
        return self.strength if self.chroma is None else self.chroma

    @property
    def whole(self) -> Settings:
        """The same diffusion at full strength, without controls; the controls then apply to its estimate."""
        return Settings(self.steps, sampler=self.sampler)

    @property
    def removes_nothing(self) -> bool:
        """Whether these settings leave the photo unchanged."""
        return self.strength == self.chroma_strength == 0

    @property
    def is_plain(self) -> bool:
        """Whether stopping the diffusion early suffices: same strength for color and gray, and no detail to restore."""
        return self.chroma_strength == self.strength and self.detail == 0
