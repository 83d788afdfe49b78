"""Fault: the clock is wrong."""

import os
import time

from rwdenoise.events import Finished
from tests.faults.inside import DAY
from tests.faults.row import Row
from tests.faults.scene import SLOW
from tests.faults.studio import Studio

PHOTOS = 12


def clock_set_back(studio: Studio, runs: int) -> Row:
    """Let the clock run backward, kill the process, and date its output files in the future."""
    row = Row()
    for _ in range(runs):
        scene = studio.scene(PHOTOS, program=(*SLOW, "clock_back"))
        call = scene.start()
        call.wait_for(Finished, PHOTOS // 2)
        call.kill()
        scene.end(call)
        for path in scene.outbox.iterdir():
            os.utime(path, (time.time() + DAY, time.time() + DAY))
        scene.row.runs += 1
        row += scene.finish()
    return row
