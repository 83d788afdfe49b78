"""Runs inside GIMP with windows, as a batch: shows an image, calls the plug-in as its menu does, and watches the undo.

`FOLDER` is set by who runs this; ``task.json`` in it says how large the image is and what its layers hold.
"""

import json
import time
from pathlib import Path

from gi.repository import Babl, Gegl, Gimp

folder = Path(FOLDER)  # noqa: F821 -- set by the batch
task = json.loads((folder / "task.json").read_text())
SECONDS_TO_UNDO = 30


def read(layer):
    area = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    return bytes(layer.get_buffer().get(area, 1.0, None, Gegl.AbyssPolicy.NONE))


def show_image():
    width, height = task["size"]
    image = Gimp.Image.new_with_precision(width, height, Gimp.ImageBaseType.RGB, Gimp.Precision.U8_NON_LINEAR)
    layers = []
    for index, pixels in enumerate(task["pixels"]):
        layer = Gimp.Layer.new(
            image, f"layer {index}", width, height, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL
        )
        image.insert_layer(layer, None, 0)
        buffer = layer.get_buffer()
        area = Gegl.Rectangle.new(0, 0, width, height)
        buffer.set(area, Babl.get_name(layer.get_format()), Path(pixels).read_bytes())
        buffer.flush()
        layers.append(layer)
    image.clean_all()
    Gimp.Display.new(image)
    return image, layers


def call(image, layers):
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-rwdenoise")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.INTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", layers)
    return procedure.run(config).index(0).value_nick, Gimp.get_pdb().get_last_error()


def undone(layers, before):
    """Wait until somebody has undone everything with one key; tell whether it happened."""
    until = time.monotonic() + SECONDS_TO_UNDO
    while time.monotonic() < until:
        if [read(layer) for layer in layers] == before:
            return True
        time.sleep(0.2)
    return False


with (folder / "results.jsonl").open("w") as results:
    image, layers = show_image()
    before = [read(layer) for layer in layers]
    print(json.dumps({"shown": True}), file=results, flush=True)
    for _ in range(task.get("calls", 1)):
        status, error = call(image, layers)
        for index, layer in enumerate(layers):
            (folder / f"window-{index}.after").write_bytes(read(layer))
        print(json.dumps({"status": status, "error": error, "dirty": image.is_dirty()}), file=results, flush=True)
    if image.is_dirty():
        print(json.dumps({"undone": undone(layers, before), "dirty": image.is_dirty()}), file=results, flush=True)
    print(json.dumps({"end": True}), file=results)
