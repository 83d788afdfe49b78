"""The noise profile of a sensor, and the variance-stabilizing curve for it.

The signal x is normalized (0 black, 1 white, negative below black). Its noise is approximately Gaussian with
``var(x) = shot * max(x, 0) + read``: shot noise grows with the light, read noise does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

from rwdenoise.errors import SettingsError

#: A number, a numpy array or a torch tensor: the formulas below are the same for all three.
Signal: TypeAlias = Any

#: Minimum variance, even if a profile states less: a tenth of a 14-bit quantization step, squared.
READ_FLOOR = (0.1 / 16383) ** 2
#: Typical relation of read and shot noise: ``log read = 2.18 log shot + 1.20``, natural logarithms of both variances
#: (Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising").
READ_SLOPE, READ_OFFSET = 2.18, 1.20


@dataclass(frozen=True)
class NoiseProfile:
    """The two numbers of ``var(x) = shot * x + read``, in the sense of the DNG tag NoiseProfile.

    Parameters
    ----------
    shot : float
        Variance per unit of normalized signal, at least 0 and below 1.
    read : float
        Variance at black, in squared units of the normalized signal, at least 0 and below 1.

    Raises
    ------
    SettingsError
        If a value is negative, not finite, or at least 1.
    """

    shot: float
    read: float

    def __post_init__(self) -> None:
        for name, value in (("shot", self.shot), ("read", self.read)):
            if not (math.isfinite(value) and 0 <= value < 1):
                message = (
                    f"The {name} noise is {value}; it must be a variance of at least 0 and below 1 (0 black, 1 white)."
                )
                raise SettingsError(message, hint="Give it as --noise SHOT,READ, for example 0.002,0.00001.")

    def variance(self, x: Signal) -> Signal:
        """Return the noise variance at the normalized signal `x`, a number, array or tensor of any shape."""
        return x.clip(min=0) * self.shot + self.read

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise after `stabilize`, with black at 0 and white at 1."""
        return float(1 / stabilized_white(self.shot, self.read))


def stabilize(x: Signal, *, shot: Signal, read: Signal) -> Signal:
    """Make the noise equal at every brightness; black stays 0 and white stays 1.

    Parameters
    ----------
    x : ndarray or Tensor of float32, any shape
        Normalized signal, signed below black.
    shot, read : float, or Tensor that broadcasts to `x`
        The noise profile.

    Returns
    -------
    like `x`
        Stabilized signal: its noise has the standard deviation ``NoiseProfile.sigma`` at every brightness.

    Notes
    -----
    The curve is the integral of 1 / sqrt(variance): ``f(x) = 2 / shot * (sqrt(shot x + read) - sqrt(read))``, written
    without the division to be valid for shot = 0. Below black, with read noise only, it continues as a straight line of
    the same slope. It is the generalized Anscombe transform (Starck, Murtagh, Bijaoui 1998) without its constant 3/8,
    which has no meaning below black; the network learns to correct the remaining bias.

    >>> import numpy as np
    >>> stabilize(np.array([-1.0, 0.0, 1.0]), shot=0.0, read=1e-4).tolist()
    [-1.0, 0.0, 1.0]
    """
    read = _at_least(read, READ_FLOOR)
    lit = x.clip(min=0)
    bent = 2 * lit / ((shot * lit + read) ** 0.5 + read**0.5) + (x - lit) / read**0.5
    return bent / stabilized_white(shot, read)


def destabilize(u: Signal, *, shot: Signal, read: Signal) -> Signal:
    """Invert `stabilize` exactly: ``x = z sqrt(read) + shot z^2 / 4`` for z = f(x), a straight line below black."""
    read = _at_least(read, READ_FLOOR)
    z = u * stabilized_white(shot, read)
    return z * read**0.5 + z.clip(min=0) ** 2 * (shot / 4)


def stabilized_white(shot: Signal, read: Signal) -> Signal:
    """Return f(1), the distance from black to white in standard deviations of the noise."""
    read = _at_least(read, READ_FLOOR)
    return 2 / ((shot + read) ** 0.5 + read**0.5)


def _at_least(value: Signal, floor: float) -> Signal:
    return max(value, floor) if isinstance(value, float | int) else value.clip(min=floor)


def profile_at(iso: float) -> NoiseProfile:
    """Return the noise profile of a typical camera at an ISO value.

    Notes
    -----
    The median of the 405 cameras in darktable 5.0's profiles, ``log10 a = 0.842 log10 ISO - 7.159``, times 12, because
    demosaicing before their measurement reduces the noise; read noise from `typical_read`.

    Around that median ``log10 a`` has a standard deviation of 0.355. For nine of ten cameras the standard deviation of
    the noise is therefore between half and twice that of the typical camera.
    """
    shot = 12 * 10 ** (0.842 * math.log10(iso) - 7.159)
    return NoiseProfile(shot, typical_read(shot))


def typical_read(shot: float) -> float:
    """Return the typical read noise (variance at black) for a shot noise; see `READ_SLOPE`."""
    return math.exp(READ_SLOPE * math.log(shot) + READ_OFFSET)
