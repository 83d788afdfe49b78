"""Fault: the process that decodes photos is killed."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

from rwdenoise.events import Started
from tests.faults.call import Call
from tests.faults.row import Row
from tests.faults.scene import SLOW
from tests.faults.studio import Studio

PHOTOS = 12


def decoder_killed(studio: Studio, runs: int) -> Row:
    """Kill the decoder of --isolate repeatedly: only the photo that it is decoding may fail."""
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


def _kill_decoder(call: Call) -> bool:
    """Kill the decoder process if it is running."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == call.pid and b"isolated.child" in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
                return True
    return False
