"""Stubs of the items in an image: the part that plug-ins for pixels need."""

import gimpenums
from _gimp_host import Killed, error, host
from _gimp_pixels import Format, PixelRgn


class Item(object):
    """Item of an image, with a name and a parent."""

    def __init__(self, image, name):
        self.ID = host.new_id()
        host.items[self.ID] = self
        self.image, self.name, self.parent = image, name, None
        self._is_locked = False
        self._shadow, self._unflushed, self._fetched = None, [], None

    def _names(self):
        return [self.name]

    def __eq__(self, other):
        return isinstance(other, Item) and other.ID == self.ID

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return self.ID


class Drawable(Item):
    """Item with pixels and an offset in the image."""

    is_layer_mask = False

    def __init__(self, image, name, width, height, layout):
        Item.__init__(self, image, name)
        self.width, self.height, self.offsets = width, height, (0, 0)
        self._layout = layout
        self._pixels = bytearray(width * height * layout.bpp)

    @property
    def bpp(self):
        """Bytes per pixel, as the plug-in sees them."""
        return self._layout.bpp if host.precision_enabled else self._layout.components

    @property
    def has_alpha(self):
        """Whether the pixels have an alpha component."""
        return self._layout.components > self._layout.colors

    @property
    def is_rgb(self):
        """Whether the pixels have three colors."""
        return self._layout.colors == 3

    @property
    def is_gray(self):
        """Whether the pixels have one color."""
        return not self.is_rgb and not self.is_indexed

    is_grey = is_gray

    @property
    def is_indexed(self):
        """Whether the pixels are indices into a color table."""
        return isinstance(self, Layer) and self.image.base_type == gimpenums.INDEXED

    @property
    def mask_bounds(self):
        """Corners of the selection's bounding box, clipped to the drawable."""
        image, (left, top) = self.image, self.offsets
        if image._selection is None:
            return 0, 0, self.width, self.height
        _, x, y, width, height = _enclosing(image.width, image.height, image._weight)
        corners = (x - left, y - top, x + width - left, y + height - top)
        return tuple(min(max(corner, 0), size) for corner, size in zip(corners, (self.width, self.height) * 2))

    def mask_intersect(self):
        """Return the corner and size of the selected part's bounding box; raise an error if nothing is selected."""
        found = self._mask_intersect()
        if not found[0]:
            raise error("could not get selection bounds of drawable (ID %d)" % self.ID)
        return found[1:]

    def get_pixel_rgn(self, x, y, width, height, dirty=1, shadow=0):
        """Return a region of the pixels, or of the shadow."""
        self._fetch()
        return PixelRgn(self, (x, y, width, height), shadow)

    def flush(self):
        """Send written pixels to GIMP."""
        waiting, self._unflushed = self._unflushed, []
        for rectangle, data, shadow in waiting:
            if self._is_content_locked() and not shadow:
                message = "Plug-in tried writing to a locked drawable (killing)"
                raise Killed(message)
            self._store(rectangle, data, shadow)

    def merge_shadow(self, undo=False):
        """Merge the shadow into the selected pixels."""
        if self._is_content_locked():
            raise error("could not merge the shadow buffer on drawable (ID %d)" % self.ID)
        if undo:
            self.image._remember(self)
        if self._shadow is not None:
            self._merge()

    def free_shadow(self):
        """Discard the shadow."""
        self._shadow = None

    def update(self, x, y, width, height):
        """Tell GIMP which part to redraw."""

    def _is_content_locked(self):
        return self._is_locked or (self.parent is not None and self.parent._is_content_locked())

    def _mask_intersect(self):
        return _enclosing(self.width, self.height, self._weight)

    def _weight(self, x, y):
        return self.image._weight(x + self.offsets[0], y + self.offsets[1])

    def _fetch(self):
        """Remember the pixel size, as libgimp does at the first region."""
        if self._fetched not in (None, self.bpp):
            message = "expected tile ack and received: 5"
            raise Killed(message)
        self._fetched = self.bpp

    def _read(self, rectangle, shadow):
        self._fetch()
        self.flush()
        pixels = (self._shadow or bytearray(len(self._pixels))) if shadow else self._pixels
        data = b"".join(bytes(pixels[start:stop]) for start, stop in self._rows(rectangle))
        return data if host.precision_enabled else self._layout.to_8_bit(data)

    def _write(self, rectangle, data, shadow):
        self._unflushed.append((rectangle, data if host.precision_enabled else self._layout.from_8_bit(data), shadow))

    def _store(self, rectangle, data, shadow):
        if shadow and self._shadow is None:
            self._shadow = bytearray(len(self._pixels))
        pixels, size = (self._shadow if shadow else self._pixels), rectangle[2] * self._layout.bpp
        for row, (start, stop) in enumerate(self._rows(rectangle)):
            pixels[start:stop] = data[row * size : (row + 1) * size]

    def _rows(self, rectangle):
        x, y, width, height = rectangle
        starts = [(row * self.width + x) * self._layout.bpp for row in range(y, y + height)]
        return [(start, start + width * self._layout.bpp) for start in starts]

    def _merge(self):
        for index in range(self.width * self.height):
            weight = self._weight(index % self.width, index // self.width)
            here = slice(index * self._layout.bpp, (index + 1) * self._layout.bpp)
            if weight == 1:
                self._pixels[here] = self._shadow[here]
            elif weight:
                mixed = self._layout.blend(bytes(self._pixels[here]), bytes(self._shadow[here]), weight)
                self._pixels[here] = mixed


class Layer(Drawable):
    """Layer with the precision of its image."""

    def __init__(self, image, name, width, height, type, opacity=100.0, mode=gimpenums.LAYER_MODE_NORMAL):
        colors = 3 if type in (gimpenums.RGB_IMAGE, gimpenums.RGBA_IMAGE) else 1
        Drawable.__init__(self, image, name, width, height, Format(image._precision, colors, type % 2))
        self.type, self.opacity, self.mode, self.mask = type, opacity, mode, None

    def set_offsets(self, x, y):
        """Set the offset of the layer in the image."""
        self.offsets = (x, y)

    def create_mask(self, type):
        """Return a new mask, white or black."""
        mask = Channel(self.image, self.name + " mask", self.width, self.height)
        mask.offsets, mask.is_layer_mask, mask._layer = self.offsets, True, self
        mask._pixels[:] = mask._layout.encode([float(type == gimpenums.ADD_WHITE_MASK)] * (self.width * self.height))
        return mask

    def add_mask(self, mask):
        """Set the mask of the layer."""
        self.mask = mask


class GroupLayer(Layer):
    """Layer group; its own pixels cannot be written."""

    def __init__(self, image, name="Layer Group", opacity=100.0, mode=gimpenums.LAYER_MODE_NORMAL):
        type = {gimpenums.RGB: gimpenums.RGBA_IMAGE, gimpenums.GRAY: gimpenums.GRAYA_IMAGE}[image.base_type]
        Layer.__init__(self, image, name, 1, 1, type, opacity, mode)
        self.layers = []

    children = property(lambda self: self.layers)

    def _names(self):
        return [self.name] + [name for layer in self.layers for name in layer._names()]

    def merge_shadow(self, undo=False):
        """Refuse to merge: a group has no pixels of its own."""
        raise error("could not merge the shadow buffer on drawable (ID %d)" % self.ID)


class Channel(Drawable):
    """Gray plane, always in linear light; or the mask of a layer, which shares the lock of the layer."""

    _layer = None

    def __init__(self, image, name, width, height, opacity=100.0, color=None):
        Drawable.__init__(self, image, name, width, height, Format(image._precision // 100 * 100, 1, alpha=False))
        self.type, self.opacity, self.color = gimpenums.GRAY_IMAGE, opacity, color

    def _is_content_locked(self):
        return (self._layer or super(Channel, self))._is_content_locked()


def _enclosing(width, height, weight):
    """Return whether any pixel has a weight above 0, and the bounding box of these pixels."""
    inside = [(x, y) for y in range(height) for x in range(width) if weight(x, y) > 0]
    if not inside:
        return 0, 0, 0, 0, 0
    (left, right), (top, bottom) = [(min(line), max(line)) for line in zip(*inside)]
    return 1, left, top, right + 1 - left, bottom + 1 - top
