"""``rwdenoise gimp``: install, check and remove the plug-ins for GIMP."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rwdenoise_cli.options import HELP
from rwdenoise_cli.output import log, printable, say
from rwdenoise_cli.status import ALL_WRITTEN, NOTHING_WRITTEN

if TYPE_CHECKING:
    from rwdenoise_cli.gimp.folders import Gimp

#: Starts the worker from anywhere, whatever lies in the folder in which GIMP runs (-P).
WORKER = (sys.executable, "-P", "-m", "rwdenoise_cli", "worker")

_FLATPAK = "flatpak override --user --talk-name=org.freedesktop.Flatpak org.gimp.GIMP"

into_option = click.option(
    "--into",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Plug-in folder of GIMP, as listed in its Preferences > Folders > Plug-ins.  [default: that of every GIMP"
    " that you have started at least once]",
)


@click.group(context_settings=HELP, short_help="Install the plug-ins for GIMP.")
def gimp() -> None:
    """Install, check or remove the plug-ins for GIMP."""


@gimp.command(context_settings=HELP)
@click.option("--raw-loader", is_flag=True, help="Also install the loader with which GIMP 3 opens RAW photos denoised.")
@into_option
@click.pass_context
def install(ctx: click.Context, *, raw_loader: bool, into: Path | None) -> None:
    """Install the filter 'Denoise photo' in every GIMP, replacing an older version.

    Exit status: 0 installed, 1 not installed.
    """
    from rwdenoise_cli.gimp.folders import has_flatpak
    from rwdenoise_cli.gimp.install import install as put
    from rwdenoise_cli.gimp.install import plug_ins_for

    for found in _gimps(ctx, into):
        for plug_in in plug_ins_for(found, raw_loader=raw_loader):
            place = put(plug_in, found, command=WORKER)
            say(f"{found.name}: installed {printable(str(place))}")
    say("Restart GIMP: Filters > Enhance > Denoise photo... works on the selected layers.")
    if raw_loader:
        say("To open RAW photos with it: Edit > Preferences > Image Import & Export > Raw Image Importer.")
    if has_flatpak():
        say(f"Allow the GIMP from Flatpak, once, to start other programs: {_FLATPAK}")


@gimp.command(context_settings=HELP)
@into_option
@click.pass_context
def status(ctx: click.Context, *, into: Path | None) -> None:
    """Check the installed plug-ins, start their worker once, and say what is wrong and how to fix it.

    Exit status: 0 everything works, 1 something does not.
    """
    from rwdenoise_cli.gimp.install import examine

    well = True
    for found in _gimps(ctx, into):
        for place, faults in examine(found):
            well = well and not faults
            say(f"{'problem' if faults else 'ok':8} {found.name}: {printable(str(place))}")
            for fault in faults:
                say(f"{'':8} {printable(fault.message)}")
                say(f"{'':8} {printable(fault.hint)}")
    ctx.exit(ALL_WRITTEN if well else NOTHING_WRITTEN)


@gimp.command(context_settings=HELP)
@into_option
@click.pass_context
def uninstall(ctx: click.Context, *, into: Path | None) -> None:
    """Remove the plug-ins and everything that GIMP remembers for them.

    Exit status: 0 nothing is left, 1 something could not be removed.
    """
    from rwdenoise_cli.gimp.install import uninstall as remove

    for found in _gimps(ctx, into):
        places = remove(found)
        for place in places:
            say(f"{found.name}: removed {printable(str(place))}")
        if not places:
            say(f"{found.name}: nothing was installed")


def _gimps(ctx: click.Context, into: Path | None) -> list[Gimp]:
    from rwdenoise_cli.gimp.folders import find_gimps, gimp_of

    found = find_gimps() if into is None else [gimp_of(into.absolute())]
    if not found:
        log("error: No folder of GIMP 2.10, 3.0 or newer was found; GIMP creates it when it is first started.")
        log(f"  Start GIMP once, or run: rwdenoise gimp {ctx.info_name} --into FOLDER")
        ctx.exit(NOTHING_WRITTEN)
    return found
