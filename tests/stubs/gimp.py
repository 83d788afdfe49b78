"""Stub of pygimp's module ``gimp`` as GIMP 2.10 has it: images, layers, pixel regions, progress. For Python 2.7 and 3.

It models GIMP: pixels written to a region reach GIMP when the drawable is flushed; the shadow changes nothing until it
is merged; a merge changes only the selection; plug-ins see 8 bits unless they enable precision; GIMP kills a plug-in
that writes to locked pixels or that enables precision while it has 8-bit regions. The objects have only the members
that plug-ins for pixels need. `scripts/gimp210 check` compares the stub with a real GIMP.
"""

from _gimp_host import error, host
from _gimp_image import Image
from _gimp_items import Channel, Drawable, GroupLayer, Item, Layer
from _gimp_pdb import pdb
from _gimp_pixels import PixelRgn

__all__ = [
    "Channel", "Drawable", "GroupLayer", "Image", "Item", "Layer", "PixelRgn", "displays_flush", "error",
    "install_procedure", "locale_directory", "main", "menu_register", "message", "pdb", "progress_init",
    "progress_update", "tile_cache_ntiles", "tile_height", "tile_width", "version",
]  # fmt: skip

version = (2, 10, 22)
locale_directory = ""


def main(init_proc, quit_proc, query_proc, run_proc):
    """Connect the plug-in to GIMP."""
    host.connect(query_proc, run_proc)


def install_procedure(name, blurb, help, author, copyright, date, label, imagetypes, type, params, results):
    """Register a procedure with GIMP."""
    if [param[1] for param in params[:1]] != ["run-mode"] and label:
        raise error("procedure %s has a menu label and no run mode" % name)
    host.procedures[name] = (blurb, help, author, copyright, date, label, imagetypes, type, params, results)


def menu_register(name, path):
    """Add a procedure to the menus."""
    if not path.startswith(("<Image>", "<Load>", "<Save>", "<Toolbox>", "<Layers>", "<Channels>")):
        raise error("could not register menu (procedure: %s, menu path: %s)" % (name, path))
    host.menus[name] = path


def message(text):
    """Show a message."""
    host.messages.append(_string(text))


def progress_init(text=None):
    """Start the progress bar."""
    host.progress.append(None if text is None else _string(text))


def progress_update(fraction):
    """Show the finished fraction."""
    host.progress.append(float(fraction))


def displays_flush():
    """Redraw changed parts of the displays."""


def tile_width():
    """Return the width of a tile, in px."""
    return 128


tile_height = tile_width


def tile_cache_ntiles(count):
    """Set the number of tiles that a plug-in caches."""


def _string(text):
    """Return a text as passed to C: Python 2 encodes unicode, and pygimp sets the encoding to UTF-8."""
    return text if isinstance(text, str) else text.encode("utf-8")
