"""Part (a): measure methods on clean pictures behind a simulated camera, Bayer and X-Trans, at three noise levels.

The figures are PSNR of the gamma-encoded mosaic, and PSNR, SSIM and HaarPSI of the developed picture. All methods get
the same noisy mosaics; LibRaw develops all pictures in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.haarpsi import haarpsi
from bench.measures import block_means, color_psnr, psnr, ssim, texture_kept
from bench.methods import Absent, Method, Mosaic, MosaicMethod, Picture, PictureMethod
from bench.pictures import kodak, mcmaster, read_linear
from bench.quality.rows import Row, Rows
from rwdenoise.io.raw.develop import develop
from rwdenoise.photo.cfa import BAYER_PHASES, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.simulation.raw_photo import simulate_raw
from training.validate import SHOT, usual_profile

SENSORS: dict[str, tuple[Cfa, ...]] = {"Bayer": BAYER_PHASES, "X-Trans": (X_TRANS,)}


@dataclass(frozen=True)
class Case:
    """One picture behind one sensor at one noise level."""

    path: Path
    cfa: Cfa
    noise: NoiseProfile

    @cached_property
    def _photos(self) -> tuple[RawPhoto, RawPhoto]:
        rng = np.random.default_rng(int.from_bytes(self.path.stem.encode()[-4:]))
        return simulate_raw(read_linear(self.path), cfa=self.cfa, iso=100, rng=rng, noise=self.noise)

    @property
    def noisy(self) -> Mosaic:
        """Noisy mosaic, the same for all methods."""
        mosaic: Mosaic = self._photos[0].planes()[0]
        return mosaic

    @property
    def truth(self) -> Mosaic:
        """Mosaic without noise."""
        mosaic: Mosaic = self._photos[1].planes()[0]
        return mosaic

    def develop(self, mosaic: Mosaic) -> Picture:
        """Develop a mosaic, always in the same way."""
        # The clean photo has fine quantization steps: no result is rounded.
        return _encoded(develop(self._photos[1].with_planes(mosaic[np.newaxis])).samples)

    @cached_property
    def true_picture(self) -> Picture:
        """Developed truth."""
        return _encoded(develop(self._photos[1]).samples)

    @cached_property
    def noisy_picture(self) -> Picture:
        """Developed noisy mosaic."""
        return self.develop(self.noisy)

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise in the developed picture."""
        return float(np.std(self.noisy_picture - self.true_picture))


def all_cases(*, every: int = 1) -> Iterator[tuple[Row, Case]]:
    """Yield a case with its key for every sensor, noise level and picture, or for every n-th picture."""
    for sensor, layouts in SENSORS.items():
        for shot in SHOT:
            for index, path in enumerate((kodak() + mcmaster())[::every]):
                key = {"sensor": sensor, "shot": str(shot), "picture": path.stem}
                yield key, Case(path, layouts[index % len(layouts)], usual_profile(shot))


def measure_pictures(methods: Sequence[Method], rows: Rows, *, every: int = 1) -> Iterator[Row]:
    """Run all methods on all pictures, or on every n-th; yield each row when measured, absent methods first."""
    yield from ({"part": "pictures", "method": m.name, "absent": m.reason} for m in methods if isinstance(m, Absent))
    here = [method for method in methods if not isinstance(method, Absent)]
    for key, case in all_cases(every=every):
        for method in here:
            if not isinstance(method, MosaicMethod) or key["sensor"] in method.sensors:
                name = {"part": "pictures", **key, "method": method.name}
                yield rows.measure(name, partial(_measure, case, method))


def _measure(case: Case, method: MosaicMethod | PictureMethod) -> Row:
    if isinstance(method, MosaicMethod):
        return _measure_mosaic(case, method)
    noisy, sigma = case.noisy_picture, case.sigma
    started = time.perf_counter()
    picture = method.run(noisy, sigma)
    return {"seconds": time.perf_counter() - started, **_picture_figures(picture, case)}


def _measure_mosaic(case: Case, method: MosaicMethod) -> Row:
    started = time.perf_counter()
    mosaic = method.run(case.noisy, case.cfa, case.noise)
    seconds = time.perf_counter() - started
    before, after, true = (block_means(m) for m in (case.noisy, mosaic, case.truth))
    change = np.abs(after - before) / np.maximum(before, 1e-3)
    darkest = true <= np.quantile(true, 0.1)
    return {
        "mosaic_psnr": psnr(mosaic, case.truth),
        "mosaic_texture": texture_kept(mosaic, case.truth, period=case.cfa.period),
        "block_change": float(np.quantile(change, 0.99)),
        "dark_change": float(after[darkest].mean() / before[darkest].mean() - 1),
        "seconds": seconds,
        **_picture_figures(case.develop(mosaic), case),
    }


def _picture_figures(picture: Picture, case: Case) -> Row:
    return {
        "psnr": color_psnr(picture, case.true_picture),
        "ssim": ssim(picture, case.true_picture),
        "haarpsi": haarpsi(picture, case.true_picture),
    }


def _encoded(picture: NDArray[np.uint16]) -> Picture:
    return np.asarray(picture / np.float32(65535))
