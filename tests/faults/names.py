"""Names in every script, and such as are none; links that lead elsewhere."""

import os

from tests.faults.row import Row
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


def names(studio: Studio, runs: int) -> Row:
    """Give names in many scripts, with what shells, terminals and formats take for theirs, up to 255 bytes."""
    row = Row()
    for run in range(runs):
        scene = studio.scene([f"{name}.NEF" for name in NAMES])
        if run % 2:
            # Named one by one, too: what begins with a dash is behind the folder's name.
            scene.end(scene.start(sources=sorted(f"inbox/{path}" for path in scene.sources)))
        scene.row.runs += 1
        row += scene.finish()
    return row


def links(studio: Studio, runs: int) -> Row:
    """Put links into the folders, which are not followed, and not written through."""
    row = Row()
    for _ in range(runs):
        scene = studio.scene(6)
        other = scene.folder / "private"
        other.mkdir()
        studio.write(other / "PRIVATE.NEF", 99)
        before = (other / "PRIVATE.NEF").read_bytes()
        for name, aim in _LINKS.items():
            (scene.inbox / name).symlink_to(aim)
        # An output that is there already as a link to a source, and to nothing.
        scene.outbox.mkdir()
        traps = {"IMG_00000.dng": "../inbox/IMG_00001.NEF", "IMG_00002.dng": "../private/new.dng"}
        for name, aim in traps.items():
            (scene.outbox / name).symlink_to(aim)
        call = scene.run()
        if {failed.code for failed in call.failed} != {"output-exists"} or len(call.failed) != len(traps):
            scene.row.problems.append(f"written through links: {call.failed}")
        for name in traps:
            (scene.outbox / name).unlink()
        scene.row.runs += 1
        row += scene.finish()
        if {path.name for path in other.iterdir()} != {"PRIVATE.NEF"} or (other / "PRIVATE.NEF").read_bytes() != before:
            row.changed += 1
    return row


_LINKS = {
    "out.NEF": "../private/PRIVATE.NEF",
    "folder": "../private",
    "up": "..",
    "circle": ".",
    "itself.NEF": "itself.NEF",
    "nothing.NEF": "not there.NEF",
}
