"""Measure denoisers on developed pictures with real noise, with simulated camera noise, and with Gaussian noise.

The figures are PSNR over all three colors, SSIM, HaarPSI, and seconds per picture. All methods get the same pictures,
and every result is clipped at black and white, as in a file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from statistics import fmean
from typing import TypeAlias

import numpy as np

from bench.haarpsi import haarpsi
from bench.measures import color_psnr, ssim
from bench.methods import Absent, PictureMethod
from bench.peers import picture_peers
from bench.peers.blind import at_sigma, without_truth
from bench.peers.bm3d import color_bm3d
from bench.peers.cnn import ffdnet
from bench.pictures import kodak
from bench.quality.developed_cases import GAUSSIAN, REAL, Case, Series
from bench.quality.rows import Row, Rows, average
from rwdenoise.choices import Settings

#: Our variants: default settings, a single pass like DnCNN, and every sampler with many steps.
VARIANTS = (
    Settings(),
    Settings(steps=1),
    Settings(steps=20),
    Settings(steps=20, sampler="origin"),
    Settings(steps=20, sampler="ddim"),
)
SLOW = "BM3D"
#: A slow peer gets only every n-th picture; all methods are then also averaged over these pictures.
SLOW_EVERY = 4
#: Name of the peer that is tried at many sigmas.
TRIED = "FFDNet color 2018, sigma"

NOTHING = PictureMethod("nothing", lambda picture, _sigma: picture)

Methods: TypeAlias = Sequence[PictureMethod | Absent]


def peers_for(series: Series) -> list[PictureMethod | Absent]:
    """Return the peers for a series: with the true sigma, or with an estimated sigma and a range of fixed sigmas."""
    peers = [color_bm3d(), *picture_peers()]
    if series.sigmas:
        peers = [without_truth(peer) for peer in peers]
    network = ffdnet()
    tried = [] if isinstance(network, Absent) else [at_sigma(network, sigma) for sigma in series.sigmas]
    return [*peers, *tried]


def measure_developed(series: Series, methods: Methods, rows: Rows, *, every: int = 1) -> list[Row]:
    """Run methods on the pictures of a series, or on every n-th; slow methods on every `SLOW_EVERY`-th of these.

    Returns
    -------
    list of dict
        Means for each method: "noise", "pictures" (which were used), "method", "psnr" in dB, "ssim", "haarpsi",
        "seconds" and "count". First the methods that are not slow; then all methods, on the pictures of the slow ones.
    """
    quick = [method for method in methods if not method.name.startswith(SLOW)]
    means = _measure_all(series, quick, rows, every=every)
    if len(quick) < len(methods):
        means += _measure_all(series, methods, rows, every=every * SLOW_EVERY)
    return means


def measure_paper(ours: Methods, rows: Rows, *, every: int = 1) -> list[Row]:
    """Compare BM3D and DnCNN with our diffusion as the paper does: on PolyU, and on Kodak with Gaussian noise."""
    found = []
    for series in (REAL, replace(GAUSSIAN[1], paths=kodak)):
        peers = [peer for peer in peers_for(series) if peer.name.startswith((SLOW, "CDnCNN-B"))]
        found += _measure_all(series, [NOTHING, *peers, *ours], rows, every=every * SLOW_EVERY)
    return found


def _measure_all(series: Series, methods: Methods, rows: Rows, *, every: int) -> list[Row]:
    found: list[Row] = [{"method": m.name, "absent": m.reason} for m in methods if isinstance(m, Absent)]
    here = [method for method in methods if not isinstance(method, Absent)]
    for case in series.cases(every=every):
        for method in here:
            key = {"part": "developed", "noise": series.noise, "picture": case.name, "method": method.name}
            found.append(rows.measure(key, partial(_measure, case, method)))
    pictures = "all" if every == 1 else f"1 in {every}"
    means = average(choose_sigma(found), over="picture")
    return [{**mean, "noise": series.noise, "pictures": pictures} for mean in means]


def _measure(case: Case, method: PictureMethod) -> Row:
    noisy, clean = case.pair
    started = time.perf_counter()
    picture = method.run(noisy, case.pair.sigma)
    seconds = time.perf_counter() - started
    picture = np.clip(picture, 0, 1)
    return {
        "psnr": color_psnr(picture, clean),
        "ssim": ssim(picture, clean),
        "haarpsi": haarpsi(picture, clean),
        "seconds": seconds,
    }


def choose_sigma(rows: Iterable[Row]) -> list[Row]:
    """Replace the rows of FFDNet at many sigmas by two: the best sigma for all pictures, and the best for each picture.

    Only someone who knows the truth can choose these; their names say so.
    """
    tried: list[Row] = []
    others: list[Row] = []
    for row in rows:
        (tried if row["method"].startswith(TRIED) else others).append(row)
    if not tried:
        return others
    by_sigma, by_picture = (_groups(tried, itemgetter(name)) for name in ("method", "picture"))
    best = max(by_sigma, key=lambda name: fmean(row["psnr"] for row in by_sigma[name]))
    for_all = [{**row, "method": f"{best}, best fixed (knows the truth)"} for row in by_sigma[best]]
    name = f"{TRIED} best of {len(by_sigma)} for each picture (knows the truth)"
    for_each = [{**max(group, key=itemgetter("psnr")), "method": name} for group in by_picture.values()]
    return [*others, *for_all, *for_each]


def _groups(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
