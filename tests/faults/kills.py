"""The process is killed, or asked to stop, at random moments."""

import random
import signal
import time
from collections.abc import Sequence

from rwdenoise.events import Started
from tests.faults.row import Row
from tests.faults.scene import SLOW, Scene
from tests.faults.studio import Studio

#: Seconds from the start, or from the first photo's, within which the signal comes.
_SPAN = 0.6


def sigkill(studio: Studio, runs: int) -> Row:
    """SIGKILL."""
    return _strike(studio, runs, signal.SIGKILL, photos=20, program=SLOW)


def sigterm(studio: Studio, runs: int) -> Row:
    """SIGTERM."""
    return _strike(studio, runs, signal.SIGTERM, photos=20, program=SLOW)


def sigkill_at_work(studio: Studio, runs: int) -> Row:
    """SIGKILL, with a real network."""
    return _strike(studio, runs, signal.SIGKILL, photos=6, program=())


def _strike(studio: Studio, runs: int, number: signal.Signals, *, photos: int, program: Sequence[str]) -> Row:
    """Kill calls for a batch until it is done, and then those for another, until enough were killed."""
    rng, row = random.Random(1), Row()
    while row.runs < runs:
        scene = studio.scene(photos, program=program)
        _strike_until_done(scene, runs - row.runs, number, rng)
        row += scene.finish()
    return row


def _strike_until_done(scene: Scene, most: int, number: signal.Signals, rng: random.Random) -> None:
    resumable = False
    while scene.row.runs < most:
        # Every other time the same call is made again by --resume.
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
