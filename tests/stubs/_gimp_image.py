"""Stub of an image with its layers, selection, profile and undo."""

import gimpenums
from _gimp_host import error, host


class Image(object):
    """Image with layers, a selection and undo; a new image has 8 bits and no profile."""

    def __init__(self, width, height, type=gimpenums.RGB):
        self.ID = host.new_id()
        host.images[self.ID] = self
        self.width, self.height, self.base_type = width, height, type
        self._precision = gimpenums.PRECISION_U8_GAMMA
        self.layers = []
        self.active_drawable = None
        self.dirty = False
        self._profile = b""
        self._selection = None
        self._steps = []
        self._open_groups = 0

    def __eq__(self, other):
        return isinstance(other, Image) and other.ID == self.ID

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return self.ID

    @property
    def precision(self):
        """One of gimpenums.PRECISION_*; a plug-in that reads it gets native bytes from then on."""
        host.precision_enabled = True
        return self._precision

    def insert_layer(self, layer, parent=None, position=-1):
        """Insert a layer into the image or one of its groups, by default on top."""
        siblings = self.layers if parent is None else parent.layers
        layer.name = _unique(layer.name, [name for other in self.layers for name in other._names()])
        siblings.insert(max(position, 0), layer)
        layer.parent = parent
        self.active_drawable = layer

    def add_layer(self, layer, position=-1):
        """Insert a layer into the image."""
        self.insert_layer(layer, None, position)

    def undo_group_start(self):
        """Start a group of changes that form one undo step."""
        if not self._open_groups:
            self._steps.append([])
        self._open_groups += 1

    def undo_group_end(self):
        """End the group."""
        if not self._open_groups:
            raise error("could not end undo group on image (ID %d)" % self.ID)
        self._open_groups -= 1

    def _weight(self, x, y):
        """Return the selection weight of a pixel, from 0 to 1."""
        if self._selection is None:
            return 1.0
        inside = 0 <= x < self.width and 0 <= y < self.height
        return self._selection[y * self.width + x] if inside else 0.0

    def _remember(self, drawable):
        if not self._open_groups:
            self._steps.append([])
        self._steps[-1].append((drawable, bytes(drawable._pixels)))
        self.dirty = True

    def _undo(self):
        for drawable, pixels in reversed(self._steps.pop()):
            drawable._pixels[:] = pixels

    def _plug_in_ended(self):
        self._open_groups = 0
        for item in host.items.values():
            item._shadow, item._unflushed, item._fetched = None, [], None


def _unique(name, taken):
    """Return a name, with a number if the name is already taken."""
    names = [name] + ["%s #%d" % (name, number) for number in range(1, len(taken) + 1)]
    return next(candidate for candidate in names if candidate not in taken)
