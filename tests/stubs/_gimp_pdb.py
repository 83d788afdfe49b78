"""Stubs of the GIMP procedures that plug-ins call by name, with pygimp's checks of the arguments."""

import gimpenums
from _gimp_host import error, host
from _gimp_image import Image
from _gimp_items import Channel, Drawable, GroupLayer, Item, Layer
from _gimp_profiles import built_in

_INT = (int, bool)
_BYTES = (tuple, list, bytes)


class _Function(object):
    """Procedure that checks the number and types of its arguments."""

    def __init__(self, name, kinds, function):
        self.proc_name = name
        self.nparams = len(kinds)
        self._kinds, self._function = kinds, function

    def __call__(self, *arguments):
        if len(arguments) != self.nparams:
            raise TypeError("wrong number of parameters")
        for argument, kind in zip(arguments, self._kinds):
            if not (argument is None and isinstance(kind, type)) and not isinstance(argument, kind):
                raise TypeError("wrong parameter type")
        if None in arguments[:1]:
            raise RuntimeError("Procedure '%s' has been called with an invalid ID" % self.proc_name)
        return self._function(*arguments)


class _PDB(object):
    """Procedural database: ``pdb.gimp_item_is_group`` or ``pdb["gimp-item-is-group"]``."""

    def __getattr__(self, name):
        if name.startswith("_") or name.replace("_", "-") not in _PROCEDURES:
            raise (AttributeError(name) if name.startswith("_") else error("procedure not found"))
        return self[name.replace("_", "-")]

    def __getitem__(self, name):
        return _Function(name, *_PROCEDURES[name])

    def __repr__(self):
        return "<gimp procedural database>"


pdb = _PDB()


def _enable_precision():
    host.precision_enabled = True


def _new_image(width, height, type, precision):
    if precision not in _PRECISIONS or (type == gimpenums.INDEXED and precision != gimpenums.PRECISION_U8_GAMMA):
        raise RuntimeError("Procedure 'gimp-image-new-with-precision' has been called with value '%d'" % precision)
    image = Image(width, height, type)
    image._precision = precision
    _enable_precision()
    return image


def _profile(image):
    return len(image._profile), tuple(bytearray(image._profile))


def _effective_profile(image):
    profile = image._profile or built_in(image.base_type == gimpenums.GRAY, image._precision % 100 == 0)
    return len(profile), tuple(bytearray(profile))


def _set_profile(image, count, data):
    data = bytes(bytearray(data))
    kind = {gimpenums.RGB: b"RGB ", gimpenums.GRAY: b"GRAY"}.get(image.base_type, b"RGB ")
    if count != len(data) or (data and data[16:20] != kind):
        raise RuntimeError("ICC profile validation failed")
    image._profile = data


def _select(image, operation, weight):
    old = image._selection or [0.0] * (image.width * image.height)
    new = [weight(index % image.width, index // image.width) for index in range(len(old))]
    both = {
        gimpenums.CHANNEL_OP_ADD: lambda a, b: min(1.0, a + b),
        gimpenums.CHANNEL_OP_SUBTRACT: lambda a, b: max(0.0, a - b),
        gimpenums.CHANNEL_OP_REPLACE: lambda a, b: b,
        gimpenums.CHANNEL_OP_INTERSECT: min,
    }[operation]
    image._selection = [both(a, b) for a, b in zip(old, new)]
    if not any(image._selection):
        image._selection = None


def _select_rectangle(image, operation, x, y, width, height):
    _select(image, operation, lambda px, py: float(x <= px < x + width and y <= py < y + height))


def _select_item(image, operation, item):
    values = item._layout.decode(bytes(item._pixels))[:: item._layout.components]
    _select(image, operation, lambda x, y: values[y * item.width + x])


def _select_none(image):
    image._selection = None


def _format(drawable):
    _enable_precision()
    return drawable._layout.name


def _set_lock(item, locked):
    item._is_locked = bool(locked)


_PRECISIONS = [value for name, value in vars(gimpenums).items() if name.startswith("PRECISION_")]

# Argument types and functions of the procedures. A plug-in that asks for precision or format gets native bytes from
# then on. Booleans are returned as integers, as the database stores them.
_PROCEDURES = {
    "gimp-plugin-enable-precision": ((), _enable_precision),
    "gimp-plugin-precision-enabled": ((), lambda: int(host.precision_enabled)),
    "gimp-progress-set-text": ((str,), host.progress.append),
    "gimp-image-new-with-precision": ((_INT, _INT, _INT, _INT), _new_image),
    "gimp-image-get-precision": ((Image,), lambda image: image.precision),
    "gimp-image-get-color-profile": ((Image,), _profile),
    "gimp-image-get-effective-color-profile": ((Image,), _effective_profile),
    "gimp-image-set-color-profile": ((Image, _INT, _BYTES), _set_profile),
    "gimp-image-insert-layer": ((Image, Layer, Layer, _INT), Image.insert_layer),
    "gimp-image-select-rectangle": ((Image, _INT) + ((int, float),) * 4, _select_rectangle),
    "gimp-image-select-item": ((Image, _INT, Item), _select_item),
    "gimp-image-undo-group-start": ((Image,), Image.undo_group_start),
    "gimp-image-undo-group-end": ((Image,), Image.undo_group_end),
    "gimp-selection-none": ((Image,), _select_none),
    "gimp-selection-is-empty": ((Image,), lambda image: int(image._selection is None)),
    "gimp-item-is-group": ((Item,), lambda item: int(isinstance(item, GroupLayer))),
    "gimp-item-is-channel": ((Item,), lambda item: int(isinstance(item, Channel))),
    "gimp-item-is-layer-mask": ((Item,), lambda item: int(item.is_layer_mask)),
    "gimp-item-get-lock-content": ((Item,), lambda item: int(item._is_locked)),
    "gimp-item-set-lock-content": ((Item, _INT), _set_lock),
    "gimp-item-get-parent": ((Item,), lambda item: item.parent),
    "gimp-layer-from-mask": ((Channel,), lambda mask: mask._layer),
    "gimp-layer-group-new": ((Image,), GroupLayer),
    "gimp-drawable-bpp": ((Drawable,), lambda drawable: drawable.bpp),
    "gimp-drawable-get-format": ((Drawable,), _format),
    "gimp-drawable-mask-intersect": ((Drawable,), lambda drawable: drawable._mask_intersect()),
    "gimp-drawable-merge-shadow": ((Drawable, _INT), Drawable.merge_shadow),
}
