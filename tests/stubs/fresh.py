"""Provide a fresh GIMP for a test: a plug-in imports the stubs, which are unloaded afterward."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

STUBS = Path(__file__).parent


@contextmanager
def fresh_gimp(*folders: Path) -> Iterator[ModuleType]:
    """Yield the stub of gimpfu, with further folders on the module search path."""
    path, known = sys.path[:], set(sys.modules)
    sys.path[:0] = map(str, (*folders, STUBS))
    try:
        import gimpfu

        yield gimpfu
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).parent in (*folders, STUBS):
                del sys.modules[name]


def host_of(gimpfu: ModuleType) -> ModuleType:
    """Return the host behind a stub, which a plug-in cannot see."""
    return gimpfu._host
