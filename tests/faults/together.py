"""Faults: several processes write the same outputs at the same time."""

from rwdenoise.events import Finished
from tests.faults.row import Row
from tests.faults.studio import Studio

PHOTOS = 12


def same_outputs(studio: Studio, runs: int) -> Row:
    """Process the same photos in two, three or four processes, every other time without a journal."""
    row = Row()
    for run in range(runs):
        scene = studio.scene(PHOTOS)
        options = ("--no-journal",) if run % 2 else ()
        calls = [scene.start(*options) for _ in range(2 + run // 2 % 3)]
        for call in calls:
            if scene.end(call).status != 0:
                scene.row.problems.append(f"one was in the way of the other: {call.failed} {call.errors}")
        scene.row.runs += 1
        scene.row.note = "finished by each: " + ", ".join(str(len(call.finished)) for call in calls)
        row += scene.finish(*options)
    return row


def same_outputs_killed(studio: Studio, runs: int) -> Row:
    """Kill one of two processes that work on the same photos."""
    row = Row()
    for run in range(runs):
        scene = studio.scene(PHOTOS)
        victim, other = scene.start(), scene.start()
        victim.wait_for(Finished, 1 + run % PHOTOS)
        victim.kill()
        for call in (victim, other):
            scene.end(call)
        scene.row.runs += 1
        row += scene.finish()
    return row
