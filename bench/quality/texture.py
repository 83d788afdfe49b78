"""Part (b): measure texture and edges on scenes with exact truth, after a simulated camera, a method and demosaicing.

The RGB of a scene is camera RGB, without a color matrix. The truth is then exactly the result of perfect denoising and
perfect demosaicing, and the noise is not mixed between the colors. Red and blue sites get less light, as in daylight,
and white balance compensates for it. The demosaicing method is Menon, Andriani, Calvagno 2007.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from zlib import crc32

import numpy as np
import torch
from colour_demosaicing import demosaicing_CFA_Bayer_Menon2007

from bench.edge_measures import edge_mtf50
from bench.measures import color_psnr
from bench.methods import Absent, Method, Mosaic, MosaicMethod, Picture, PictureMethod
from bench.quality.rows import Row
from bench.scenes import Scene, all_scenes
from bench.texture_measures import color_cast, dead_leaves_transfer, false_color, texture_share
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.color import encode_srgb
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.simulation import camera as simulate
from rwdenoise.simulation.raw_photo import WHITE_BALANCE
from training.tones import linearize

# From a third-party test of open RAW denoisers, October 2026: "like ISO 3200, 12800, 51200".
LEVELS = (
    (3200, NoiseProfile(6.4e-4, 1e-6)),
    (12800, NoiseProfile(2.56e-3, 1.6e-5)),
    (51200, NoiseProfile(1.02e-2, 1.5e-4)),
)
CEILING = "Menon 2007 without noise (ceiling)"

Figures: TypeAlias = dict[str, float]


@dataclass(frozen=True)
class Shot:
    """Scene as recorded by the sensor."""

    scene: Scene
    clean: Mosaic
    noisy: Mosaic


def measure_texture(
    methods: Sequence[Method],
    *,
    scenes: Sequence[Scene] | None = None,
    levels: Sequence[tuple[int, NoiseProfile]] = LEVELS,
) -> list[Row]:
    """Measure methods on scenes with exact truth.

    Parameters
    ----------
    methods : sequence
        A mosaic method runs before the demosaicing. A picture method runs after it, on encoded sRGB, and gets the true
        standard deviation of the noise there.
    scenes : sequence of Scene, optional
        Default: all charts, and the crops of photos if available.
    levels : sequence of (ISO, noise profile)

    Returns
    -------
    list of dict
        First the ceiling, then a row for each level and method: "part", "method", "iso"; "seconds" per scene; the
        entries of `figures`, each averaged over the scenes that have it; "mtf50_ratio" to the ceiling; and "photos",
        the number of photos among the scenes. An absent method has the reason in "absent" instead of figures.
    """
    scenes = all_scenes() if scenes is None else scenes
    ceiling = _mean([figures(scene, develop(expose(scene))) for scene in scenes])
    rows = [_row(CEILING, None, {"seconds": 0.0, **ceiling}, ceiling)]
    for iso, noise in levels:
        shots = [photograph(scene, noise) for scene in scenes]
        for method in methods:
            if isinstance(method, Absent):
                rows.append({"part": "texture", "method": method.name, "iso": iso, "absent": method.reason})
            else:
                rows.append(_row(method.name, iso, _mean([_measure(method, shot, noise) for shot in shots]), ceiling))
    # Without photos, "psnr" and "texture" cover only dead leaves: the rows must say so.
    photos = sum(scene.kind == "photo" for scene in scenes)
    return [row | {"photos": photos} for row in rows]


def photograph(scene: Scene, noise: NoiseProfile) -> Shot:
    """Record a scene with a 14-bit Bayer sensor that clips far below black; the noise is the same every time."""
    clean = expose(scene)
    sensor = simulate.SensorNoise(shot=torch.tensor(noise.shot), read=torch.tensor(noise.read))
    rng = torch.Generator().manual_seed(crc32(f"{scene.name} {noise.shot}".encode()))
    noisy = simulate.record(torch.from_numpy(clean)[None, None], sensor, rng)[0, 0].numpy()
    return Shot(scene, clean, noisy)


def expose(scene: Scene) -> Mosaic:
    """Return the noise-free mosaic of a scene, float32, shape (H, W), 0 to 1."""
    gains = torch.tensor(WHITE_BALANCE)[None, :, None, None]
    camera = simulate.see(torch.from_numpy(scene.rgb)[None], torch.eye(3)[None], gains, torch.tensor(1.0))
    filters = torch.from_numpy(RGGB.planes(*scene.rgb.shape[1:]))[None]
    return simulate.filter_colors(camera, filters)[0, 0].numpy()


def develop(mosaic: Mosaic) -> Picture:
    """White-balance and demosaic; return linear RGB, float32, shape (H, W, 3), negative below black."""
    balanced = mosaic * np.array(WHITE_BALANCE, np.float32)[RGGB.sites(*mosaic.shape)]
    return np.asarray(demosaicing_CFA_Bayer_Menon2007(balanced, "RGGB"), np.float32)


def figures(scene: Scene, linear: Picture) -> Figures:
    """Return the figures that this kind of scene allows, for a developed picture in linear RGB.

    Photos and dead leaves: "psnr" in dB, and "texture", the share of the 3 x 3 high-pass that is kept. Text: that share
    as "text". Dead leaves: "transfer". Edge: "mtf50" in cycles/px. Neutral fine structure: "false_color". Dark patches:
    "cast". PSNR, shares and false color are measured in a square-root encoding, the others in linear light.
    """
    truth = np.ascontiguousarray(scene.rgb.transpose(1, 2, 0))
    shown, true = _encode(linear), _encode(truth)
    found: Figures = {"false_color": false_color(shown, true)} if scene.neutral else {}
    match scene.kind:
        case "photo" | "dead leaves":
            found |= {"psnr": color_psnr(shown, true), "texture": texture_share(shown, true)}
        case "text":
            found |= {"text": texture_share(shown, true)}
        case "edge":
            found |= {"mtf50": edge_mtf50(linear)}
        case "dark patches":
            found |= {"cast": color_cast(linear, truth, scene.patches)}
    if scene.kind == "dead leaves":
        found |= {"transfer": dead_leaves_transfer(linear, truth)}
    return found


def _encode(linear: Picture) -> Picture:
    return np.sqrt(np.clip(linear, 0, 1))


def _measure(method: MosaicMethod | PictureMethod, shot: Shot, noise: NoiseProfile) -> Figures:
    if isinstance(method, MosaicMethod):
        started = time.perf_counter()
        denoised = method.run(shot.noisy, RGGB, noise)
        seconds = time.perf_counter() - started
        linear = develop(denoised)
    else:
        noisy, clean = (encode_srgb(develop(plane)) for plane in (shot.noisy, shot.clean))
        sigma = float(np.std(noisy - clean))
        started = time.perf_counter()
        picture = method.run(noisy, sigma)
        seconds = time.perf_counter() - started
        linear = linearize(torch.from_numpy(picture)).numpy()
    return {"seconds": seconds, **figures(shot.scene, linear)}


def _mean(found: Sequence[Figures]) -> Figures:
    """Average each figure over the scenes that have it."""
    names = dict.fromkeys(name for each in found for name in each)
    return {name: float(np.mean([each[name] for each in found if name in each])) for name in names}


def _row(method: str, iso: int | None, found: Figures, ceiling: Figures) -> Row:
    sharpness = {"mtf50_ratio": found["mtf50"] / ceiling["mtf50"]} if "mtf50" in found else {}
    return {"part": "texture", "method": method, "iso": iso, **found, **sharpness}
