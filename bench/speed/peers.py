"""Compare all denoisers on the same RAW photo, in turn: time, and quality of the developed picture.

Raw converters are timed as whole commands, from the RAW file to a 16-bit picture; our command from the RAW file to the
DNG. Python functions get a square of the photo in memory, and their time is scaled to the whole photo. Quality is
measured on that square for all of them. The picture of a converter is compared with the same converter's picture of the
photo without noise. The first installed converter develops all mosaics, including ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measures import color_psnr
from bench.methods import Absent, Method, MosaicMethod, PictureMethod
from bench.peers.bm3d import bm3d_methods
from bench.peers.cnn import ffdnet
from bench.peers.darktable import find_darktable
from bench.peers.developer import Developer
from bench.peers.pmrid import pmrid_methods
from bench.peers.rawtherapee import find_rawtherapee
from bench.quality.rows import Row
from bench.speed.entrants import Converter, Entrant, Ground, MosaicFunction, OurCommand, PictureFunction
from bench.speed.photos import Photos
from bench.speed.sizes import Sizes
from bench.speed.timing import in_turn
from rwdenoise.choices import Settings

#: Numbers of steps for our command: one step, and the default.
STEPS = tuple(sorted({1, Settings().steps}))
OURS = "rwdenoise"
NO_DENOISING = "none"


def measure_peers(photos: Photos, weights: Sequence[str], sizes: Sizes) -> list[Row]:
    """Time all denoisers in turn, and score their pictures.

    Returns
    -------
    list of dict
        ``program`` and ``method``; ``psnr`` (dB) on the square; ``seconds`` for the whole photo; ``added``, the seconds
        beyond the same converter's time without denoising. For denoisers that run before or after a converter,
        ``seconds`` and ``added`` are equal. A missing peer has the reason in ``absent``.
    """
    found = [find_darktable(), find_rawtherapee()]
    functions = [*bm3d_methods(), *pmrid_methods(), ffdnet()]
    rows: list[Row] = [
        {"program": each.name, "absent": each.reason} for each in (*found, *functions) if isinstance(each, Absent)
    ]
    converters = [each for each in found if isinstance(each, Developer)]
    if not converters:
        return [*rows, {"program": OURS, "absent": "no raw converter is installed to develop its results"}]
    with TemporaryDirectory() as folder:
        ground = Ground(photos, sizes, converters[0])
        entrants = [
            *_ours(ground, weights, Path(folder)),
            *(entrant for converter in converters for entrant in _settings_of(converter, ground)),
            *_functions(functions, ground, Path(folder)),
        ]
        return [*_compete(entrants, sizes.rounds), *rows]


def _ours(ground: Ground, weights: Sequence[str], folder: Path) -> Iterator[Entrant]:
    for name in weights:
        for steps in STEPS:
            yield OurCommand(
                ground,
                OURS,
                method_name(name, steps),
                ground.truth,
                options=("--weights", name, "--steps", str(steps)),
                target=folder / f"{Path(name).stem}-{steps}.dng",
            )


def method_name(weights: str, steps: int) -> str:
    """Return the name of our method in the table."""
    return f"{Path(weights).stem}, {steps} step{'s' if steps > 1 else ''}"


def _settings_of(converter: Developer, ground: Ground) -> Iterator[Entrant]:
    truth = ground.cut(converter.develop(ground.clean, converter.plain).picture)
    for method, settings in {NO_DENOISING: converter.plain, **converter.denoising}.items():
        yield Converter(ground, converter.name, method, truth, developer=converter, settings=settings)


def _functions(methods: Sequence[Method], ground: Ground, folder: Path) -> Iterator[Entrant]:
    given = f"{1 / ground.scale:.1%} of it, scaled"
    for method in methods:
        if isinstance(method, MosaicMethod):
            target = folder / "function.dng"
            yield MosaicFunction(ground, method.name, "mosaic", ground.truth, given, peer=method, target=target)
        elif isinstance(method, PictureMethod):
            yield PictureFunction(ground, method.name, "developed picture", ground.truth, given, peer=method)


def _compete(entrants: Sequence[Entrant], rounds: int) -> Iterator[Row]:
    seconds = in_turn({number: entrant.run for number, entrant in enumerate(entrants)}, rounds=rounds)
    base = {
        entrant.program: seconds[number] for number, entrant in enumerate(entrants) if entrant.method == NO_DENOISING
    }
    for number, entrant in enumerate(entrants):
        yield {
            "program": entrant.program,
            "method": entrant.method,
            "given": entrant.given,
            "psnr": color_psnr(entrant.picture(), entrant.truth),
            "seconds": seconds[number],
            "added": seconds[number] - base.get(entrant.program, 0.0),
        }
