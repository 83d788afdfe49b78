"""Test that the journal returns all file names and arguments unchanged."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwdenoise.events import Failed
from rwdenoise.jobs.journal import Journal

# Names that the system may pass: any bytes except the two that no name contains.
NAMES = (
    st.binary(min_size=1, max_size=40)
    .map(lambda name: os.fsdecode(name.translate(None, b"/\0")))
    .filter(lambda name: name not in {"", ".", ".."})
)


@pytest.fixture(scope="module")
def journal() -> Iterator[Journal]:
    with TemporaryDirectory() as folder, Journal(Path(folder) / "journal.sqlite") as journal:
        yield journal


@given(name=NAMES, words=st.text() | NAMES)
def test_troubles(journal: Journal, name: str, words: str) -> None:
    source = journal.path.parent / name / "a"
    told = journal.record_failed(source, Failed(name, "corrupt-photo", words, words))
    assert journal.trouble_of(source) == told
    assert told.source == source
    assert told in journal.troubles()
    journal.record_done(source, "digest", source, "key")
    assert journal.trouble_of(source) is None


@given(arguments=st.lists(st.text() | NAMES), folder=NAMES)
def test_calls(journal: Journal, arguments: list[str], folder: str) -> None:
    number = journal.begin_call(arguments, journal.path.parent / folder)
    call = journal.unfinished_call()
    assert (call.number, list(call.arguments), call.folder) == (number, arguments, journal.path.parent / folder)
