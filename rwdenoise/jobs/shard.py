"""One share of a batch, for machines that divide it among themselves without talking to each other."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from rwdenoise.errors import SettingsError


def shard(sources: Sequence[Path], part: str, *, named: Iterable[str | Path] = ()) -> list[Path]:
    """Return one share of the photos; the shares of all machines are disjoint, and together all photos.

    Parameters
    ----------
    sources : sequence of Path
        From `expand_sources`.
    part : str
        ``"2/5"`` is the second of five shares.
    named : iterable of str or Path
        What was given to `expand_sources`. A photo in a folder of these counts by its path from there, any other by
        its name alone.

    Raises
    ------
    SettingsError
        If `part` is none, or its first number is not from 1 to the second.

    Notes
    -----
    The share of a photo is a hash of its path below the folder that was named, so it is the same wherever a machine
    mounts that folder, and however its system sorts and composes names. It does not depend on the other photos: what is
    added or finished between the starts of two machines moves no photo from one share to another, where a split by
    position would leave some out and do some twice. The price is that shares are equal on average only: of 10,000
    photos in five shares each gets 2000, give or take 40 (the standard deviation of a binomial distribution). That is
    less than photos differ in the time they take.
    """
    number, count = _read_part(part)
    folders = {Path(name) for name in named}
    return [source for source in sources if _hash(_below(source, folders)) % count == number - 1]


def _read_part(part: str) -> tuple[int, int]:
    # Nine digits are more than there are machines, and no trouble for int().
    match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", part)
    number, count = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= count:
        message = f"The share is {part!r}; expected NUMBER/COUNT with a NUMBER from 1 to COUNT."
        raise SettingsError(message, hint="Write 2/5 for the second of five shares.")
    return number, count


def _below(source: Path, folders: set[Path]) -> Path:
    """Return the path from the nearest of the folders."""
    return next((source.relative_to(folder) for folder in source.parents if folder in folders), Path(source.name))


def _hash(path: Path) -> int:
    # macOS may give the same name in another composition than Linux does.
    name = unicodedata.normalize("NFC", path.as_posix())
    # Names that are no text come as surrogates. 64 bits are more than enough to be even.
    return int.from_bytes(hashlib.sha256(name.encode(errors="surrogatepass")).digest()[:8], "big")
