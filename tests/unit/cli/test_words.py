"""How events read for people."""

import pytest

from rwdenoise.events import Skipped, Summary
from rwdenoise_cli.reporting.words import skipped_words, summary_words


def test_skipped() -> None:
    assert skipped_words(Skipped("IMG_1.NEF", "IMG_1.dng", "done already")) == "IMG_1.NEF: done already, IMG_1.dng"
    assert "\n" not in skipped_words(Skipped("a\n.NEF", "a\n.dng", "done already"))


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (Summary(3, 0, 0, 30.0, megapixels=60.0), "3 written in 30.0 s (2.0 Mpx/s)"),
        (
            Summary(3, 1, 4, 30.0, 60.0, already=2),
            "3 written, 1 failed, 2 done already, 2 not done in 30.0 s (2.0 Mpx/s)",
        ),
        (Summary(0, 0, 2, 0.0, already=2), "0 written, 2 done already in 0.0 s"),
        (Summary(1, 0, 0, 0.0, megapixels=1.0), "1 written in 0.0 s"),
    ],
)
def test_summaries(summary: Summary, words: str) -> None:
    assert summary_words(summary) == words


def test_the_summary_of_a_dry_run() -> None:
    assert summary_words(Summary(0, 1, 5, 0.1, already=2), dry=True) == (
        "3 would be written, 1 not, 2 done already; this was a dry run"
    )
