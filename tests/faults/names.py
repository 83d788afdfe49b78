"""Faults: file names in many scripts or without valid text, and links that lead elsewhere."""

import os

from tests.faults.row import Row
from tests.faults.scene import digests
from tests.faults.studio import Studio

NAMES = (
    "plain",
    "with spaces and  two",
    " begins and ends with one ",
    "صورة ليلية",
    "夜景写真",
    "रात की तस्वीर",
    "Ночной снимок",
    "ฝนตก",
    "📷🌃👩‍👩‍👧",
    "e\u0301 combining",
    "\u00e9 combining",
    "right\u202eleft",
    "zero\u200bwidth",
    "a 'quote' and \"another\"",
    "new\nline",
    "tab\tand bell\a",
    "--help",
    "-o",
    "{stem}{folder}",
    "%s %d %(name)s",
    "*?[a-z]",
    "back\\slash",
    "$HOME `id` $(id)",
    "semi;colon|pipe&",
    "<b>&amp;",
    ".".join("dots"),
    "CON",
    "aux.NEF",
    os.fsdecode(b"no \xff text \xc3"),
    "x" * 251,
    "写" * 83,
)

_LINKS = {
    "inbox/out.NEF": "../private/PRIVATE.NEF",
    "inbox/folder": "../private",
    "inbox/up": "..",
    "inbox/circle": ".",
    "inbox/itself.NEF": "itself.NEF",
    "inbox/nothing.NEF": "nothing.CR2",
    # In place of results.
    "outbox/IMG_00000.dng": "../inbox/IMG_00001.NEF",
    "outbox/IMG_00002.dng": "../private/new.dng",
}
_REFUSED = {
    "inbox/itself.NEF": "no-access",
    "inbox/nothing.NEF": "no-access",
    "inbox/IMG_00000.NEF": "output-exists",
    "inbox/IMG_00002.NEF": "output-exists",
}


def names(studio: Studio, runs: int) -> Row:
    """Use file names in many scripts, with characters special to shells, terminals and formats, up to 255 bytes."""
    row = Row()
    for run in range(runs):
        scene = studio.scene([f"{name}.NEF" for name in NAMES])
        if run % 2:
            # Also named one by one: the folder's name precedes a leading dash.
            scene.end(scene.start(sources=sorted(f"inbox/{path}" for path in scene.sources)))
        scene.row.runs += 1
        row += scene.finish()
    return row


def links(studio: Studio, runs: int) -> Row:
    """Put links into both folders: the program must not follow them out of a folder, nor write through them."""
    row = Row()
    for _ in range(runs):
        scene = studio.scene(6)
        private = scene.folder / "private"
        private.mkdir()
        studio.write(private / "PRIVATE.NEF", 99)
        before = digests(private)
        scene.outbox.mkdir()
        for name, aim in _LINKS.items():
            (scene.folder / name).symlink_to(aim)
        failed = {failed.job: failed.code for failed in scene.run().failed}
        if failed != _REFUSED:
            scene.row.problems.append(f"failures were expected of {_REFUSED}, not {failed}")
        for name in _LINKS:
            (scene.folder / name).unlink()
        scene.row.runs += 1
        row += scene.finish()
        row.changed += digests(private) != before
    return row
