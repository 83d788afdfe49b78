"""darktable and its module "denoise (profiled)", which knows the noise of the camera at the photo's ISO speed.

The settings are an XMP sidecar whose history holds this module alone. It says that automatic presets have been applied
already: so darktable adds neither exposure nor tone mapping, and what it does is the same for every photo.
"""

from __future__ import annotations

import struct
from pathlib import Path

from bench.methods import Absent
from bench.peers.developer import Developer, program_version

PROGRAM = "darktable-cli"

# dt_iop_denoiseprofile_mode_t: the modes whose patch size, shadows and bias follow from the noise profile.
NON_LOCAL_MEANS_AUTO, WAVELETS_AUTO = 3, 4
# Of the parameters; later versions of darktable convert them.
_VERSION = 11
_CURVES, _BANDS = 6, 7


def find_darktable() -> Developer | Absent:
    """Return darktable with both of its methods in their automatic modes, all else at its defaults."""
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
    """Return the defaults of darktable 4.2's dt_iop_denoiseprofile_params_t, field by field."""
    # Patch size, search radius, strength, shadows, bias, scattering, central pixel weight, adjust autoset parameters.
    sliders = (1, 7, 1, 1, 0, 0, 0.1, 1)
    # a and b of the noise profile; the first below 0 asks for that of the camera and ISO speed in Exif.
    profile = (-1, 0, 0, 0, 0, 0)
    bands = [band / (_BANDS - 1) for band in range(_BANDS)] * _CURVES
    forces = [0.5] * (_BANDS * _CURVES)
    # White-balance adaptive, repaired norm, newer stabilizing transform, wavelets of luminance and color.
    switches = (1, 1, 1, 1)
    points = len(bands)
    return struct.pack(f"<8f6fi{points}f{points}f4i", *sliders, *profile, mode, *bands, *forces, *switches)
