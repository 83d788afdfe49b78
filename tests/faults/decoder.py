"""The process that decodes photos is killed."""

import random
import time
from pathlib import Path

from rwdenoise.events import Started
from tests.faults.call import Call
from tests.faults.row import Row
from tests.faults.scene import SLOW
from tests.faults.studio import Studio

PHOTOS = 12


def decoder_killed(studio: Studio, runs: int) -> Row:
    """The decoder of --isolate is killed again and again; the photo that it has in hand may fail, the next may not."""
    rng, row = random.Random(1), Row()
    while row.runs < runs:
        scene = studio.scene(PHOTOS, program=SLOW)
        call = scene.start("--isolate")
        call.wait_for(Started)
        while call.is_running and scene.row.runs + row.runs < runs:
            scene.row.runs += _kill_decoder(call)
            time.sleep(rng.uniform(0, 0.4))
        scene.end(call)
        if {failed.code for failed in call.failed} - {"corrupt-photo"}:
            scene.row.problems.append(f"other failures than of the decoder: {call.failed}")
        row += scene.finish("--isolate")
    return row
