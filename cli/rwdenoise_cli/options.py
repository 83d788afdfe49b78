"""The options that several commands share, each group as one decorator that hands over one value."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwdenoise.choices import COLORS, DEVICES, MAX_STEPS, QUALITIES, QUALITY, QUALITY_STEPS, SAMPLERS, Settings
from rwdenoise.errors import SettingsError
from rwdenoise.io.formats import OUTPUT_SUFFIXES, format_of
from rwdenoise.photo.noise_profile import NoiseProfile

if TYPE_CHECKING:
    from rwdenoise.denoising.denoiser import Denoiser
    from rwdenoise.jobs.treatment import Treatment
    from rwdenoise.photo.cfa import Domain

#: The usual number of steps, for people.
USUAL_STEPS = f"{QUALITY_STEPS[QUALITY]}, or {QUALITY_STEPS['fast']} with --quality fast"

#: Settings of every command.
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

#: Where the command line remembers that --json was given, for errors that come before any reporter.
JSON = "rwdenoise_cli.json"

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]


@dataclass(frozen=True)
class Method:
    """How to denoise."""

    settings: Settings
    noise: NoiseProfile | None
    weights: str | None
    quality: str
    device: str

    def load(self, domain: Domain) -> Denoiser:
        """Return the denoiser for a domain."""
        from rwdenoise.denoising.denoiser import load_denoiser

        return load_denoiser(self.names()[domain], device=self.device)

    def digests(self) -> set[str]:
        """Return the checksums of the weights that `load` may give."""
        from rwdenoise.network.weights import weights_digest

        return {weights_digest(name) for name in self.names().values()}

    def names(self) -> dict[str, str]:
        """Return the weights for each domain."""
        return {domain: self.weights or name for domain, name in QUALITIES[self.quality].items()}


@dataclass(frozen=True)
class Output:
    """Where results go, and as what."""

    to: str | None
    format: str | None
    color: str
    overwrite: bool

    def treatment(self, method: Method) -> Treatment:
        """Return what is to be done to each photo."""
        from rwdenoise.jobs.treatment import Treatment

        return Treatment(method.settings, method.noise, self.format, self.color, self.overwrite)


@dataclass(frozen=True)
class Talk:
    """What to say on the way."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    def __post_init__(self) -> None:
        if self.quiet and self.verbose:
            message = "--quiet and --verbose exclude each other."
            raise click.UsageError(message)


def read_noise(_ctx: click.Context, _param: click.Parameter, value: str) -> NoiseProfile | None:
    """Read the option --noise: ``auto``, or the two numbers of a noise profile."""
    if value.lower() == "auto":
        return None
    try:
        shot, read = (float(number) for number in value.split(","))
    except ValueError as error:
        message = f"{value!r} is neither 'auto' nor two numbers SHOT,READ such as 0.002,0.00001."
        raise click.BadParameter(message) from error
    try:
        return NoiseProfile(shot, read)
    except SettingsError as error:
        raise click.BadParameter(error.message) from error


def sources_argument(*, required: bool = True) -> Decorator:
    """Add the photos, as they were named."""
    return click.argument("sources", nargs=-1, required=required, metavar="SOURCE...", type=click.Path(path_type=Path))


def _remember_json(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    ctx.meta[JSON] = value
    return value


def json_option(help: str) -> Decorator:
    """Add --json; it arrives as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, callback=_remember_json, is_eager=True, help=help)


overwrite_option = click.option(
    "--overwrite",
    is_flag=True,
    help="Replace existing outputs, which are otherwise refused. Sources are never replaced.",
)

#: --isolate, for a default.
isolate_option = functools.partial(
    click.option,
    "--isolate/--no-isolate",
    show_default=True,
    help="Decode photos in a process of their own, so that a damaged or malicious file costs one photo at most.",
)

#: How to denoise, but for the number of steps, of which `preview` takes several.
METHOD = (
    click.option(
        "--strength",
        type=click.FloatRange(0, 1),
        default=Settings.strength,
        show_default=True,
        help="How much of the noise to remove: 1 all of it, 0 none (the pixels stay the same, bit for bit).",
    ),
    click.option(
        "--chroma",
        type=click.FloatRange(0, 1),
        show_default="as --strength",
        help="How much of the color noise to remove, if not as much as of the gray grain: '--strength 0.6 --chroma 1'"
        " keeps fine gray grain but no color blotches.",
    ),
    click.option(
        "--detail",
        type=click.FloatRange(0, 1),
        default=Settings.detail,
        show_default=True,
        help="How much of the fine structure that was removed along with the noise to give back. It is measured: where"
        " only noise was removed, nothing comes back.",
    ),
    click.option(
        "--noise",
        metavar="auto|SHOT,READ",
        callback=read_noise,
        default="auto",
        show_default=True,
        help="Noise profile: variance = SHOT * signal + READ, for a signal from 0 (black) to 1 (white), each number"
        " from 0 up to 1. 'auto' takes the profile that the file states, or else measures the photo.",
    ),
    click.option(
        "--sampler",
        type=click.Choice(SAMPLERS, case_sensitive=False),
        default=Settings.sampler,
        show_default=True,
        help="Method that leads from the noisy to the clean photo.",
    ),
    click.option(
        "--quality",
        type=click.Choice(tuple(QUALITIES), case_sensitive=False),
        default=QUALITY,
        show_default=True,
        help="'best', or 'fast' with a quarter of the arithmetic in each step, and half as many steps.",
    ),
    click.option(
        "--weights",
        metavar="NAME",
        type=click.Path(),
        help="Weights to use instead of those of --quality: a name that 'rwdenoise weights list' shows, or a"
        " .safetensors file.",
    ),
    click.option(
        "--device",
        type=click.Choice(DEVICES, case_sensitive=False),
        default="auto",
        show_default=True,
        help="Where to compute. 'auto' takes the fastest kind of device there is; 'rwdenoise doctor' shows how fast"
        " each is. 'cuda' is an NVIDIA or AMD card, 'mps' an Apple GPU; 'openvino' and 'cpu' are the CPU, used through"
        " OpenVINO (extra 'openvino') or PyTorch alone; 'openvino:gpu' and 'openvino:npu' are Intel's."
        " 'cuda:compiled' takes a minute before the first photo, and is faster then.",
    ),
)

OUTPUT = (
    click.option(
        "-o",
        "--output",
        "to",
        metavar="FILE|DIR|TEMPLATE",
        type=click.Path(),
        help="A file, if the name ends with the suffix of a format (.dng); otherwise a folder, created if missing; or a"
        " template such as '{folder}/denoised/{stem}{suffix}'.  [default: beside each source]",
    ),
    click.option(
        "--format",
        type=click.Choice(tuple(OUTPUT_SUFFIXES), case_sensitive=False),
        show_default="dng for RAW, the same format for developed pictures",
        help="Output format. dng is denoised RAW; all others are developed pictures, from RAW with 16 bits in tiff and"
        " png.",
    ),
    click.option(
        "--color",
        type=click.Choice(COLORS, case_sensitive=False),
        default=COLORS[0],
        show_default=True,
        help="Color space for developing RAW. A DNG keeps the camera's own colors, a developed picture its profile.",
    ),
    overwrite_option,
)


def pack_method(  # noqa: PLR0913 -- one for each option
    *,
    steps: int | None = None,
    strength: float,
    chroma: float | None,
    detail: float,
    noise: NoiseProfile | None,
    sampler: str,
    quality: str,
    weights: str | None,
    device: str,
) -> Method:
    """Return the options of `METHOD`, and the steps if they are one number, in one."""
    settings = Settings(steps or QUALITY_STEPS[quality], strength, sampler, chroma, detail)
    return Method(settings, noise, weights, quality, device)


def pack_output(*, to: str | None, format: str | None, color: str, overwrite: bool) -> Output:
    """Return the options of `OUTPUT` in one; what cannot go together is wrong usage."""
    if to == "":
        message = "-o was given an empty name."
        raise click.UsageError(message)
    promised = format or (format_of(Path(to)) if to else None)
    if promised in (None, "dng") and color != "srgb":
        message = f"--color {color} needs --format tiff, jpeg, png or webp: it is for RAW that is developed."
        raise click.UsageError(message)
    return Output(to, format, color, overwrite)


def group(name: str, pack: Function, *options: Decorator) -> Decorator:
    """Add options to a command, and hand their values over packed into one; `pack` takes them by name."""
    members = inspect.signature(pack).parameters

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def packed(**values: Any) -> Any:  # noqa: ANN401 -- whatever the command takes and returns
            # What no option sets keeps its default.
            mine = {member: values.pop(member) for member in members if member in values}
            return function(**{name: pack(**mine)}, **values)

        for option in reversed(options):
            option(packed)  # click adds it in place.
        return packed

    return decorate


#: The options that say how to denoise; they arrive as ``method``.
method_options = group(
    "method",
    pack_method,
    click.option(
        "--steps",
        type=click.IntRange(1, MAX_STEPS),
        show_default=USUAL_STEPS,
        help="Number of diffusion steps; each takes one pass of the network.",
    ),
    *METHOD,
)
#: The options that say what to write; they arrive as ``output``.
output_options = group("output", pack_output, *OUTPUT)
#: --json, --quiet and --verbose; they arrive as ``talk``.
talk_options = group(
    "talk",
    Talk,
    json_option("Write events to stdout, one JSON object a line, and nothing else."),
    click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors."),
    click.option("-v", "--verbose", is_flag=True, help="Print more: all progress, and the settings of each photo."),
)
