"""Which photos a user means, and where the result of each goes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rwdenoise.errors import SettingsError
from rwdenoise.io.suffixes import OUTPUT_SUFFIXES, PICTURE_SUFFIXES, RAW_SUFFIXES, natural_format


def expand_sources(names: Iterable[str | Path], *, results: str | Path | None = None) -> list[Path]:
    """Turn what a user named into files: patterns are matched, folders walked, files left as they are.

    Parameters
    ----------
    names : iterable of str or Path
        A name with ``*``, ``?`` or ``[`` that is not itself a file is a pattern; ``**`` means any depth.
    results : str or Path, optional
        A folder that is left out where it lies in a walked one, because results go there.

    Returns
    -------
    list of Path
        Each once, in the order in which they were named, within a folder by name. A file that is named stays
        in the list even if it is missing, and so does a folder without photos: reading it says what is wrong.

    Notes
    -----
    Of a walked folder the RAW photos are taken, or, where there are none, the developed pictures: a JPEG beside its
    RAW is not meant. Links to folders are not followed, and names that begin with a dot are left out. So are the
    results of earlier calls: ``IMG.dng`` beside ``IMG.NEF``, ``IMG-denoised.dng`` beside ``IMG.dng``.
    """
    without = None if results is None else Path(results)
    found: list[Path] = []
    for name in names:
        for path in _match(Path(name)):
            found += _find_photos(path, without) if _is_folder(path) else [path]
    return list(dict.fromkeys(found))


def plan_outputs(
    sources: Sequence[Path], output: str | Path | None, format: str | None = None
) -> list[tuple[Path, Path]]:
    """Decide where the result of each photo goes; no two go to the same file, and none to a source.

    Parameters
    ----------
    sources : sequence of Path
    output : str or Path, optional
        A file, if its name ends like a photo's (``.dng``) and it is no folder; else a folder. By default each
        result lies beside its source.
    format : str, optional
        A key of `OUTPUT_SUFFIXES`; by default that of the file `output`, or else DNG for RAW photos, and for developed
        pictures their own.

    Returns
    -------
    list of (source, target)
        ``IMG.NEF`` becomes ``IMG.dng``; ``IMG.dng`` becomes ``IMG-denoised.dng`` in its own folder, ``IMG.JPG``
        ``IMG-denoised.JPG``; ``A.NEF`` and ``A.CR2`` become ``A-NEF.dng`` and ``A-CR2.dng``; what still collides is
        numbered.

    Raises
    ------
    SettingsError
        If several photos should go into one file, or the file's name does not fit the format.
    """
    if output is not None and not _means_folder(output):
        _check_file(Path(output), sources, format)
        return [(source, Path(output)) for source in sources]
    plain = [Path(output or source.parent) / f"{source.stem}{_suffix_for(source, format)}" for source in sources]
    wanted = Counter(_key(target) for target in plain)
    taken = {_key(source) for source in sources}
    plan = []
    for source, target in zip(sources, plain, strict=True):
        if _key(target) == _key(source):
            target = target.with_stem(f"{source.stem}-denoised")
        elif wanted[_key(target)] > 1 or _key(target) in taken:
            target = target.with_stem(_qualified(source))
        target = next(name for name in _numbered(target) if _key(name) not in taken)
        taken.add(_key(target))
        plan.append((source, target))
    return plan


def _match(path: Path) -> list[Path]:
    """Return what a name stands for. A pattern that matches nothing stands for itself, as in a shell."""
    if not set("*?[") & set(str(path)) or _exists(path):
        return [path]
    # As in a shell, a pattern finds hidden files only if it says so: macOS leaves ._IMG.NEF on foreign disks.
    hidden = path.name.startswith(".")
    try:
        matches = list(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    except (ValueError, OSError):
        return [path]
    return sorted(match for match in matches if hidden or not match.name.startswith(".")) or [path]


def _find_photos(folder: Path, without: Path | None) -> list[Path]:
    """Find the photos in a folder and its folders, less the results of earlier calls."""
    found = list(_walk(folder, without))
    if any(path.suffix.lower() in RAW_SUFFIXES for path in found):
        found = [path for path in found if path.suffix.lower() not in PICTURE_SUFFIXES]
    results = {_key(result) for source in found for result in _results_beside(source)}
    return sorted(path for path in found if _key(path) not in results) or [folder]


def _walk(folder: Path, without: Path | None) -> Iterator[Path]:
    """Give every photo; a folder that cannot be read stands for itself."""
    folders = [folder]
    while folders:
        here = folders.pop()
        try:
            entries = [entry for entry in here.iterdir() if not entry.name.startswith(".")]
        except OSError:
            yield here
            continue
        for entry in entries:
            if not _is_folder(entry):
                yield from [entry] if entry.suffix.lower() in RAW_SUFFIXES | PICTURE_SUFFIXES.keys() else []
            elif not entry.is_symlink() and not _is_same(entry, without):
                folders.append(entry)


def _results_beside(source: Path) -> list[Path]:
    names = (source.stem, f"{source.stem}-denoised", _qualified(source))
    suffix = _suffix_for(source, None)
    return [result for name in names if (result := source.with_name(f"{name}{suffix}")) != source]


def _suffix_for(source: Path, format: str | None) -> str:
    """Return what the result's name ends in; a picture that keeps its format keeps its suffix as it is spelled."""
    format = format or natural_format(source.suffix)
    return source.suffix if source.suffix.lower() in OUTPUT_SUFFIXES[format] else OUTPUT_SUFFIXES[format][0]


def _means_folder(output: str | Path) -> bool:
    path = Path(output)
    known = {suffix for suffixes in OUTPUT_SUFFIXES.values() for suffix in suffixes}
    return str(output).endswith(("/", os.sep)) or _is_folder(path) or path.suffix.lower() not in known


def _check_file(output: Path, sources: Sequence[Path], format: str | None) -> None:
    if len(sources) > 1:
        message = f"{len(sources)} photos cannot be written to the one file {output}."
        raise SettingsError(message, hint="Give the name of a folder with -o.")
    if format is not None and output.suffix.lower() not in OUTPUT_SUFFIXES[format]:
        expected = " or ".join(OUTPUT_SUFFIXES[format])
        message = f"The output {output} should be in the format {format}, so its name must end in {expected}."
        raise SettingsError(message, hint="Change the name given with -o, or --format.")


def _qualified(source: Path) -> str:
    return f"{source.stem}-{source.suffix[1:]}" if source.suffix else source.stem


def _numbered(target: Path) -> Iterator[Path]:
    yield target
    number = 2
    while True:
        yield target.with_stem(f"{target.stem}-{number}")
        number += 1


def _key(path: Path) -> str:
    # On Windows and macOS names that differ in case only are the same file.
    return str(path.absolute()).casefold()


# What cannot be looked at (no permission, a loop of links, a name too long) is taken for a file: reading it
# says more.


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_same(path: Path, other: Path | None) -> bool:
    try:
        return other is not None and path.samefile(other)
    except OSError:
        return False
