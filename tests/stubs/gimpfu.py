"""Stub of gimpfu, GIMP 2.10's simple Python API for plug-ins: `register`, `main`, `fail` and the PF constants.

The host's `answer` replaces the dialog. Values for colors, brushes and similar types are passed on unchecked.
"""

import math  # noqa: F401 -- gimpfu exports it to modules that import everything
import string as _string
import warnings as _warnings

import gimp
from _gimp_host import host as _host
from gimpenums import *  # noqa: F403 -- as gimpfu does

pdb = gimp.pdb


class error(RuntimeError):
    """Raised for wrong registrations, and by `fail`."""


class CancelError(RuntimeError):
    """Raised if the user cancels the dialog."""


PF_INT8, PF_INT16, PF_INT32 = PDB_INT8, PDB_INT16, PDB_INT32  # noqa: F405
PF_INT = PF_INT32
PF_FLOAT, PF_STRING, PF_COLOR = PDB_FLOAT, PDB_STRING, PDB_COLOR  # noqa: F405
PF_VALUE, PF_COLOUR = PF_STRING, PF_COLOR
PF_ITEM, PF_DISPLAY, PF_IMAGE, PF_LAYER = PDB_ITEM, PDB_DISPLAY, PDB_IMAGE, PDB_LAYER  # noqa: F405
PF_CHANNEL, PF_DRAWABLE, PF_VECTORS = PDB_CHANNEL, PDB_DRAWABLE, PDB_VECTORS  # noqa: F405
PF_TOGGLE, PF_SLIDER, PF_SPINNER, PF_FONT, PF_FILE, PF_BRUSH, PF_PATTERN = range(1000, 1007)
PF_GRADIENT, PF_RADIO, PF_TEXT, PF_PALETTE, PF_FILENAME, PF_DIRNAME, PF_OPTION = range(1007, 1014)
PF_BOOL, PF_ADJUSTMENT = PF_TOGGLE, PF_SPINNER

_DATABASE_TYPES = {
    PF_TOGGLE: PDB_INT32,  # noqa: F405
    PF_SLIDER: PDB_FLOAT,  # noqa: F405
    PF_SPINNER: PDB_INT32,  # noqa: F405
    PF_OPTION: PDB_INT32,  # noqa: F405
}
_NEED_EXTRA = (PF_SLIDER, PF_SPINNER, PF_RADIO, PF_OPTION)
_PREFIXES = ("python-", "python_", "extension-", "extension_", "plug-in-", "plug_in_", "file-", "file_")
_LETTERS = _string.ascii_letters + _string.digits + "_-"

_registered_plugins_ = {}


def register(
    proc_name,
    blurb,
    help,
    author,
    copyright,
    date,
    label,
    imagetypes,
    params,
    results,
    function,
    menu=None,
    domain=None,
    on_query=None,
    on_run=None,
    run_mode_param=True,
):
    """Describe a plug-in; `main` registers it with GIMP."""
    if not _is_name(proc_name):
        raise error("procedure name contains illegal characters")
    _check("parameter", params, 4)
    _check("result", results, 3)
    if not proc_name.startswith(_PREFIXES):
        proc_name = "python-fu-" + proc_name
    if menu is None and label:
        menu, _, label = label.rpartition("/")
        words = "%s: passing the full menu path for the menu label is deprecated, use the 'menu' parameter instead"
        _warnings.warn(words % proc_name, DeprecationWarning, 2)
        params[:0] = _implied_params(menu)
    _registered_plugins_[proc_name] = (
        blurb,
        help,
        author,
        copyright,
        date,
        label,
        imagetypes,
        PLUGIN,  # noqa: F405
        params,
        results,
        function,
        menu,
        domain,
        on_query,
        on_run,
        run_mode_param,
    )


def main():
    """Register all described plug-ins with GIMP, and run the one that GIMP calls."""
    gimp.main(None, None, _query, _run)


def fail(msg):
    """Show an error message, and end the plug-in."""
    gimp.message(msg)
    raise error(msg)


def N_(message):
    """Mark a text for translation."""
    return message


def _check(kind, entries, least):
    for entry in entries:
        if len(entry) < least:
            words = "%s definition must contain at least %d elements (%s given: %s)"
            raise error(words % (kind, least, len(entry), entry))
        if type(entry[0]) is not int:
            raise error("%s types must be integers" % kind)
        if not _is_name(entry[1]):
            raise error("%s name contains illegal characters" % kind)


def _is_name(text):
    return all(letter in _LETTERS for letter in text)


def _implied_params(menu):
    if not menu.startswith(("<Image>", "<Save>", "<Load>")):
        return []
    files = [
        (PF_STRING, "filename", "The name of the file", ""),
        (PF_STRING, "raw-filename", "The name of the file", ""),
    ]
    drawable = [(PF_IMAGE, "image", "Input image", None), (PF_DRAWABLE, "drawable", "Input drawable", None)]
    return {"<Image>": drawable, "<Save>": drawable + files, "<Load>": files}[menu.partition(">")[0] + ">"]


def _query():
    for name, plugin in _registered_plugins_.items():
        params, results = [_in_database(entries) for entries in plugin[8:10]]
        if plugin[15]:
            params.insert(0, (PDB_INT32, "run-mode", "The run mode"))  # noqa: F405
        gimp.install_procedure(*((name,) + plugin[:8] + (params, results)))
        if plugin[11]:
            gimp.menu_register(name, plugin[11])
        if plugin[13]:
            plugin[13]()


def _in_database(entries):
    return [(_database_type(entry[0]), entry[1], entry[2].replace("_", "")) for entry in entries]


def _database_type(kind):
    return kind if kind < PF_TOGGLE else _DATABASE_TYPES.get(kind, PDB_STRING)  # noqa: F405


def _run(proc_name, params):
    """Call the function with the given values, the last values, or the values chosen in the dialog."""
    plugin = _registered_plugins_[proc_name]
    described, function = plugin[8], plugin[10]
    if params[0] == RUN_NONINTERACTIVE:  # noqa: F405
        return function(*params[1:])
    given = [value for entry, value in zip(described, params[1:]) if entry[0] in (PF_IMAGE, PF_DRAWABLE)]
    asked = described[len(given) :]
    values = _host.last_values.get(proc_name, [entry[3] for entry in asked])
    if params[0] == RUN_INTERACTIVE and asked:  # noqa: F405
        try:
            values = _ask(asked, values)
        except CancelError:
            return None
        _host.last_values[proc_name] = values
    returned = function(*(given + list(values)))
    gimp.displays_flush()
    return returned


def _ask(described, values):
    """Show the dialog."""
    for entry in described:
        if entry[0] in _NEED_EXTRA:
            entry[4]
    values = _host.answer(values)
    if values is None:
        raise CancelError
    return values
