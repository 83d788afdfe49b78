"""Collect facts about GIMP 2.10 and gimpfu that the stubs in tests/stubs model.

Runs inside GIMP's python-fu-eval (Python 2.7) and on the stubs (Python 2.7 and 3); both must give the same facts. A
plug-in that creates images with a precision sees native bytes from then on: one plug-in therefore creates the images,
and another one collects the facts.
"""

import struct

import gimp
import gimpenums
import gimpfu

pdb = gimp.pdb
_SIZE = 8
_FLOATS = {"float": "f", "double": "d"}
_NEARLY = {"u32": 2e-6, "half": 1e-3, "float": 2e-6, "double": 2e-6}
_WHOLES = {"u8": "B", "u16": "H", "u32": "I"}


def make_images():
    """Create an image of every precision, gray and RGB, with and without alpha, each with a layer and a mask."""
    for name in sorted(name for name in dir(gimpenums) if name.startswith("PRECISION_")):
        for base, type in ((0, 0), (0, 1), (1, 2), (1, 3)):
            image = pdb.gimp_image_new_with_precision(_SIZE, _SIZE, base, getattr(gimpenums, name))
            layer = gimp.Layer(image, name, _SIZE, _SIZE, type, 100, gimpenums.LAYER_MODE_NORMAL)
            image.add_layer(layer, 0)
            layer.add_mask(layer.create_mask(gimpenums.ADD_WHITE_MASK))


def tell_facts(images, names):
    """Return all facts; `names` are the names of the constants."""
    layers = [image.layers[0] for image in images]
    facts = {"constants": {name: _number(name) for name in names}}
    facts["8 bits"] = [_of_layer(layer, _through_shadow_8) for layer in layers]
    facts["mixed precision"] = [layer.name for layer in layers]
    facts["registering"] = _registering()
    asking = pdb.gimp_plugin_precision_enabled(), pdb.gimp_image_get_precision(images[0])
    facts["asking enables"] = [asking, pdb.gimp_plugin_precision_enabled()]
    fresh = [_twin(image) for image in images]
    facts["native"] = [_of_layer(layer, _through_shadow) for layer in fresh]
    facts["formats"] = [[pdb.gimp_drawable_get_format(item) for item in (layer, layer.mask)] for layer in fresh]
    facts["selected"] = [_of_layer(layer, _half_selected) for layer in fresh]
    facts["refusals"] = _refusals(_twin(images[0]))
    facts["items"] = _items(_twin(images[0]))
    return facts


def try_plug_in(images, call):
    """Run our plug-in on layers of every kind, with a worker that flips pictures vertically.

    Returns
    -------
    list
        For each layer its name and type, whether the pixels outside the selection are unchanged bit for bit, and
        whether those inside are the worker's: bit for bit with 8 and 16 bits, approximately otherwise, as GIMP blends
        floats.
    """
    pdb.gimp_plugin_enable_precision()
    return [_of_layer(_twin(image), lambda layer: _flipped(layer, call)) for image in images]


def _flipped(layer, call):
    numbers = [(37 * index + 11) % 251 / 250.0 for index in range(_SIZE * _SIZE * layer.bpp // layer.mask.bpp)]
    data = _values(layer, numbers)
    _fill(layer, data)
    layer.merge_shadow(False)
    pdb.gimp_image_select_rectangle(layer.image, gimpenums.CHANNEL_OP_REPLACE, 2, 1, 4, 6)
    call(layer.image, layer)
    pdb.gimp_selection_none(layer.image)
    after = _whole(layer, False)[0:_SIZE, 0:_SIZE]
    row = _SIZE * layer.bpp
    upside_down = b"".join(data[top : top + row] for top in range(len(data) - row, -1, -row))
    outside, inside = True, True
    for start in range(0, len(data), layer.bpp):
        x, y = start % row // layer.bpp, start // row
        here = slice(start, start + layer.bpp)
        if 2 <= x < 6 and 1 <= y < 7:
            inside = inside and _is_nearly(layer, after[here], upside_down[here])
        else:
            outside = outside and after[here] == data[here]
    return [outside, inside]


def _is_nearly(layer, one, other):
    if _kind(layer) not in _NEARLY:
        return one == other
    return all(abs(a - b) < _NEARLY[_kind(layer)] for a, b in zip(_numbers(layer, one), _numbers(layer, other)))


def _number(name):
    module = gimpfu if name.startswith("PF_") else gimpenums
    return int(getattr(module, name))


def _of_layer(layer, examine):
    return [layer.name, layer.type, examine(layer)]


def _pattern(count):
    return bytes(bytearray((37 * index + 11) % 251 for index in range(count)))


def _whole(drawable, shadow):
    return drawable.get_pixel_rgn(0, 0, drawable.width, drawable.height, shadow, shadow)


def _fill(drawable, data):
    region = _whole(drawable, True)
    region[0:_SIZE, 0:_SIZE] = data
    drawable.flush()


def _hex(data):
    return "".join("%02x" % byte for byte in bytearray(data))


def _through_shadow_8(layer):
    """Write and read back 8-bit pixels; they are opaque because transparency would lose color."""
    data = bytearray(_pattern(layer.bpp * _SIZE * _SIZE))
    if layer.has_alpha:
        data[layer.bpp - 1 :: layer.bpp] = b"\xff" * (_SIZE * _SIZE)
    _fill(layer, bytes(data))
    before = _whole(layer, False)[0:_SIZE, 0:_SIZE]
    layer.merge_shadow(True)
    after = _whole(layer, False)[0:_SIZE, 0:_SIZE]
    return [layer.bpp, layer.mask.bpp, _hex(before), _hex(after), _hex(_whole(layer.mask, False)[1, 1])]


def _twin(image):
    """Return a new layer in an image, whose regions use the current pixel size."""
    old = image.layers[-1]
    layer = gimp.Layer(image, old.name, _SIZE, _SIZE, old.type, 100, gimpenums.LAYER_MODE_NORMAL)
    image.add_layer(layer, 0)
    layer.add_mask(layer.create_mask(gimpenums.ADD_WHITE_MASK))
    return layer


def _through_shadow(layer):
    """Write and read back native bytes; return the pixel size, whether they are equal, and the first pixels."""
    data = _pattern(layer.bpp * _SIZE * _SIZE)
    # Every byte is the exponent of a common float: the bits of a NaN may change.
    data = data.replace(data, struct.pack("B", 0x3C) * len(data)) if layer.image.precision >= 500 else data
    _fill(layer, data)
    layer.merge_shadow(True)
    back = _whole(layer, False)[0:_SIZE, 0:_SIZE]
    return [layer.bpp, back == data, _hex(back[:16])]


def _half_selected(layer):
    """Merge white over black; return pixels that are not, partially and fully selected, as numbers."""
    image, mask = layer.image, layer.mask
    pixels = _SIZE * _SIZE
    _fill(
        layer,
        _values(layer, [0.0, 0.0, 0.0, 1.0][: layer.bpp // mask.bpp] * pixels if layer.is_rgb else _gray(layer, 0.0)),
    )
    layer.merge_shadow(True)
    _write_mask(mask)
    pdb.gimp_image_select_item(image, gimpenums.CHANNEL_OP_REPLACE, mask)
    facts = [layer.mask_bounds, pdb.gimp_drawable_mask_intersect(layer)]
    white = [1.0, 0.5, 0.25, 1.0][: layer.bpp // mask.bpp] * pixels if layer.is_rgb else _gray(layer, 1.0)
    _fill(layer, _values(layer, white))
    layer.merge_shadow(True)
    shown = _whole(layer, False)
    facts += [[round(value, 3) for value in _numbers(layer, shown[2, row])] for row in (0, 4, 7)]
    pdb.gimp_selection_none(image)
    return facts


def _gray(layer, value):
    return [value, 1.0][: layer.bpp // layer.mask.bpp] * (_SIZE * _SIZE)


def _write_mask(mask):
    region = _whole(mask, False)
    rows = [0.0] * 4 + [0.5] * 2 + [1.0] * 2
    region[0:_SIZE, 0:_SIZE] = _values(mask, [value for value in rows for _ in range(_SIZE)])
    mask.flush()


def _kind(drawable):
    return pdb.gimp_drawable_get_format(drawable).split(" ")[1]


def _values(drawable, numbers):
    kind = _kind(drawable)
    if kind in _WHOLES:
        white = 2 ** (8 * struct.calcsize(_WHOLES[kind])) - 1
        return struct.pack("=%d%s" % (len(numbers), _WHOLES[kind]), *[int(round(number * white)) for number in numbers])
    if kind == "half":
        return b"".join(_half(number) for number in numbers)
    return struct.pack("=%d%s" % (len(numbers), _FLOATS[kind]), *numbers)


def _half(number):
    """Return a number from 0 to 1 as a truncated half float (IEEE 754), which Python 2 does not support."""
    bits = struct.unpack("=I", struct.pack("=f", number))[0]
    exponent = (bits >> 23) - 127 + 15
    return struct.pack("=H", exponent << 10 | bits >> 13 & 0x3FF if exponent > 0 else 0)


def _from_half(bits):
    exponent, fraction = bits >> 10 & 0x1F, bits & 0x3FF
    return (1 + fraction / 1024.0) * 2.0 ** (exponent - 15) if exponent else fraction / 1024.0 * 2.0**-14


def _numbers(drawable, data):
    kind = _kind(drawable)
    if kind == "half":
        return [_from_half(bits) for bits in struct.unpack("=%dH" % (len(data) // 2), data)]
    code = _WHOLES.get(kind) or _FLOATS[kind]
    values = struct.unpack("=%d%s" % (len(data) // struct.calcsize(code), code), data)
    white = float(2 ** (8 * struct.calcsize(code)) - 1) if kind in _WHOLES else 1.0
    return [value / white for value in values]


def _refused(function, *arguments):
    """Return the name and the start of the message of the error that a call raises; None without an error."""
    try:
        function(*arguments)
    except Exception as error:
        return [type(error).__name__, str(error)[:16]]
    return None


def _refusals(layer):
    region = _whole(layer, True)
    image = layer.image
    group = gimp.GroupLayer(image)
    image.insert_layer(group)
    child = gimp.Layer(image, "child", _SIZE, _SIZE, layer.type, 100, gimpenums.LAYER_MODE_NORMAL)
    image.insert_layer(child, group, 0)
    pdb.gimp_item_set_lock_content(layer, True)
    pdb.gimp_item_set_lock_content(group, True)
    return {
        "no procedure": _refused(lambda: pdb.gimp_nothing_of_the_kind),
        "no key": _refused(lambda: pdb["gimp-nothing-of-the-kind"]),
        "count": _refused(pdb.gimp_item_is_group),
        "kind": _refused(pdb.gimp_item_is_group, 3),
        "none": _refused(pdb.gimp_item_is_group, None)[0],
        "past the end": _refused(lambda: region[0 : _SIZE + 1, 0:1]),
        "past the end, one": _refused(lambda: region[0:2, _SIZE]),
        "empty": _refused(lambda: region[2:2, 0:1]),
        "steps": _refused(lambda: region[0:4:2, 0:1]),
        "no pair": _refused(lambda: region[3]),
        "text": _refused(lambda: region["a", 1]),
        "bytearray": _refused(region.__setitem__, (0, 0), bytearray(layer.bpp)),
        "length": _refused(region.__setitem__, (0, 0), b"1234567890"),
        "len": _refused(len, region),
        "locked": _refused(layer.merge_shadow, True)[0],
        "group": _refused(group.merge_shadow, True)[0],
        "in a locked group": _refused(child.merge_shadow, True)[0],
        "undo group": _refused(image.undo_group_end)[0],
        "profile": _refused(pdb.gimp_image_set_color_profile, image, 3, (1, 2, 3))[0],
        "precision": _refused(pdb.gimp_image_new_with_precision, 4, 4, 0, 7)[0],
        "indexed": _refused(pdb.gimp_image_new_with_precision, 4, 4, 2, 250)[0],
    }


def _items(layer):
    image = layer.image
    count, data = pdb.gimp_image_get_effective_color_profile(image)
    layer.set_offsets(2 * _SIZE, 0)
    pdb.gimp_image_select_rectangle(image, gimpenums.CHANNEL_OP_REPLACE, 1, 2, 3, 4)
    away = [pdb.gimp_drawable_mask_intersect(layer)[0], layer.mask_bounds, _refused(lambda: layer.mask_intersect())]
    layer.set_offsets(-1, 1)
    near = [pdb.gimp_drawable_mask_intersect(layer), layer.mask_bounds, layer.mask_intersect()]
    image.undo_group_start()
    image.undo_group_end()
    pdb.gimp_selection_none(image)
    group = pdb.gimp_layer_group_new(image)
    mask = layer.mask
    return {
        "away": away,
        "near": near,
        "no profile": pdb.gimp_image_get_color_profile(image),
        "profile": [type(data).__name__, count == len(data), bytearray(data[12:20]).decode("ascii")],
        "dirty": image.dirty,
        "group": [type(group).__name__, pdb.gimp_item_is_group(group), pdb.gimp_item_is_group(layer)],
        "group's size": [group.width, group.height, group.type],
        "locked": pdb.gimp_item_get_lock_content(layer),
        "mask": [mask.is_layer_mask, type(mask).__name__, mask.parent, pdb.gimp_item_is_channel(mask)],
        "layer": [pdb.gimp_layer_from_mask(mask) == layer, layer.image == image, layer.parent, layer.is_layer_mask],
        "kinds": [layer.is_rgb, layer.is_gray, layer.is_grey, layer.is_indexed, mask.is_gray, layer.has_alpha],
        "tile": [gimp.tile_width(), gimp.tile_height()],
        "version": gimp.version,
    }


def _registering():
    def register(name, params=(), **others):
        words = ["blurb", "help", "author", "copyright", "date", "label", "*"]
        gimpfu.register(*([name] + words + [list(params), [], tell_facts]), menu="<Image>/Filters", **others)

    entry = (gimpfu.PF_INT, "size", "_Size", 1)
    for name in ("a-b_c", "python_fu_x", "extension-x", "plug-in-x", "file-x"):
        register(name, [entry])
    ours = [name for name in gimpfu._registered_plugins_ if name != "python-fu-eval"]
    return {
        "names": sorted(ours),
        "letters": _refused(register, "a b"),
        "short": _refused(register, "a", [entry[:3]])[0],
        "kind": _refused(register, "a", [("int", "size", "Size", 1)]),
        "param's letters": _refused(register, "a", [(gimpfu.PF_INT, "si ze", "Size", 1)]),
        "fail": _refused(gimpfu.fail, "as wanted"),
        "fails with": issubclass(gimpfu.error, RuntimeError),
    }
