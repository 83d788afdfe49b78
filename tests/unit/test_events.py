"""Events travel as lines of JSON and come back."""

import json
from dataclasses import replace

import pytest

from rwdenoise.choices import Settings
from rwdenoise.events import (
    Failed,
    Finished,
    Noise,
    Planned,
    Progress,
    Ready,
    Residual,
    Skipped,
    Started,
    Stopped,
    Summary,
    Warned,
    from_json,
    to_json,
)

EVENTS = [
    Started(job="a.NEF", source="/x/a.NEF", output="/x/a.dng"),
    Noise(job="a.NEF", shot=1e-3, read=1e-6, origin="estimated"),
    Progress(job="ñ\n日本.NEF", stage="denoise", done=12, total=96),
    Warned(job="a.NEF", message="no metadata"),
    Finished("a.NEF", "/x/a.dng", 1.5, 24.3, "cfa-fast 1.0", "cpu (float32)", Settings(4, chroma=0.5, detail=0.25)),
    Planned(job="a.NEF", source="/x/a.NEF", output="/x/a.dng"),
    Failed(job="a.NEF", code="corrupt-photo", message="It is cut off.", hint="Copy it again."),
    Stopped(job="a.NEF"),
    Summary(written=1, failed=2, skipped=3, seconds=3.5, megapixels=48.5, already=2),
    Residual("a.NEF", 0.985, 600, [{"top": 32, "left": 0, "height": 32, "width": 64, "reason": "pattern"}]),
    Ready(version="0.1.0"),
    Skipped(job="a.NEF", output="/x/a.dng", reason="done already"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_round_trip_on_one_line(event) -> None:
    line = to_json(event)
    assert "\n" not in line
    assert json.loads(line)["v"] == 1
    assert from_json(line) == event


def test_the_wire_format_is_kept() -> None:
    # Scripts depend on these words: add, never rename.
    assert to_json(Progress(job="IMG_1.NEF", stage="denoise", done=12, total=96)) == (
        '{"v": 1, "event": "progress", "job": "IMG_1.NEF", "stage": "denoise", "done": 12, "total": 96}'
    )
    names = [json.loads(to_json(event))["event"] for event in EVENTS]
    assert names == [
        *(
            "started",
            "noise",
            "progress",
            "warning",
            "finished",
            "planned",
            "failed",
            "cancelled",
            "summary",
            "residual",
            "ready",
            "skipped",
        )
    ]


def test_the_settings_stand_flat_in_a_line() -> None:
    line = (
        '{"v": 1, "event": "finished", "job": "a.NEF", "output": "a.dng", "seconds": 1.5, "megapixels": 24.3,'
        ' "weights": "cfa-fast 1.0", "device": "cpu (float32)", "sampler": "improved", "steps": 4, "strength": 1.0,'
        ' "chroma": 0.5, "detail": 0.25, "source_digest": "", "method_key": "", "passes": 0.0}'
    )
    finished = Finished(
        "a.NEF", "a.dng", 1.5, 24.3, "cfa-fast 1.0", "cpu (float32)", Settings(4, chroma=0.5, detail=0.25)
    )
    assert to_json(finished) == line
    assert from_json(line) == finished
    assert json.loads(to_json(replace(finished, settings=Settings(strength=0.5))))["chroma"] == 0.5
    assert from_json(line.replace('"steps": 4', '"steps": 101')) is None
    assert from_json(line.replace('"steps": 4, ', "")) is None


def test_readers_ignore_what_they_do_not_know() -> None:
    assert from_json('{"v": 1, "event": "thunder"}') is None
    assert from_json('{"v": 1, "event": "cancelled", "job": "a", "mood": "good"}') == Stopped(job="a")


def test_a_summary_of_an_earlier_version_is_read() -> None:
    line = '{"v": 1, "event": "summary", "written": 1, "failed": 0, "skipped": 0, "seconds": 2.5}'
    assert from_json(line) == Summary(written=1, failed=0, skipped=0, seconds=2.5, megapixels=0.0, already=0)
