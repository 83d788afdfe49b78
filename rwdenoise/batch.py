"""Many photos: find them, plan where each result goes, and denoise one after the other with one denoiser."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.errors import Cancelled, RwDenoiseError, SettingsError
from rwdenoise.events import Failed, Listener, Stopped, Summary
from rwdenoise.job import check_job, denoise_photo, ignore

if TYPE_CHECKING:
    from rwdenoise.denoiser import Denoiser
    from rwdenoise.diffusion import Settings
    from rwdenoise.noise import NoiseProfile

Plan = Sequence[tuple[Path, Path]]

#: What a file in a folder must end in to be taken for a camera's RAW file; a file that is named is always tried.
RAW_SUFFIXES = frozenset(
    ".3fr .ari .arw .bay .cap .cr2 .cr3 .crw .cs1 .dc2 .dcr .dng .drf .eip .erf .fff .gpr .iiq .k25 .kc2 .kdc .mdc "
    ".mef .mos .mrw .nef .nrw .orf .ori .pef .ptx .pxn .qtk .raf .raw .rdc .rw2 .rwl .rwz .sr2 .srf .srw .sti .x3f".split()
)

#: What the files of each format end in; the first is the one that is chosen.
OUTPUT_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "dng": (".dng",),
    "tiff": (".tif", ".tiff"),
    "jpeg": (".jpg", ".jpeg"),
    "png": (".png",),
}


def expand_sources(names: Iterable[str | Path]) -> list[Path]:
    """Turn what a user named into files: patterns are matched, folders walked, files left as they are.

    Parameters
    ----------
    names : iterable of str or Path
        A name with ``*``, ``?`` or ``[`` that is not itself a file is a pattern, ``**`` means any depth.

    Returns
    -------
    list of Path
        Each once, in the order in which they were named, within a folder by name. A file that is named stays in the
        list even if it is missing, and so does a folder without photos: reading it says what is wrong.

    Notes
    -----
    In a walked folder links to folders are not followed and names that begin with a dot are left out. So are the
    results of earlier calls: ``IMG.dng`` beside ``IMG.NEF``, ``IMG-denoised.dng`` beside ``IMG.dng``.
    """
    found: list[Path] = []
    for name in names:
        for path in _match(Path(name)):
            found += _walk(path) if _is_folder(path) else [path]
    return list(dict.fromkeys(found))


def plan_outputs(sources: Sequence[Path], output: str | Path | None, format: str) -> list[tuple[Path, Path]]:
    """Decide where the result of each photo goes; no two go to the same file, and none to a source.

    Parameters
    ----------
    sources : sequence of Path
    output : str or Path, optional
        A file, if it ends like the format (``.dng``), is no folder and there is one source only; else a folder.
        By default each result lies beside its source.
    format : str
        ``dng``, ``tiff``, ``jpeg`` or ``png``.

    Returns
    -------
    list of (source, target)
        ``IMG.NEF`` becomes ``IMG.dng``; ``IMG.dng`` becomes ``IMG-denoised.dng`` in its own folder. ``A.NEF`` and
        ``A.CR2`` become ``A-NEF.dng`` and ``A-CR2.dng``; what still collides is numbered.

    Raises
    ------
    SettingsError
        If several photos should go into one file, or the file's name does not fit the format.
    """
    if output is not None and not _means_folder(output):
        _check_file(Path(output), sources, format)
        return [(source, Path(output)) for source in sources]
    suffix = OUTPUT_SUFFIXES[format][0]
    plain = [(source.parent if output is None else Path(output)) / f"{source.stem}{suffix}" for source in sources]
    wanted = Counter(_key(target) for target in plain)
    taken = {_key(source) for source in sources}
    plan = []
    for source, target in zip(sources, plain, strict=True):
        if _key(target) == _key(source):
            target = target.with_stem(f"{source.stem}-denoised")
        elif wanted[_key(target)] > 1 or _key(target) in taken:
            target = target.with_stem(_qualified(source))
        target = _first_free(target, taken)
        taken.add(_key(target))
        plan.append((source, target))
    return plan


def denoise_photos(  # noqa: PLR0913 -- what a user can choose, all by name
    plan: Plan,
    *,
    load: Callable[[], Denoiser],
    settings: Settings,
    noise: NoiseProfile | None = None,
    format: str = "dng",
    color: str = "srgb",
    overwrite: bool = False,
    listen: Listener = ignore,
) -> Summary:
    """Denoise photos one after the other. One that fails becomes a `Failed` event, and the others go on.

    Parameters
    ----------
    plan : sequence of (source, target)
        From `plan_outputs`.
    load : callable
        Gives the denoiser. It is called once, after all jobs that cannot end well were refused, and not at all if
        none is left.
    settings, noise, format, color, overwrite, listen
        As in `denoise_photo`.

    Returns
    -------
    Summary
        The last event. Photos that were refused because their output exists count as failed.

    Raises
    ------
    WeightsError, DeviceError
        From `load`.
    Cancelled
        If `listen` raised it. The photo at hand was told as `Stopped`, it and the rest counted as skipped.
    """
    tally = _Tally(len(plan), listen)
    possible = [job for job in plan if tally.survives(job[0], lambda job=job: check_job(*job, overwrite=overwrite))]
    denoiser = load() if possible else None
    for source, target in possible:
        ...
    return tally.close()


