"""``rwdenoise simulate``: write a RAW photo with known noise, for trying things out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rwdenoise_cli.options import HELP, overwrite_option
from rwdenoise_cli.output import printable, say

if TYPE_CHECKING:
    from rwdenoise.photo.cfa import Cfa
    from rwdenoise.photo.raw import RawPhoto

#: In the order of `rwdenoise.photo.cfa.BAYER_PHASES`, and the two others.
LAYOUTS = ("rggb", "grbg", "gbrg", "bggr", "x-trans", "monochrome")

# The panels of the scene need the least; the most is what medium format cameras have.
SMALLEST, LARGEST = 64, 16384
DEFAULT_SIZE = (1536, 1024)


def read_size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Read the option --size: width and height in px, such as ``1536x1024``."""
    if value is None:
        return None
    width, _, height = value.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        message = f"{value!r} is not a size; give WIDTHxHEIGHT in px, such as 1536x1024."
        raise click.BadParameter(message)
    size = int(width), int(height)
    if not all(SMALLEST <= edge <= LARGEST for edge in size):
        message = f"{value} is out of range; each side must have {SMALLEST} to {LARGEST} px."
        raise click.BadParameter(message)
    return size


@click.command(context_settings=HELP, short_help="Write a simulated high-ISO RAW photo.")
@click.option("--scene", is_flag=True, help="Photograph the built-in test scene.  [default]")
@click.option(
    "--picture",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Photograph this clean picture (JPEG, PNG or WebP; 8-bit sRGB) instead.",
)
@click.option(
    "--iso",
    type=click.FloatRange(25, 819200),
    default=6400,
    show_default=True,
    help="Amount of noise: that of a typical camera at this ISO value.",
)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS, case_sensitive=False),
    default="rggb",
    show_default=True,
    help="Color filters of the sensor.",
)
@click.option(
    "--size",
    metavar="WxH",
    callback=read_size,
    help=f"Size of the scene, {SMALLEST} to {LARGEST} px on each side.  [default: 1536x1024]",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed for scene and noise, 0 or more: the same seed gives the same photo again.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path("simulated.dng"),
    show_default=True,
    help="The noisy RAW photo, a DNG.",
)
@click.option(
    "--truth",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also write the same photo without noise, a DNG.  [default: not written]",
)
@overwrite_option
def simulate(  # noqa: PLR0913 -- what a user can choose
    *,
    scene: bool,
    picture: Path | None,
    iso: float,
    layout: str,
    size: tuple[int, int] | None,
    seed: int,
    output: Path,
    truth: Path | None,
    overwrite: bool,
) -> None:
    """Write a simulated high-ISO RAW photo, of a test scene or of a picture.

    \b
    rwdenoise simulate --iso 25600 -o noisy.dng --truth clean.dng
    rwdenoise noisy.dng
    """  # noqa: D301 -- the backspace keeps click from filling the lines
    if picture is not None and (scene or size is not None):
        message = "--picture cannot be combined with --scene or --size."
        raise click.UsageError(message)
    if truth == output:
        message = "--truth and --output must be different files."
        raise click.UsageError(message)
    import numpy as np

    from rwdenoise.io.atomic import refuse_existing
    from rwdenoise.simulation.raw_photo import simulate_raw
    from rwdenoise.simulation.scene import draw_scene, open_scene

    targets = [output] if truth is None else [output, truth]
    for target in targets:
        refuse_existing(target, overwrite=overwrite)
    rng = np.random.default_rng(seed)
    width, height = size or DEFAULT_SIZE
    rgb = draw_scene(height, width, rng=rng) if picture is None else open_scene(picture)
    photos = simulate_raw(rgb, cfa=_cfa_of(layout), iso=iso, rng=rng)
    for photo, target in zip(photos, targets, strict=False):
        _write(photo, target, overwrite=overwrite)


def _cfa_of(layout: str) -> Cfa:
    from rwdenoise.photo.cfa import BAYER_PHASES, MONOCHROME, X_TRANS

    return dict(zip(LAYOUTS, (*BAYER_PHASES, X_TRANS, MONOCHROME), strict=True))[layout]


def _write(photo: RawPhoto, target: Path, *, overwrite: bool) -> None:
    from rwdenoise.io.write import write_photo

    write_photo(photo, target, provenance=None, overwrite=overwrite)
    megapixels = photo.active.height * photo.active.width / 1e6
    say(f"{printable(str(target))}  {megapixels:.1f} Mpx, {photo.cfa.name}, ISO {photo.iso:g}")
