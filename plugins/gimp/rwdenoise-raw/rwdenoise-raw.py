#!/usr/bin/env python3
"""Open RAW photos in GIMP 3, denoised and developed. The program `rwdenoise` does the work."""

from __future__ import annotations

import sys
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio, GLib, GObject
from progress import Progress
from worker_client import Worker, WorkerError, read_command

PROCEDURE = "file-rwdenoise-raw-load"
HERE = Path(__file__).resolve().parent
#: RAW suffixes, the same as those of the program; a test compares them.
SUFFIXES = (
    "3fr", "ari", "arw", "bay", "cap", "cr2", "cr3", "crw", "cs1", "dc2", "dcr", "dng", "drf", "eip", "erf", "fff",
    "gpr", "iiq", "k25", "kc2", "kdc", "mdc", "mef", "mos", "mrw", "nef", "nrw", "orf", "ori", "pef", "ptx", "pxn",
    "qtk", "raf", "raw", "rdc", "rw2", "rwl", "rwz", "sr2", "srf", "srw", "sti", "x3f",
)  # fmt: skip
_POLL_SECONDS = 0.05


class RwDenoiseRaw(Gimp.PlugIn):
    """Plug-in object through which GIMP queries the procedures."""

    def do_query_procedures(self) -> list[str]:
        """Return the names of all procedures."""
        return [PROCEDURE]

    def do_set_i18n(self, _name: str) -> bool:
        """Return False: there are no translations."""
        return False

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """Describe the loader."""
        procedure = Gimp.LoadProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        procedure.set_menu_label("RAW photo, denoised")
        procedure.set_documentation(
            "Open RAW photos denoised",
            "Denoises a RAW photo, develops it to 16 bits and keeps its metadata.",
            None,
        )
        procedure.set_attribution("The rwdenoise authors", "GPL-3.0-or-later", "2026")
        # By suffix only: most RAW files begin like a TIFF, and real TIFF files must stay with GIMP's own loader.
        procedure.set_extensions(",".join(SUFFIXES))
        procedure.set_handles_raw(True)
        return procedure


def run(
    procedure: Gimp.Procedure,
    _run_mode: Gimp.RunMode,
    file: Gio.File,
    _metadata: Gimp.Metadata,
    flags: Gimp.MetadataLoadFlags,
    _config: Gimp.ProcedureConfig,
    _data: object,
) -> tuple[Gimp.ValueArray, Gimp.MetadataLoadFlags]:
    """Denoise and develop a RAW photo, and open the result."""
    try:
        image = _load(Path(file.get_path()))
    except (WorkerError, GLib.Error) as error:
        failure = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), str(error), 0)
        return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, failure), flags
    success = GObject.Value(Gimp.PDBStatusType, Gimp.PDBStatusType.SUCCESS)
    # The developed photo is upright and has its own profile; orientation and profile of the RAW file no longer apply.
    unwanted = Gimp.MetadataLoadFlags.ORIENTATION | Gimp.MetadataLoadFlags.COLORSPACE
    return Gimp.ValueArray.new_from_values([success, GObject.Value(Gimp.Image, image)]), flags & ~unwanted


def _load(source: Path) -> Gimp.Image:
    command = read_command(str(HERE))
    # The part of "PYTHON -m rwdenoise_cli worker" before -m: develop.py runs with the same Python.
    python = command[: command.index("-m")]
    Gimp.progress_init(f"Denoising {source.name}")
    with Worker(HERE, [*python, str(HERE / "develop.py"), str(source)]) as worker:
        worker.start()
        return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(_wait(worker)))


def _wait(worker: Worker) -> str:
    """Wait for the developed photo, and return its path."""
    progress = Progress()
    while True:
        event = worker.poll(_POLL_SECONDS) or {"event": "nothing"}
        if event["event"] == "progress" and event["stage"] == "denoise":
            share, text = progress.at(event["done"], event["total"])
            Gimp.progress_set_text(text)
            Gimp.progress_update(share)
        elif event["event"] == "finished":
            return event["output"]
        elif event["event"] == "failed":
            raise WorkerError(event["message"], event["hint"])


if __name__ == "__main__":
    Gimp.main(RwDenoiseRaw.__gtype__, sys.argv)
