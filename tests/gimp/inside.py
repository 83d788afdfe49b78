"""Batch script inside GIMP: create an image for each case, call the plug-in, and store the result.

The caller sets `FOLDER`; ``task.json`` in it lists the cases. The script writes a line of JSON for each case.
"""

import json
import time
from pathlib import Path

from gi.repository import Babl, Gegl, Gimp, Gio

folder = Path(FOLDER)  # noqa: F821 -- set by the batch
task = json.loads((folder / "task.json").read_text())


#: Kinds of layers that GIMP 3.2 renders itself.
DRAWN = ("link", "vector")


def whole(drawable):
    return Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())


def read(drawable):
    return bytes(drawable.get_buffer().get(whole(drawable), 1.0, None, Gegl.AbyssPolicy.NONE))


def write(drawable, data):
    buffer = drawable.get_buffer()
    buffer.set(whole(drawable), Babl.get_name(drawable.get_format()), data)
    buffer.flush()
    drawable.update(0, 0, drawable.get_width(), drawable.get_height())


def make_image(case):
    base = getattr(Gimp.ImageBaseType, case["base"])
    width, height = case["size"]
    image = Gimp.Image.new_with_precision(width + 40, height + 30, base, getattr(Gimp.Precision, case["precision"]))
    if case.get("profile"):
        image.set_color_profile(Gimp.ColorProfile.new_from_icc_profile(Path(case["profile"]).read_bytes()))
    return image


def make_drawables(image, case):
    """Return the drawables for the call of the plug-in."""
    if case.get("where") in DRAWN:
        return [make_drawn(image, case)]
    width, height = case["size"]
    kind = getattr(Gimp.ImageType, case["base"] + ("A" if case.get("alpha") else "") + "_IMAGE")
    group = None
    if case.get("where") in ("group child", "group", "locked group"):
        group = Gimp.GroupLayer.new(image, "a group")
        image.insert_layer(group, None, 0)
    layers = []
    for index in range(case.get("layers", 1)):
        layer = Gimp.Layer.new(image, f"layer {index}", width, height, kind, 100.0, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, group, 0)
        layer.set_offsets(20, 15)
        layers.append(layer)
    if case.get("where") == "mask":
        layers[0].add_mask(layers[0].create_mask(Gimp.AddMaskType.WHITE))
        return [layers[0].get_mask()]
    if case.get("where") == "channel":
        channel = Gimp.Channel.new(image, "a channel", width, height, 50.0, Gegl.Color.new("red"))
        image.insert_channel(channel, None, 0)
        return [channel]
    return [group] if case.get("where") == "group" else layers


def make_drawn(image, case):
    """Return a layer that GIMP renders from a file or a path."""
    if case["where"] == "link":
        layer = Gimp.LinkLayer.new(image, Gio.File.new_for_path(case["file"]))
    else:
        path = Gimp.Path.new(image, "a path")
        image.insert_path(path, None, 0)
        corners = [(10, 10), (150, 20), (80, 120)]
        points = [number for corner in corners for number in corner * 3]
        path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, points, True)
        layer = Gimp.VectorLayer.new(image, path)
    image.insert_layer(layer, None, 0)
    if case["where"] == "vector":
        layer.refresh()
    return layer


def select(image, case):
    """Make the selection of the case, in px of the image; the layers have the offset (20, 15)."""
    kind, *numbers = case.get("selection", ["none"])
    if kind == "rectangle":
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *numbers)
    if kind in ("ellipse", "feathered"):
        image.select_ellipse(Gimp.ChannelOps.REPLACE, *numbers[:4])
    if kind == "feathered":
        Gimp.Selection.feather(image, numbers[4])


def call(image, drawables, arguments):
    """Call the plug-in; return its status and message."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-rwdenoise")
    config = procedure.create_config()
    if task.get("interactive"):
        config.set_property("run-mode", Gimp.RunMode.INTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    for name, value in arguments.items():
        config.set_property(name, value)
    values = procedure.run(config)
    return values.index(0).value_nick, Gimp.get_pdb().get_last_error()


def selection_over(image, drawable):
    """Return the selection weight of each pixel of a drawable, as float; empty without a selection."""
    if Gimp.Selection.is_empty(image):
        return b""
    _, x, y = drawable.get_offsets()
    area = Gegl.Rectangle.new(x, y, drawable.get_width(), drawable.get_height())
    return bytes(image.get_selection().get_buffer().get(area, 1.0, "Y float", Gegl.AbyssPolicy.NONE))


def set_worker(case):
    """Write the worker command of the case, if it has one; None removes the file, as if no worker were installed."""
    if "worker" in case:
        path = folder / "profile/plug-ins/rwdenoise/worker.json"
        path.unlink(missing_ok=True)
        if case["worker"]:
            path.write_text(json.dumps({"command": case["worker"], "version": "0.1.0"}))


def fill(drawables, case):
    """Fill the drawables with the pixels of the case, except those that GIMP renders."""
    if case.get("where") not in DRAWN:
        for drawable, pixels in zip(drawables, case.get("pixels", ()), strict=False):
            write(drawable, Path(pixels).read_bytes())


def restrict(image, drawables, case):
    """Apply the restriction of a case that the plug-in must refuse."""
    if case.get("where") == "indexed":
        image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
    if case.get("where") == "locked":
        drawables[0].set_lock_content(True)
    if case.get("where") == "locked group":
        drawables[0].get_parent().set_lock_content(True)


def run_case(case):
    if case.get("where") in DRAWN and not hasattr(Gimp, "LinkLayer"):
        return {"name": case["name"], "status": "not in this GIMP"}
    set_worker(case)
    image = make_image(case)
    drawables = make_drawables(image, case)
    changeable = [drawable for drawable in drawables if not drawable.is_group()]
    fill(changeable, case)
    restrict(image, changeable, case)
    select(image, case)
    image.clean_all()
    before = [read(drawable) for drawable in changeable]
    begun = time.monotonic()
    status, error = call(image, drawables, case.get("arguments", {}))
    outcome = {"name": case["name"], "status": status, "error": error, "dirty": image.is_dirty(), "layers": []}
    outcome["seconds"] = time.monotonic() - begun
    for index, drawable in enumerate(changeable):
        stem = folder / f"{case['name']}-{index}".replace(" ", "_")
        Path(f"{stem}.before").write_bytes(before[index])
        Path(f"{stem}.after").write_bytes(read(drawable))
        Path(f"{stem}.selection").write_bytes(selection_over(image, drawable))
        Path(f"{stem}.icc").write_bytes(bytes(image.get_effective_color_profile().get_icc_profile()))
        _, *area = drawable.mask_intersect()
        outcome["layers"].append(
            {"stem": str(stem), "format": Babl.format_get_encoding(drawable.get_format()), "area": area}
        )
    if case.get("where") in DRAWN:
        outcome["size"] = [drawables[0].get_width(), drawables[0].get_height()]
        outcome["rasterized"] = drawables[0].is_rasterized()
    image.delete()
    return outcome


with (folder / "results.jsonl").open("w") as results:
    for case in task["cases"]:
        print(json.dumps(run_case(case)), file=results, flush=True)
    print(json.dumps({"end": True}), file=results)
