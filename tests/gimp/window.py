"""Batch script inside GIMP with windows: show an image, call the plug-in as its menu does, and observe undo.

The caller sets `FOLDER`; ``task.json`` in it has the size of the image and the pixels of its layers.
"""

import json
import time
from pathlib import Path

from gi.repository import Babl, Gegl, Gimp, Gio

folder = Path(FOLDER)  # noqa: F821 -- set by the batch
task = json.loads((folder / "task.json").read_text())
SECONDS_TO_UNDO = 30


def read(layer):
    area = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    return bytes(layer.get_buffer().get(area, 1.0, None, Gegl.AbyssPolicy.NONE))


def make_layer(image, name, pixels):
    width, height = task["size"]
    layer = Gimp.Layer.new(image, name, width, height, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), Babl.get_name(layer.get_format()), Path(pixels).read_bytes())
    buffer.flush()
    return layer


def make_link(image, path):
    layer = Gimp.LinkLayer.new(image, Gio.File.new_for_path(path))
    image.insert_layer(layer, None, 0)
    return layer


def show_image():
    precision = getattr(Gimp.Precision, task.get("precision", "U8_NON_LINEAR"))
    image = Gimp.Image.new_with_precision(*task["size"], Gimp.ImageBaseType.RGB, precision)
    if "link" in task:
        layers = [make_link(image, task["link"])]
    else:
        layers = [make_layer(image, f"layer {index}", pixels) for index, pixels in enumerate(task["pixels"])]
    if "selection" in task:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *task["selection"])
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


def state_of(layers):
    """Return the pixels of all layers and, for links in GIMP 3.2, whether each was rasterized."""
    return [(read(layer), hasattr(Gimp, "LinkLayer") and "link" in task and layer.is_rasterized()) for layer in layers]


def becomes(layers, state):
    """Wait until a key press has restored a state; return whether it did."""
    until = time.monotonic() + SECONDS_TO_UNDO
    while time.monotonic() < until:
        if state_of(layers) == state:
            return True
        time.sleep(0.2)
    return False


def wait_for(name):
    while not (folder / name).exists():
        time.sleep(0.1)


with (folder / "results.jsonl").open("w") as results:

    def say(**result):
        print(json.dumps(result), file=results, flush=True)

    image, layers = show_image()
    before = state_of(layers)
    say(shown=True)
    for _ in range(task.get("calls", 1)):
        status, error = call(image, layers)
        for index, layer in enumerate(layers):
            (folder / f"window-{index}.after").write_bytes(read(layer))
        say(status=status, error=error, dirty=image.is_dirty())
    if image.is_dirty():
        after = state_of(layers)
        say(undone=becomes(layers, before), dirty=image.is_dirty())
        say(redone=becomes(layers, after), dirty=image.is_dirty())
    if "hold" in task:
        wait_for(task["hold"])
    say(end=True)
