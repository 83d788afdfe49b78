"""Faults: the process is killed, or asked to stop, at random times."""

import random
import signal
import time
from collections.abc import Sequence

from rwdenoise.events import Started
from tests.faults.row import Row
from tests.faults.scene import SLOW, Scene
from tests.faults.studio import Studio

#: Longest delay of the signal after the start of the process, or of the first photo, in seconds.
_SPAN = 0.6


def sigkill(studio: Studio, runs: int) -> Row:
    """Kill the process with SIGKILL."""
    return _strike(studio, runs, signal.SIGKILL, photos=20, program=SLOW)


def sigterm(studio: Studio, runs: int) -> Row:
    """Ask the process to stop with SIGTERM."""
    return _strike(studio, runs, signal.SIGTERM, photos=20, program=SLOW)


def sigkill_at_work(studio: Studio, runs: int) -> Row:
    """Kill a process with a real network with SIGKILL."""
    return _strike(studio, runs, signal.SIGKILL, photos=6, program=())


def _strike(studio: Studio, runs: int, number: signal.Signals, *, photos: int, program: Sequence[str]) -> Row:
    """Kill calls for a batch until it is done, then continue with another batch, until `runs` calls were killed."""
    rng, row = random.Random(1), Row()
    while row.runs < runs:
        scene = studio.scene(photos, program=program)
        _strike_until_done(scene, runs - row.runs, number, rng)
        row += scene.finish()
    return row


def _strike_until_done(scene: Scene, most: int, number: signal.Signals, rng: random.Random) -> None:
    resumable = False
    while scene.row.runs < most:
        # On average every other call is repeated with --resume.
        call = scene.resume() if resumable and rng.random() < 0.5 else scene.start("--jobs", rng.choice("123"))
        if rng.random() < 0.7:
            call.wait_for(Started)
        time.sleep(rng.uniform(0, _SPAN))
        call.kill(number)
        scene.end(call)
        resumable = resumable or bool(call.told)
        if call.status == 0:
            break
        scene.row.runs += 1
