"""A fresh GIMP for a test: what a plug-in imports comes from the stubs, and is gone afterwards."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

STUBS = Path(__file__).parent


@contextmanager
def fresh_gimp(*folders: Path) -> Iterator[ModuleType]:
    """Give the stub of gimpfu, with more folders in which modules are found."""
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
    """Return GIMP's side of a stub: what a plug-in cannot see of it."""
    return gimpfu._host
