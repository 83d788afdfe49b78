"""Select one share of a batch, for machines that divide it without communication."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from rwdenoise.errors import SettingsError


def shard(sources: Sequence[Path], part: str, *, named: Iterable[str | Path] = ()) -> list[Path]:
    """Return one share of the photos; the shares are disjoint and together contain all photos.

    Parameters
    ----------
    sources : sequence of Path
        From `expand_sources`.
    part : str
        ``"2/5"`` is the second of five shares.
    named : iterable of str or Path
        The arguments of `expand_sources`. A photo in one of these folders counts by its path inside the folder, any
        other photo by its name alone.

    Raises
    ------
    SettingsError
        If `part` is malformed, or its first number is not from 1 to the second.

    Notes
    -----
    The share of a photo is a hash of its path inside the named folder. It is therefore the same wherever a machine
    mounts that folder, and however its system sorts and composes names. It does not depend on other photos: photos
    added or finished between the starts of two machines do not change the share of any photo, while a split by position
    would skip some photos and process others twice. The shares are equal only on average: of 10,000 photos in five
    shares, each gets 2000 with a standard deviation of 40 (binomial distribution). The processing times of photos
    differ more than this.
    """
    number, count = _read_part(part)
    folders = {Path(name) for name in named}
    return [source for source in sources if _hash(_below(source, folders)) % count == number - 1]


def _read_part(part: str) -> tuple[int, int]:
    # Nine digits are enough for any number of machines, and safe for int().
    match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", part)
    number, count = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= count:
        message = f"The share is {part!r}; expected NUMBER/COUNT with a NUMBER from 1 to COUNT."
        raise SettingsError(message, hint="Write 2/5 for the second of five shares.")
    return number, count


def _below(source: Path, folders: set[Path]) -> Path:
    """Return the path relative to the nearest of the folders, or the name alone."""
    return next((source.relative_to(folder) for folder in source.parents if folder in folders), Path(source.name))


def _hash(path: Path) -> int:
    # macOS and Linux may compose the characters of the same name differently.
    name = unicodedata.normalize("NFC", path.as_posix())
    # Undecodable bytes in names are surrogates. 64 bits make the shares even.
    return int.from_bytes(hashlib.sha256(name.encode(errors="surrogatepass")).digest()[:8], "big")
