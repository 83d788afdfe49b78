"""Find the photos in a watched folder that are complete, and the files that belong to each.

A file is complete when it has not changed for a while and no program has it open for writing.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rwdenoise.errors import PhotoAccessError
from rwdenoise.io.formats import PICTURE_SUFFIXES, RAW_SUFFIXES
from rwdenoise.io.source import state_of

#: Size and time of the last change. Network drives may give a file another inode whenever they like.
Stamp = tuple[int, int]

#: Seconds for which a file must stay as it is before it is taken.
SETTLE = 2.0

# What other programs keep beside a photo.
_SIDECARS = frozenset((".xmp",))
# What cameras write beside a RAW photo.
_CAMERA_PICTURES = frozenset(suffix for suffix, format in PICTURE_SUFFIXES.items() if format in {"jpeg", "heif"})

# Photos, and all that may belong to them.
_KNOWN_SUFFIXES = RAW_SUFFIXES | PICTURE_SUFFIXES.keys() | _SIDECARS

# Folders that systems and network drives make for themselves, some with pictures in them.
_NOT_THE_USERS = frozenset(
    ("@eaDir", "#recycle", "#snapshot", "$RECYCLE.BIN", "System Volume Information", "__MACOSX", "lost+found")
)


@dataclass
class _File:
    stamp: Stamp
    since: float
    """When it was first seen like this."""
    until: float = -math.inf
    """It is not ready before this time."""


class Inbox:
    """Knows the files that were in the folder at the last look. Times are seconds of a monotonic clock.

    Hidden files, and symbolic links, are left out.

    Parameters
    ----------
    folder : Path
    is_written : callable
        Tells whether somebody has a file open for writing.
    """

    def __init__(self, folder: Path, *, is_written: Callable[[Path], bool] = lambda _: False) -> None:
        self.folder = folder
        self.left_out: frozenset[Path] = frozenset()
        """Folders in it that are skipped."""
        self.unreadable: frozenset[Path] = frozenset()
        """Folders that could not be read at the last look."""
        self._is_written = is_written
        self._mount = Mount(folder)
        self._files: dict[Path, _File] = {}
        self._photos: Mapping[Path, tuple[Path, ...]] = {}

    def is_there(self) -> bool:
        """Tell whether the folder exists, and the disk that was mounted there still is."""
        # Path.is_dir() would raise where a disk does not answer.
        return os.path.isdir(self.folder) and self._mount.is_there()  # noqa: PTH112

    def look(self, now: float) -> bool:
        """Look again which files there are.

        Returns
        -------
        bool
            False if the folder is not there. Then, as where a part of it cannot be read, what is known stays known.
        """
        if not self.is_there():
            return False
        unreadable: set[Path] = set()
        files: dict[Path, _File] = {}
        for path in self._walk(unreadable):
            known = self._files.get(path)
            try:
                stamp = state_of(path)[:2]
            except PhotoAccessError:
                # It was just taken away, which the next look sees; or the disk does not answer.
                files |= {} if known is None else {path: known}
                continue
            files[path] = known if known is not None and known.stamp == stamp else _File(stamp, now)
        if not self.is_there():
            return False
        self.unreadable = frozenset(unreadable)
        self._files = {**self._files, **files} if unreadable else files
        self._photos = group_photos(self._files)
        return True

    def ready(self, now: float) -> list[Path]:
        """Return the photos that are complete together with their companions, oldest first."""
        ready = [photo for photo in self._photos if self._free_at(photo) <= now and self.is_settled(photo, now)]
        return sorted(ready, key=lambda photo: (self._files[photo].since, photo))

    def is_settled(self, photo: Path, now: float) -> bool:
        """Tell whether a photo and its companions have not changed for a while, and no program writes to them."""
        group = (photo, *self.companions(photo))
        return self._settled_at(group) <= now and not any(map(self._is_written, group))

    def companions(self, photo: Path) -> tuple[Path, ...]:
        """Return the files that belong to a photo."""
        return self._photos.get(photo, ())

    def waiting(self) -> int:
        """Return how many photos are still to be done: those neither done nor put off for good."""
        return sum(self._free_at(photo) < math.inf for photo in self._photos)

    def next_time(self, now: float) -> float:
        """Return the time at which the next photo may become ready; infinity if there is none."""
        return min((time for photo in self._photos if (time := self._time_of(photo)) > now), default=math.inf)

    def is_pending(self, now: float) -> bool:
        """Tell whether there is a photo that is not put off."""
        return any(self._free_at(photo) <= now for photo in self._photos)

    def stamp(self, photo: Path) -> Stamp:
        """Return size and time of a photo at the last look."""
        return self._files[photo].stamp

    def put_off(self, photo: Path, until: float, *, stamp: Stamp) -> None:
        """Hold a photo back until some time, unless it has changed since."""
        known = self._files.get(photo)
        if known is not None and known.stamp == stamp:
            known.until = until

    def _time_of(self, photo: Path) -> float:
        return max(self._free_at(photo), self._settled_at((photo, *self.companions(photo))))

    def _free_at(self, photo: Path) -> float:
        return self._files[photo].until

    def _settled_at(self, group: Iterable[Path]) -> float:
        return max(self._files[path].since for path in group) + SETTLE

    def _walk(self, unreadable: set[Path]) -> Iterator[Path]:
        """Yield every file that may be a photo or belong to one."""
        folders = [self.folder]
        while folders:
            here = folders.pop()
            try:
                with os.scandir(here) as entries:
                    found = {here / entry.name: entry.is_dir() for entry in entries if not _is_left_out(entry)}
            except OSError:
                unreadable.add(here)
                continue
            folders += [path for path, is_folder in found.items() if is_folder and path not in self.left_out]
            yield from (path for path, is_folder in found.items() if not is_folder and _may_belong(path))


class Mount:
    """Tells whether the disk or share of a folder is mounted: one that is away must not pass for an empty folder.

    Parameters
    ----------
    folder : Path
        It need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._depth = _depth(folder)

    def is_there(self) -> bool:
        """Tell whether the file system is mounted, if it ever was."""
        depth = _depth(self._folder)
        # A file system that is mounted after the start counts from then on.
        self._depth = max(self._depth, depth)
        return depth == self._depth


def group_photos(files: Iterable[Path]) -> Mapping[Path, tuple[Path, ...]]:
    """Return each photo with its companions.

    Parameters
    ----------
    files : iterable of Path
        Photos, pictures and sidecar files.

    Returns
    -------
    mapping
        ``IMG_1.xmp``, and for a RAW photo ``IMG_1.JPG`` and ``IMG_1.HIF``, belong to ``IMG_1.NEF``, and so does
        ``IMG_1.NEF.xmp``. What is a companion is no photo of its own.
    """
    files = set(files)
    raws = {path.with_suffix("") for path in files if _is_raw(path)}
    companions: dict[Path, list[Path]] = {}
    for path in sorted(files):
        stem, suffix = path.with_suffix(""), path.suffix.lower()
        if suffix in _SIDECARS or (suffix in _CAMERA_PICTURES and stem in raws):
            companions.setdefault(stem, []).append(path)
    photos = files.difference(*companions.values())
    return {photo: tuple(_belonging(photo, companions)) for photo in photos}


def name_beside(companion: Path, source: Path, target: Path) -> Path:
    """Return the name that makes a companion of `source` the same kind of companion of `target`.

    >>> name_beside(Path("in/IMG_1.NEF.xmp"), Path("in/IMG_1.NEF"), Path("out/IMG_1.dng")).as_posix()
    'out/IMG_1.dng.xmp'
    """
    whole_name = companion.stem == source.name
    return target.with_name(f"{target.name if whole_name else target.stem}{companion.suffix}")


def _is_left_out(entry: os.DirEntry[str]) -> bool:
    # Programs begin the names of files that they are still writing with a dot or a tilde.
    return entry.name.startswith((".", "~")) or entry.name in _NOT_THE_USERS or entry.is_symlink()


def _may_belong(path: Path) -> bool:
    return path.suffix.lower() in _KNOWN_SUFFIXES


def _belonging(photo: Path, companions: Mapping[Path, list[Path]]) -> Iterable[Path]:
    """Yield the companions of a photo; only RAW photos have pictures among them."""
    for path in (*companions.get(photo.with_suffix(""), ()), *companions.get(photo, ())):
        if _is_raw(photo) or path.suffix.lower() in _SIDECARS:
            yield path


def _is_raw(path: Path) -> bool:
    return path.suffix.lower() in RAW_SUFFIXES


def _depth(folder: Path) -> int:
    """Return how deep in the tree the mount point of a folder lies."""
    path = Path(os.path.realpath(folder))
    point = next((place for place in (path, *path.parents) if os.path.ismount(place)), Path(path.anchor))
    return len(point.parts)
