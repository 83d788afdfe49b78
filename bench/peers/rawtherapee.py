"""Run RawTherapee with its noise reduction.

Settings missing from a processing profile get the values of RawTherapee's neutral profile.
"""

from __future__ import annotations

from pathlib import Path

from bench.methods import Absent
from bench.peers.developer import Developer, program_version

PROGRAM = "rawtherapee-cli"

# The version of the processing profile is that of RawTherapee 5.9. Colors follow the DNG: the profile that RawTherapee
# ships for the camera would be wrong for a simulated one.
NEUTRAL = """[Version]
AppVersion=5.9
Version=349

[Color Management]
InputProfile=(camera)
OutputProfile=RTv4_sRGB
"""
NOISE_REDUCTION = """
[Directional Pyramid Denoising]
Enabled=true
Luma=20
C2Method=AUTO
"""


def find_rawtherapee() -> Developer | Absent:
    """Return RawTherapee with its noise reduction: luminance 20, chrominance automatic."""
    version = program_version(PROGRAM)
    if version is None:
        return Absent("RawTherapee", f"the program {PROGRAM} is not installed")
    return Developer(
        f"RawTherapee {version}",
        _command,
        plain=NEUTRAL,
        denoising={"noise reduction, luminance 20, chrominance automatic": NEUTRAL + NOISE_REDUCTION},
    )


def _command(source: Path, settings: Path, target: Path) -> list[str]:
    # -c ends the options: RawTherapee takes everything after it as RAW files.
    return [PROGRAM, "-o", str(target), "-t", "-b16", "-Y", "-p", str(settings), "-c", str(source)]
