#!/usr/bin/env python3
"""Filters > Enhance > Denoise photo: a plug-in for GIMP 3. The program `rwdenoise` does the work, as a worker."""

from __future__ import annotations

import sys
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
gi.require_version("Babl", "0.1")
import layers
from gi.repository import Gegl, Gimp, GLib, GObject
from progress import Progress
from settings import NAMES, NUMBERS, WHOLE_NUMBERS, WORDS, find_fault, to_request
from worker_client import Worker, WorkerError

PROCEDURE = "plug-in-rwdenoise"
# For an argument out of range, GIMP only prints a warning and uses the default. The declared ranges therefore accept
# everything, and `find_fault` refuses wrong values with a message.
_ANY_NUMBER = (-sys.float_info.max, sys.float_info.max)
_ANY_WHOLE_NUMBER = (GLib.MININT, GLib.MAXINT)


class RwDenoise(Gimp.PlugIn):
    """Plug-in object through which GIMP queries the procedures."""

    def do_query_procedures(self) -> list[str]:
        """Return the names of all procedures."""
        return [PROCEDURE]

    def do_set_i18n(self, _name: str) -> bool:
        """Return False: there are no translations."""
        return False

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """Describe the filter."""
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        procedure.set_image_types("RGB*, GRAY*")
        mask = Gimp.ProcedureSensitivityMask
        procedure.set_sensitivity_mask(mask.DRAWABLE | mask.DRAWABLES)
        procedure.set_menu_label("_Denoise photo...")
        procedure.add_menu_path("<Image>/Filters/Enhance")
        procedure.set_documentation(
            "Remove the noise of a photo",
            "Removes the camera noise from the selected part of the selected layers and keeps texture and color. The"
            " program rwdenoise does the work.",
            None,
        )
        procedure.set_attribution("The rwdenoise authors", "GPL-3.0-or-later", "2026")
        _add_arguments(procedure)
        return procedure


def _add_arguments(procedure: Gimp.Procedure) -> None:
    flags = GObject.ParamFlags.READWRITE
    for name, label, blurb, default in NUMBERS:
        procedure.add_double_argument(name, label, blurb, *_ANY_NUMBER, default, flags)
    for name, label, blurb, default in WHOLE_NUMBERS:
        procedure.add_int_argument(name, label, blurb, *_ANY_WHOLE_NUMBER, default, flags)
    for name, label, blurb, default in WORDS:
        procedure.add_string_argument(name, label, blurb, default, flags)


def run(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Denoise the selected layers of an image."""
    Gegl.init(None)
    refusal = layers.find_refusal(drawables) or find_fault(_settings(config))
    if refusal is not None:
        return _result(procedure, Gimp.PDBStatusType.CALLING_ERROR, refusal)
    try:
        with Worker(Path(__file__).parent) as worker:
            if run_mode == Gimp.RunMode.INTERACTIVE and not _ask(procedure, config, drawables[0], worker):
                return _result(procedure, Gimp.PDBStatusType.CANCEL)
            worker.start()
            _denoise(image, drawables, config, worker)
    except WorkerError as error:
        return _result(procedure, Gimp.PDBStatusType.EXECUTION_ERROR, str(error))
    return _result(procedure, Gimp.PDBStatusType.SUCCESS)


def _settings(config: Gimp.ProcedureConfig) -> dict[str, object]:
    return {name: config.get_property(name) for name in NAMES}


def _ask(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, drawable: Gimp.Drawable, worker: Worker) -> bool:
    # GTK is loaded only for interactive use.
    from dialog import ask

    return ask(procedure, config, drawable, worker)


def _denoise(image: Gimp.Image, drawables: list[Gimp.Drawable], config: Gimp.ProcedureConfig, worker: Worker) -> None:
    progress = Progress(len(drawables))
    Gimp.progress_init("Denoising")

    def show(layer: int, done: int, total: int) -> None:
        share, text = progress.at(done, total, layer)
        Gimp.progress_set_text(text)
        Gimp.progress_update(share)

    results = layers.denoise(worker, drawables, to_request(_settings(config)), on_progress=show)
    if results:
        layers.apply(image, results)
        Gimp.displays_flush()


def _result(procedure: Gimp.Procedure, status: Gimp.PDBStatusType, message: str | None = None) -> Gimp.ValueArray:
    error = None if message is None else GLib.Error.new_literal(Gimp.PlugIn.error_quark(), message, 0)
    return procedure.new_return_values(status, error)


if __name__ == "__main__":
    Gimp.main(RwDenoise.__gtype__, sys.argv)
