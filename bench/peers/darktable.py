"""Run darktable with its module "denoise (profiled)", which knows the noise of the camera at the photo's ISO value.

The settings are an XMP sidecar whose history contains only this module. The sidecar marks automatic presets as already
applied: darktable then adds neither exposure nor tone mapping, and processes every photo in the same way.
"""

from __future__ import annotations

import struct
from pathlib import Path

from bench.methods import Absent
from bench.peers.developer import Developer, program_version

PROGRAM = "darktable-cli"

# dt_iop_denoiseprofile_mode_t: the modes that derive patch size, shadows and bias from the noise profile.
NON_LOCAL_MEANS_AUTO, WAVELETS_AUTO = 3, 4
# Version of the parameters; later versions of darktable convert them.
_VERSION = 11
_CURVES, _BANDS = 6, 7


def find_darktable() -> Developer | Absent:
    """Return darktable with both methods in automatic mode and everything else at its defaults."""
    version = program_version(PROGRAM)
    if version is None:
        return Absent("darktable", f"the program {PROGRAM} is not installed")
    return Developer(
        f"darktable {version}",
        _command,
        plain=_sidecar(NON_LOCAL_MEANS_AUTO, enabled=False),
        denoising={
            "denoise (profiled), non-local means auto": _sidecar(NON_LOCAL_MEANS_AUTO, enabled=True),
            "denoise (profiled), wavelets auto": _sidecar(WAVELETS_AUTO, enabled=True),
        },
    )


def _command(source: Path, settings: Path, target: Path) -> list[str]:
    core = ["--library", ":memory:", "--disable-opencl", "--conf", "plugins/imageio/format/tiff/bpp=16"]
    return [PROGRAM, str(source), str(settings), str(target), "--icc-type", "SRGB", "--core", *core]


def _sidecar(mode: int, *, enabled: bool) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:darktable="http://darktable.sf.net/"
   darktable:xmp_version="5" darktable:auto_presets_applied="1" darktable:history_end="1">
   <darktable:history>
    <rdf:Seq>
     <rdf:li darktable:num="0" darktable:operation="denoiseprofile" darktable:enabled="{enabled:d}"
      darktable:modversion="{_VERSION}" darktable:params="{_parameters(mode).hex()}"/>
    </rdf:Seq>
   </darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def _parameters(mode: int) -> bytes:
    """Return the defaults of dt_iop_denoiseprofile_params_t in darktable 4.2, field by field."""
    # Patch size, search radius, strength, shadows, bias, scattering, central pixel weight, adjust autoset parameters.
    sliders = (1, 7, 1, 1, 0, 0, 0.1, 1)
    # a and b of the noise profile; a first value of -1 selects the profile of the camera and ISO value in Exif.
    profile = (-1, 0, 0, 0, 0, 0)
    bands = [band / (_BANDS - 1) for band in range(_BANDS)] * _CURVES
    forces = [0.5] * (_BANDS * _CURVES)
    # White-balance adaptive, fixed norm, newer variance-stabilizing transform, wavelets in luminance and color.
    switches = (1, 1, 1, 1)
    points = len(bands)
    return struct.pack(f"<8f6fi{points}f{points}f4i", *sliders, *profile, mode, *bands, *forces, *switches)
