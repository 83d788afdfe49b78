"""The worker from the inside: requests in, events out; what it remembers, and how it is stopped."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rwdenoise.choices import QUALITY, Settings
from rwdenoise.denoising.photos import denoise
from rwdenoise.errors import DeviceUnavailableError, SettingsError
from rwdenoise.events import Event, Failed, Finished, Progress, Ready, Started, Stopped
from rwdenoise.io.pictures.layer import read_layer
from rwdenoise.jobs.layers import LayerDenoiser
from rwdenoise.jobs.worker import Requests, Worker, read_job
from tests.tiny import tiny_denoiser

REQUEST = {
    "v": 1,
    "request": "denoise",
    "job": "one",
    "width": 40,
    "height": 30,
    "channels": 3,
    "alpha": False,
    "type": "u16",
    "encoding": "non-linear",
    "steps": 2,
}


class Conversation:
    """A worker in a thread, its stdin as a pipe, and all that it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[Event] = []
        self.on_event: dict[type[Event], Any] = {}
        self.ended = threading.Event()
        self.denoiser = tiny_denoiser("rgb", tile=16)
        self._read, self._write = os.pipe()
        self.worker = Worker(self.load, listen=self._listen)
        self._thread = threading.Thread(
            target=self.worker.serve, args=(Requests(self._read, on_end=self.ended.set),), daemon=True
        )
        self._thread.start()

    def load(self, _quality: str, device: str) -> Any:
        if device == "abacus":
            message = "The device 'abacus' is not here."
            raise DeviceUnavailableError(message, hint="Use another.")
        return self.denoiser

    def send(self, *requests: dict[str, Any] | bytes) -> None:
        lines = [request if isinstance(request, bytes) else json.dumps(request).encode() for request in requests]
        # All at once, so that nothing that the worker says comes in between.
        os.write(self._write, b"".join(line + b"\n" for line in lines))

    def denoise(self, **changes: Any) -> dict[str, Any]:
        return {**REQUEST, "folder": str(self.folder), **changes}

    def wait_for(self, kind: type[Event]) -> None:
        deadline = time.monotonic() + 60
        while not any(isinstance(event, kind) for event in self.said):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def end(self) -> list[Event]:
        os.close(self._write)
        self._thread.join(60)
        os.close(self._read)
        assert self.ended.is_set()
        return self.said

    def _listen(self, event: Event) -> None:
        self.said.append(event)
        self.on_event.pop(type(event), lambda: None)()


@pytest.fixture
def conversation(tmp_path: Path) -> Iterator[Conversation]:
    rng = np.random.default_rng(0)
    (tmp_path / "pixels.in").write_bytes(rng.integers(0, 65536, (30, 40, 3), np.uint16).tobytes())
    return Conversation(tmp_path)


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events if not isinstance(event, Progress)]


def test_a_job_from_beginning_to_end(conversation) -> None:
    conversation.send(conversation.denoise(strength=0.5, unknown="ignored"))
    said = conversation.end()
    assert kinds(said) == [Ready, Started, Finished]
    stages = {event.stage: event.total for event in said if isinstance(event, Progress)}
    assert stages == {"denoise": 2, "write": 1}
    finished = said[-1]
    assert (finished.job, finished.settings.strength, finished.settings.chroma_strength, finished.settings.steps) == (
        "one",
        0.5,
        0.5,
        2,
    )
    job = read_job(conversation.denoise(strength=0.5))
    photo = read_layer(conversation.folder, job.layout)
    expected = denoise(photo, denoiser=conversation.denoiser, settings=job.settings)
    assert Path(finished.output).read_bytes() == expected.samples.tobytes()


def test_strength_0_changes_nothing(conversation) -> None:
    conversation.send(conversation.denoise(strength=0))
    assert kinds(conversation.end()) == [Ready, Started, Finished]
    written = (conversation.folder / "pixels.out").read_bytes()
    assert written == (conversation.folder / "pixels.in").read_bytes()


def test_defaults_are_those_of_the_program(conversation) -> None:
    nulls = dict.fromkeys(("strength", "chroma", "detail", "steps", "quality", "device"))
    job = read_job(conversation.denoise(**nulls))
    assert job.settings == Settings()
    assert (job.quality, job.device, job.preview) == (QUALITY, "auto", False)
    conversation.end()


@pytest.mark.parametrize(
    ("line", "job", "about"),
    [
        (b"garbage", "", "JSON"),
        (b"[1]", "", "JSON"),
        (b'{"v": 2, "request": "denoise", "job": "one"}', "one", "v 2"),
        (b'{"v": 1, "request": "sing", "job": "one"}', "one", "'sing'"),
        ({"job": 3}, "", "job is 3"),
        ({"job": None}, "", "job is null"),
        ({"width": "40"}, "one", 'width is "40"'),
        ({"width": True}, "one", "width is true"),
        ({"height": 2.5}, "one", "height is 2.5"),
        ({"alpha": 1}, "one", "alpha is 1"),
        ({"strength": 2}, "one", "strength is 2"),
        ({"strength": float("nan")}, "one", "strength is nan"),
        ({"chroma": "much"}, "one", 'chroma is "much"'),
        ({"steps": 101}, "one", "number of steps is 101"),
        ({"preview": "yes"}, "one", 'preview is "yes"'),
        ({"encoding": None}, "one", "encoding is null"),
        ({"height": 31}, "one", "40 x 31"),
        ({"device": "abacus"}, "one", "abacus"),
    ],
)
def test_what_is_wrong_fails_and_the_worker_lives_on(conversation, line, job, about) -> None:
    conversation.send(line if isinstance(line, bytes) else conversation.denoise(**line), b"", conversation.denoise())
    said = [event for event in conversation.end() if not isinstance(event, Started | Progress)]
    assert kinds(said) == [Ready, Failed, Finished]
    assert said[1].job == job
    assert about in said[1].message


def test_mistakes_have_the_code_of_wrong_settings(conversation) -> None:
    conversation.send(b"garbage")
    assert conversation.end()[-1].code == SettingsError.code


def test_cancel_ends_the_job_at_hand_and_those_that_wait(conversation) -> None:
    def cancel() -> None:
        conversation.send(*({"v": 1, "request": "cancel", "job": job} for job in ("one", "three", "four")))
        time.sleep(0.3)  # They are read meanwhile.

    conversation.on_event[Progress] = cancel
    conversation.send(*(conversation.denoise(job=job) for job in ("one", "two", "three")))
    conversation.wait_for(Finished)
    conversation.send(conversation.denoise(job="four"), conversation.denoise(job="one"))
    ends = [event for event in conversation.end() if isinstance(event, Finished | Stopped | Failed)]
    assert [(type(event), event.job) for event in ends] == [
        (Stopped, "one"),
        (Finished, "two"),
        (Stopped, "three"),
        (Finished, "four"),
        (Finished, "one"),
    ]


def test_a_cancelled_job_writes_nothing(conversation) -> None:
    def cancel() -> None:
        conversation.send({"v": 1, "request": "cancel", "job": "one"})
        time.sleep(0.3)

    conversation.on_event[Progress] = cancel
    conversation.send(conversation.denoise())
    conversation.wait_for(Stopped)
    assert kinds(conversation.end()) == [Ready, Started, Stopped]
    assert not (conversation.folder / "pixels.out").exists()


def test_abandoned_it_writes_nothing_more(conversation) -> None:
    conversation.on_event[Progress] = conversation.worker.abandon
    conversation.send(conversation.denoise())
    time.sleep(1)
    assert not (conversation.folder / "pixels.out").exists()
    assert Finished not in kinds(conversation.said)


class CountingDenoiser:
    """Counts the passes over the tiny network."""

    def __init__(self) -> None:
        self._denoiser = tiny_denoiser("rgb")
        self.facts = self._denoiser.facts
        self.asked: list[Settings] = []

    def denoise_picture(self, planes, *, settings, estimate=None, **options):
        self.asked += [settings] if estimate is None else []
        return self._denoiser.denoise_picture(planes, settings=settings, estimate=estimate, **options)


@pytest.fixture
def photo(conversation):
    photo = read_layer(conversation.folder, read_job(conversation.denoise()).layout)
    conversation.end()
    return photo


def preview(layers, photo, denoiser, settings):
    return layers.denoise(photo, denoiser=denoiser, settings=settings, preview=True, on_progress=lambda *_: None)


def test_previews_remember_the_full_estimate(photo) -> None:
    layers, denoiser = LayerDenoiser(), CountingDenoiser()
    for settings in (Settings(), Settings(strength=0.3), Settings(chroma=0.2, detail=0.7)):
        previewed = preview(layers, photo, denoiser, settings)
    assert denoiser.asked == [Settings()]
    expected = denoise(photo, denoiser=denoiser, settings=Settings(chroma=0.2, detail=0.7))
    np.testing.assert_array_equal(previewed.samples, expected.samples)


def test_strength_alone_blends_exactly(photo) -> None:
    layers, denoiser = LayerDenoiser(), CountingDenoiser()
    clean = preview(layers, photo, denoiser, Settings()).planes()
    half = preview(layers, photo, denoiser, Settings(strength=0.5)).planes()
    # Both were rounded to 16 bits; what was cut off at black and white does not count.
    inside = (clean > 0) & (clean < 1)
    np.testing.assert_allclose(half[inside], ((clean + photo.planes()) / 2)[inside], atol=1.01 / 65535)


def test_other_pixels_or_steps_are_estimated_anew_and_few_are_kept(photo) -> None:
    layers, denoiser = LayerDenoiser(), CountingDenoiser()
    for steps in (1, 2, 3, 4, 2, 5, 1):
        preview(layers, photo, denoiser, Settings(steps))
    assert [settings.steps for settings in denoiser.asked] == [1, 2, 3, 4, 5, 1]
    preview(layers, photo.with_samples(photo.samples ^ 1), denoiser, Settings(1))
    assert len(denoiser.asked) == 7


def test_without_preview_nothing_is_remembered(photo) -> None:
    layers, denoiser = LayerDenoiser(), CountingDenoiser()
    for _ in range(2):
        layers.denoise(photo, denoiser=denoiser, settings=Settings(), preview=False, on_progress=lambda *_: None)
    assert len(denoiser.asked) == 2
