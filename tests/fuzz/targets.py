"""Define the targets of fuzzing: each feeds one input to its readers, and raises what they raise."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from rwdenoise.io.isolated.reader import IsolatedReader
from rwdenoise.io.metadata.camera import read_date
from rwdenoise.io.metadata.copy import copy_metadata
from rwdenoise.io.metadata.origin import read_origin, to_value
from rwdenoise.io.metadata.provenance import made_from
from rwdenoise.io.pictures.encodings import CURVES, encoding_of, encoding_under
from rwdenoise.io.raw import dng_tags
from rwdenoise.io.raw.checks import HEAD, holds_raw, refuse_unreadable, unknown_kind
from rwdenoise.io.raw.private_data import private_tags
from rwdenoise.io.raw.tiff_structure import read_directories
from rwdenoise.io.write import write_photo, write_picture
from rwdenoise.photo.kinds import Photo
from rwdenoise.photo.raw import RawPhoto
from tests.fuzz import samples
from tests.fuzz.samples import Samples
from tests.photos import raw_photo

#: Time limit of the decoder in seconds; one that takes longer for a file of a few MB counts as hanging.
SECONDS = 20.0
#: Address space of the decoder, in bytes.
_MEMORY = 2**32
_RAMP = np.linspace(-0.5, 1.5, 16, dtype=np.float32).reshape(1, -1, 1)


class Feed(Protocol):
    """Feeds one input to a reader."""

    def __call__(self, data: bytes, name: str, /) -> None: ...


@dataclass(frozen=True)
class Target:
    """A reader with its samples."""

    name: str
    samples: Callable[[Path | None], Samples]
    open: Callable[[Path], contextlib.AbstractContextManager[Feed]]
    """Prepares the reader, given a folder for files."""
    share: int
    """Share of all inputs, in percent."""


@contextlib.contextmanager
def _isolated(folder: Path) -> Iterator[Feed]:
    with IsolatedReader(seconds=SECONDS, memory=_MEMORY) as reader:
        yield lambda data, name: _look_at(reader.read(_written(folder, name, data)))


@contextlib.contextmanager
def _copied(folder: Path) -> Iterator[Feed]:
    """Read in the isolated process and write in this one, with the metadata and the preview that were kept."""
    with IsolatedReader(seconds=SECONDS, memory=_MEMORY) as reader:

        def feed(data: bytes, name: str) -> None:
            source = _written(folder, name, data)
            photo, target = reader.read(source), folder / "output"
            target.unlink(missing_ok=True)
            if isinstance(photo, RawPhoto):
                write_photo(photo, target, provenance=None, format="dng" if len(data) % 2 else "tiff")
            else:
                format = photo.stored.format if len(data) % 2 else "png" if name.endswith(".jpg") else "tiff"
                write_picture(photo, target, provenance=None, format=format)

        yield feed


@contextlib.contextmanager
def _metadata(folder: Path) -> Iterator[Feed]:
    def feed(data: bytes, name: str) -> None:
        origin, (make, model, iso, orientation) = read_origin(data)
        f"{make}{model}".encode()
        assert iso is None or 0 < iso < float("inf")
        assert orientation in range(1, 9)
        for entry in (*origin.metadata.exif, *origin.metadata.iptc):
            to_value(entry)
        if data:
            path = _written(folder, name, data)
            read_date(path)
            made_from(path)

    yield feed


@contextlib.contextmanager
def _sidecars(folder: Path) -> Iterator[Feed]:
    picture = samples.pictures()["plain.jpg"]
    photo = raw_photo(source=_written(folder, "a.jpg", picture))

    def feed(data: bytes, _name: str) -> None:
        _written(folder, "a.xmp", data)
        whole = bytes(copy_metadata(photo, picture, kind="jpeg", provenance=None, warn=lambda _: None))
        assert b"root:" not in whole

    yield feed


@contextlib.contextmanager
def _headers(folder: Path) -> Iterator[Feed]:
    def feed(data: bytes, name: str) -> None:
        directories = read_directories(data)
        private_tags(data, directories)
        unknown_kind(data[:HEAD], directories)
        if data:
            holds_raw(_written(folder, name, data))
        _read_directories(directories)
        refuse_unreadable(data[:HEAD], len(data), directories, name=name)

    yield feed


def _read_directories(directories: tuple) -> None:
    mosaic = dng_tags.mosaic_directory(directories)
    for directory in (*directories[:1], *([] if mosaic is None else [mosaic])):
        area = dng_tags.active_area(directory, (24, 32))
        if area:
            dng_tags.crop(directory, area)
        for shape in ((2, 2), (6, 6), (1, 1), (1, 1, 3)):
            assert dng_tags.black_level(directory, shape).shape == shape
        dng_tags.white_levels(directory)
        dng_tags.color_matrix(directory)
        dng_tags.white_balance(directory)
        dng_tags.kept_tags(directory, mosaic or {})
    dng_tags.noise_profile(directories)


@contextlib.contextmanager
def _profiles(_folder: Path) -> Iterator[Feed]:
    def feed(data: bytes, _name: str) -> None:
        for gray in (False, True):
            colors = np.repeat(_RAMP, 1 if gray else 3, axis=2)
            every = [encoding_of(data, gray=gray, floating=floating) for floating in (False, True)]
            for encoding in (*every, *(encoding_under(data, gray=gray, curve=curve) for curve in CURVES)):
                assert np.isfinite(encoding.from_display(encoding.to_display(colors))).all()

    yield feed


@contextlib.contextmanager
def _events(_folder: Path) -> Iterator[Feed]:
    from rwdenoise.events import from_json

    yield lambda data, _name: from_json(data.decode("utf-8", "surrogateescape")) and None


@contextlib.contextmanager
def _configuration(folder: Path) -> Iterator[Feed]:
    from rwdenoise_cli.config import load_config
    from rwdenoise_cli.main import cli

    yield lambda data, name: load_config(_written(folder, name, data), cli.default) and None


@contextlib.contextmanager
def _journal(folder: Path) -> Iterator[Feed]:
    from rwdenoise.events import Failed
    from rwdenoise.jobs.journal import Journal

    def feed(data: bytes, name: str) -> None:
        for stray in folder.iterdir():
            stray.unlink()
        photo = _written(folder, samples.JOURNALED, b"photo")
        with Journal(_written(folder, name, data)) as journal:
            journal.unfinished_call()
            journal.troubles()
            journal.find_done("0" * 64, photo, {"0" * 32})
            journal.record_failed(photo, Failed("a", "no-access", "Message.", "Hint."))
            journal.record_done(photo, "0" * 64, photo, "0" * 32)
            journal.end_call(journal.begin_call(["a"], folder))

    yield feed


@contextlib.contextmanager
def _requests(_folder: Path) -> Iterator[Feed]:
    from rwdenoise.jobs.worker import Request, read_job

    def feed(data: bytes, _name: str) -> None:
        request = Request(data)
        assert isinstance(request.job, str)
        read_job(request.table)

    yield feed


@contextlib.contextmanager
def _weights(folder: Path) -> Iterator[Feed]:
    from rwdenoise.network.unet import load_network

    def feed(data: bytes, name: str) -> None:
        load_network(_written(folder, name, data))

    yield feed


def _written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _look_at(photo: Photo) -> None:
    photo.planes()


def _drawn(draw: Callable[[], Samples]) -> Callable[[Path | None], Samples]:
    return lambda _data: draw()


TARGETS = (
    Target("RAW files", samples.raw_files, _isolated, 22),
    Target("pictures", _drawn(samples.pictures), _isolated, 22),
    Target("RAW files, read and written", samples.raw_files, _copied, 5),
    Target("pictures, read and written", _drawn(samples.pictures), _copied, 5),
    Target("directories and private data", samples.raw_files, _headers, 10),
    Target("Exif", _drawn(samples.pictures), _metadata, 5),
    Target("XMP sidecars", _drawn(samples.sidecars), _sidecars, 5),
    Target("ICC profiles", _drawn(samples.profiles), _profiles, 5),
    Target("events", _drawn(samples.events), _events, 5),
    Target("configuration", _drawn(samples.configuration), _configuration, 3),
    Target("journal", _drawn(samples.journal), _journal, 3),
    Target("requests of a worker", _drawn(samples.requests), _requests, 5),
    Target("weights files", _drawn(samples.weights), _weights, 5),
)
