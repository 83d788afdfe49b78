"""Test the counting itself: which failures it must notice."""

import shutil
import sys

import pytest

from tests.faults.row import Row
from tests.faults.studio import Studio

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults are caused by means of Linux")


def test_what_must_not_happen_is_counted() -> None:
    with Studio() as studio:
        scene = studio.scene(6)
        scene.run()
        lost, cut, source = (
            scene.outbox / "IMG_00000.dng",
            scene.outbox / "IMG_00001.dng",
            scene.inbox / "IMG_00002.NEF",
        )
        lost.unlink()
        cut.write_bytes(cut.read_bytes()[:-1])
        source.write_bytes(source.read_bytes() + b" ")
        (scene.outbox / ".rwdenoise-1.tmp").write_bytes(b"a part")
        shutil.copy(scene.outbox / "IMG_00003.dng", scene.outbox / "IMG_00003-2.dng")
        assert scene.count() == Row(photos_in=6, photos_out=4, lost=2, partial=2, double=1, changed=1)
        assert not scene.row.is_clean


def test_what_is_finished_twice_is_counted() -> None:
    with Studio() as studio:
        scene = studio.scene(6)
        scene.run()
        scene.run("--overwrite")
        assert scene.count() == Row(photos_in=6, photos_out=6, double=6)
