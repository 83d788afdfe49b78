"""Whether a file system is still mounted: a share that is away must not be taken for an empty folder."""

from __future__ import annotations

import os
from pathlib import Path


class Mount:
    """Remembers where the file system of a folder is mounted.

    Parameters
    ----------
    folder : Path
        It need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._depth = _depth(folder)

    def is_there(self) -> bool:
        """Tell whether it is mounted, as far as it was seen mounted before."""
        depth = _depth(self._folder)
        # What is mounted later than the program is started counts from then on.
        self._depth = max(self._depth, depth)
        return depth == self._depth


def _depth(folder: Path) -> int:
    """Return how deep in the tree the file system is mounted to which the folder belongs."""
    path = Path(os.path.realpath(folder))
    point = next((place for place in (path, *path.parents) if os.path.ismount(place)), Path(path.anchor))
    return len(point.parts)
