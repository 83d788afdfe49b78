"""Answer ``rwdenoise watch INBOX --status``: how the watcher is doing, and which photos failed."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.errors import JournalError
from rwdenoise.watch.health import HEALTH_FILE, LOCK_FILE, Health, is_fresh, read_health, state_folder
from rwdenoise.watch.lock import is_held
from rwdenoise_cli.output import log, printable, say

if TYPE_CHECKING:
    from rwdenoise.jobs.journal import Trouble

ALIVE, NOT_ALIVE = 0, 1


def tell_status(inbox: Path, *, as_json: bool) -> int:
    """Print how the watcher of a folder is doing and which photos failed; return the exit status."""
    folder = state_folder(inbox)
    health = read_health(folder / HEALTH_FILE)
    held = is_held(folder / LOCK_FILE)
    alive = held and health is not None and is_fresh(health, time.monotonic())
    troubles = _troubles(inbox)
    if as_json:
        facts = dataclasses.asdict(health) if health else {"inbox": str(inbox)}
        failures = [{**dataclasses.asdict(trouble), "source": str(trouble.source)} for trouble in troubles]
        say(json.dumps({"v": 1, "alive": alive, **facts, "failures": failures}))
    else:
        for line in _lines(inbox, health, held=held, alive=alive):
            say(line)
        for trouble in troubles:
            say(f"  attempt {trouble.attempts} failed: {printable(str(trouble.source))}")
            say(f"    {printable(trouble.message)} {printable(trouble.hint)}")
    return ALIVE if alive else NOT_ALIVE


def _lines(inbox: Path, health: Health | None, *, held: bool, alive: bool) -> Iterator[str]:
    name = printable(str(inbox))
    if not held or health is None:
        yield f"{name} is not being watched"
    elif not alive:
        yield f"{name}: process {health.pid} does not respond"
    else:
        yield f"{name}: {health.state}, process {health.pid} for {_duration(health.uptime)}, since {health.started}"
    if health is None:
        return
    if health.photo:
        yield f"  in work     {printable(health.photo)}"
    yield f"  queue       {health.queue}"
    yield f"  so far      {health.done} done, {health.skipped} done before, {health.failed} attempts failed"
    yield f"  rate        {health.photos_per_minute:.1f} photos, {health.megapixels_per_minute:.1f} Mpx a minute"
    if (error := health.last_error) is not None:
        yield f"  last error  {error['time']} {printable(error['job'])}: {printable(error['message'])}"


def _duration(seconds: float) -> str:
    minutes = int(seconds) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} days {hours} h" if days else f"{hours} h {minutes % 60} min"


def _troubles(inbox: Path) -> Sequence[Trouble]:
    """Return what failed in this inbox."""
    from rwdenoise.jobs.journal import Journal, default_journal

    path = default_journal()
    if not path.exists():
        return ()
    try:
        with Journal(path) as journal:
            return [trouble for trouble in journal.troubles() if trouble.source.is_relative_to(inbox)]
    except JournalError as error:
        log(f"warning: {error.message}")
        return ()
