"""Batch script inside GIMP: open files as *File > Open* does, and report the result for each."""

import json
from pathlib import Path

from gi.repository import Gegl, Gimp, Gio

folder = Path(FOLDER)  # noqa: F821 -- set by the batch
task = json.loads((folder / "task.json").read_text())


def opened(path):
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    if image is None:
        return {"path": path, "error": Gimp.get_pdb().get_last_error()}
    (layer,) = image.get_layers()
    area = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    pixels = layer.get_buffer().get(area, 1.0, None, Gegl.AbyssPolicy.NONE)
    Path(f"{path}.pixels").write_bytes(pixels)
    return {
        "path": path,
        "size": [image.get_width(), image.get_height()],
        "precision": image.get_precision().value_nick,
        "profile": image.get_effective_color_profile().get_label(),
        "metadata": image.get_metadata().serialize(),
    }


with (folder / "results.jsonl").open("w") as results:
    for path in task["paths"]:
        print(json.dumps(opened(path)), file=results, flush=True)
    print(json.dumps({"end": True}), file=results)
