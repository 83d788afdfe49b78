"""Faults: folders that disappear, or lose their permissions, while photos are processed."""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from rwdenoise.events import Finished
from tests.faults.call import Call
from tests.faults.mounts import disk, remount, shown_at
from tests.faults.row import Row
from tests.faults.scene import SLOW, Scene
from tests.faults.studio import Studio

PHOTOS = 12
#: Number of finished photos before the fault is injected.
_DONE = 3


def output_removed(studio: Studio, runs: int) -> Row:
    """Remove the output folder; every other time replace it by a file of the same name."""
    row = Row()
    for run in range(runs):
        scene, call = _halfway(studio)
        # Renamed first, in one step: files that are being written would prevent the removal.
        gone = scene.outbox.rename(scene.folder / "gone")
        if run % 2:
            scene.outbox.write_bytes(b"no folder")
        shutil.rmtree(gone)
        scene.end(call, believed=False)
        if run % 2:
            scene.outbox.unlink()
        row += scene.finish()
    return row


def output_not_permitted(studio: Studio, runs: int) -> Row:
    """Remove the write permission of the output folder."""
    row = Row()
    for _ in range(runs):
        scene, call = _halfway(studio, bound=True)
        scene.outbox.chmod(0o555)
        _expect_failures(scene, scene.end(call), "write-failed")
        scene.outbox.chmod(0o755)
        row += scene.finish()
    return row


def output_disk_read_only(studio: Studio, runs: int) -> Row:
    """Make the disk of the output folder read-only, as Linux does after disk errors."""
    row = Row()
    for _ in range(runs):
        scene = studio.scene(PHOTOS, program=SLOW)
        with disk(scene.outbox, "10m"):
            call = _begun(scene)
            while not remount(scene.outbox, "ro"):
                time.sleep(0.001)
            _expect_failures(scene, scene.end(call), "write-failed")
            remount(scene.outbox, "rw")
            row += scene.finish()
    return row


def inbox_unmounted(studio: Studio, runs: int) -> Row:
    """Unmount the inbox; it returns after the call or, every other time, during the call."""
    row = Row()
    for run in range(runs):
        scene = studio.scene(PHOTOS, program=SLOW)
        card = scene.inbox.rename(scene.folder / "card")
        with shown_at(scene.inbox, card):
            call = _begun(scene)
        if run % 2:
            time.sleep(0.1)
        else:
            _expect_failures(scene, scene.end(call), "no-access")
        with shown_at(scene.inbox, card):
            if run % 2:
                scene.end(call)
            row += scene.finish()
    return row


def outbox_unmounted(studio: Studio, runs: int) -> Row:
    """Unmount the outbox; results written to the empty mount point are written again after it returns."""
    row = Row()
    for _ in range(runs):
        scene = studio.scene(PHOTOS, program=SLOW)
        share = scene.folder / "share"
        share.mkdir()
        with shown_at(scene.outbox, share):
            call = _begun(scene)
        scene.end(call, believed=False)
        with shown_at(scene.outbox, share):
            row += scene.finish()
    return row


def permission_lost(studio: Studio, runs: int) -> Row:
    """Remove the read permission of the sources."""
    row = Row()
    for _ in range(runs):
        scene, call = _halfway(studio, bound=True)
        _chmod(scene.inbox.iterdir(), 0o000)
        _expect_failures(scene, scene.end(call), "no-access")
        _chmod(scene.inbox.iterdir(), 0o644)
        row += scene.finish()
    return row


def _halfway(studio: Studio, *, bound: bool = False) -> tuple[Scene, Call]:
    """Return a scene, and a call that has finished some of its photos."""
    scene = studio.scene(PHOTOS, program=SLOW)
    if bound:
        scene.bind()
    return scene, _begun(scene)


def _begun(scene: Scene) -> Call:
    call = scene.start()
    call.wait_for(Finished, _DONE)
    scene.row.runs += 1
    return call


def _expect_failures(scene: Scene, call: Call, code: str) -> None:
    if {failed.code for failed in call.failed} != {code}:
        scene.row.problems.append(f"failures of the kind {code} were expected, not {call.failed}")


def _chmod(paths: Iterable[Path], mode: int) -> None:
    for path in paths:
        path.chmod(mode)
