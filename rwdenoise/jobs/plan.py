"""Find the photos that a user named, and decide where the result of each goes."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

from rwdenoise.errors import SettingsError
from rwdenoise.io.formats import OUTPUT_SUFFIXES, PICTURE_SUFFIXES, RAW_SUFFIXES, format_of, natural_format
from rwdenoise.io.source import is_same
from rwdenoise.jobs.output_template import is_template, read_template

#: Returns the path of the result of a photo.
Placing = Callable[[Path], Path]


def expand_sources(
    names: Iterable[str | Path],
    *,
    results: str | Path | None = None,
    format: str | None = None,
    recursive: bool = True,
    follow_links: bool = False,
) -> list[Path]:
    """Expand names to files: match patterns, search folders, keep files.

    Parameters
    ----------
    names : iterable of str or Path
        A name with ``*``, ``?`` or ``[`` that is not itself a file is a pattern; ``**`` means any depth.
    results : str or Path, optional
        The `output` of `plan_outputs`, with the results of earlier calls. The search skips such a folder inside another
        one, and results that a template with ``{folder}`` at its beginning names.
    format : str, optional
        The `format` of `plan_outputs`, a possible format of earlier results.
    recursive : bool
        Whether to search subfolders.
    follow_links : bool
        Whether to follow symbolic links out of a folder, to photos and folders.

    Returns
    -------
    list of Path
        Each file once, in the order of `names`, sorted by name within a folder. Missing files and folders without
        photos stay in the list; reading them reports the problem.

    Notes
    -----
    The search of a folder returns its RAW photos or, without any, its developed pictures: a JPEG next to its RAW is not
    meant. It skips names that begin with a dot, links out of the folder, links to folders inside it, which it finds
    anyway, and results of earlier calls: ``IMG.dng`` next to ``IMG.NEF``, ``IMG-denoised.dng`` next to ``IMG.dng``.
    """
    without = _results_folder(results)
    places = [None, results] if without is None else [None]
    placings = [_placing(place, result) for place in dict.fromkeys(places) for result in {None, format}]
    found: list[Path] = []
    for name in names:
        for path in _match(Path(name)):
            if not _is_folder(path):
                found.append(path)
                continue
            photos = list(_walk(path, without, recursive=recursive, follow_links=follow_links))
            found += _without_results(photos, placings) or [path]
    return list(dict.fromkeys(found))


def plan_outputs(
    sources: Sequence[Path], output: str | Path | None, format: str | None = None
) -> list[tuple[Path, Path]]:
    """Decide where the result of each photo goes: no two results share a file, and none replaces a source.

    Parameters
    ----------
    sources : sequence of Path
    output : str or Path, optional
        A template if it contains ``{`` (see `read_template`); otherwise a file if it has the suffix of a photo (such as
        ``.dng``) and is not a folder; otherwise a folder. By default each result is written next to its source.
    format : str, optional
        A key of `OUTPUT_SUFFIXES`; by default the format of the suffix of `output`, or else DNG for RAW photos and the
        format of the source for developed pictures.

    Returns
    -------
    list of (source, target)
        ``IMG.NEF`` becomes ``IMG.dng``; ``IMG.dng`` becomes ``IMG-denoised.dng`` in its own folder, ``IMG.JPG``
        ``IMG-denoised.JPG``; ``A.NEF`` and ``A.CR2`` become ``A-NEF.dng`` and ``A-CR2.dng``; names that still collide
        are numbered.

    Raises
    ------
    SettingsError
        If several photos would go to one file, the suffix of the output does not match the format, or the template is
        invalid or leads out of its folder.
    """
    if output is not None and _means_file(output):
        _check_file(Path(output), sources, format)
        return [(source, Path(output)) for source in sources]
    place = _placing(output, format)
    plain = [place(source) for source in sources]
    wanted = Counter(_key(target) for target in plain)
    taken = {_key(source) for source in sources}
    plan = []
    for source, target in zip(sources, plain, strict=True):
        if _key(target) == _key(source):
            target = _marked(target)
        elif wanted[_key(target)] > 1 or _key(target) in taken:
            target = _qualified(target, source)
        target = next(name for name in _numbered(target) if _key(name) not in taken)
        taken.add(_key(target))
        plan.append((source, target))
    return plan


def _match(path: Path) -> list[Path]:
    """Expand a name; a pattern without matches stands for itself, as in a shell."""
    if not set("*?[") & set(str(path)) or _exists(path):
        return [path]
    # As in a shell, a pattern must begin with a dot to match hidden files: macOS leaves ._IMG.NEF on foreign disks.
    hidden = path.name.startswith(".")
    try:
        matches = list(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    except (ValueError, OSError):
        return [path]
    return sorted(match for match in matches if hidden or not match.name.startswith(".")) or [path]


def _without_results(photos: list[Path], placings: list[Placing]) -> list[Path]:
    """Remove developed pictures next to RAW photos, and results of earlier calls."""
    if any(path.suffix.lower() in RAW_SUFFIXES for path in photos):
        photos = [path for path in photos if path.suffix.lower() not in PICTURE_SUFFIXES]
    plain = [(source, place(source)) for source in photos for place in placings]
    results = {
        _key(result)
        for source, target in plain
        for result in (target, _marked(target), _qualified(target, source))
        if result != source
    }
    return sorted(path for path in photos if _key(path) not in results)


def _walk(root: Path, without: Path | None, *, recursive: bool, follow_links: bool) -> Iterator[Path]:
    """Yield every photo in a folder; a folder that cannot be read stands for itself."""
    real_root = os.path.realpath(root)
    folders, walked = [root], set()
    while folders:
        here = folders.pop()
        # Links may form a loop.
        if (real := os.path.realpath(here)) in walked:
            continue
        walked.add(real)
        try:
            entries = _entries(here)
        except OSError:
            yield here
            continue
        for entry in entries:
            path = here / entry.name
            leaves = entry.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(real_root)
            if leaves and not follow_links:
                continue
            if not _is_folder(path):
                yield from [path] if path.suffix.lower() in RAW_SUFFIXES | PICTURE_SUFFIXES.keys() else []
            elif recursive and (leaves or not entry.is_symlink()) and not is_same(path, without):
                folders.append(path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """List a folder without hidden entries, sorted by name."""
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def _placing(output: str | Path | None, format: str | None) -> Placing:
    """Return the function that names the result of a photo, before collisions are resolved."""
    if output is None or not is_template(output):
        return lambda source: Path(output or source.parent) / f"{source.stem}{_suffix_for(source, format)}"
    template = read_template(str(output))
    _check_format(output, template.format, format)
    return lambda source: template.target(source, _suffix_for(source, format or template.format))


def _results_folder(output: str | Path | None) -> Path | None:
    """Return the folder of all results; None if it depends on the source."""
    if output is None:
        return None
    return read_template(str(output)).base if is_template(output) else Path(output)


def _suffix_for(source: Path, format: str | None) -> str:
    """Return the suffix of the result; a picture that keeps its format keeps the spelling of its suffix."""
    format = format or natural_format(source.suffix)
    return source.suffix if source.suffix.lower() in OUTPUT_SUFFIXES[format] else OUTPUT_SUFFIXES[format][0]


def _means_file(output: str | Path) -> bool:
    if is_template(output) or str(output).endswith(("/", os.sep)):
        return False
    return format_of(Path(output)) is not None and not _is_folder(Path(output))


def _check_file(output: Path, sources: Sequence[Path], format: str | None) -> None:
    if len(sources) > 1:
        message = f"{len(sources)} photos cannot be written to a single file ({output})."
        raise SettingsError(message, hint="Give a folder with -o.")
    _check_format(output, format_of(output), format)


def _check_format(output: str | Path, promised: str | None, format: str | None) -> None:
    if format is not None and promised not in {None, format}:
        expected = " or ".join(OUTPUT_SUFFIXES[format])
        message = f"The output {output} should be in the format {format}, so its name must end in {expected}."
        raise SettingsError(message, hint="Change the name given with -o, or --format.")


def _marked(target: Path) -> Path:
    return target.with_stem(f"{target.stem}-denoised")


def _qualified(target: Path, source: Path) -> Path:
    return target.with_stem(f"{target.stem}-{source.suffix[1:]}") if source.suffix else target


def _numbered(target: Path) -> Iterator[Path]:
    yield target
    yield from (target.with_stem(f"{target.stem}-{number}") for number in count(2))


def _key(path: Path) -> str:
    # On Windows and macOS, names that differ only in case are the same file, on macOS also names that differ in
    # composition. This is the canonical caseless matching of the Unicode Standard (definition D145).
    decomposed = unicodedata.normalize("NFD", str(path.absolute()))
    return unicodedata.normalize("NFD", decomposed.casefold())


# A path that cannot be examined (no permission, a loop of links, a name too long) counts as a file: reading it reports
# the problem.


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
