"""One photo: the order of things, what is refused, and what is told."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rwdenoise.choices import Settings
from rwdenoise.errors import Cancelled, OutputExistsError, PhotoAccessError, PhotoError, PhotoWriteError, SettingsError
from rwdenoise.events import Finished, Noise, Progress, Residual, Started, Warned
from rwdenoise.jobs import photo as job
from rwdenoise.jobs import stages
from rwdenoise.jobs.treatment import Treatment
from rwdenoise.noise import estimate
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.rgb import RgbPhoto
from tests.fakes import FakeDenoiser, fake_linear_photo, fake_photo, fake_picture

STATED, GIVEN, ESTIMATED = NoiseProfile(1e-3, 1e-6), NoiseProfile(2e-3, 2e-6), NoiseProfile(3e-3, 3e-6)


@pytest.fixture
def world(tmp_path: Path, monkeypatch) -> SimpleNamespace:
    """Return a source, and make the io package only remember."""
    world = SimpleNamespace(source=tmp_path / "a.NEF", target=tmp_path / "a.dng", photo=fake_photo(), written=[])
    world.source.write_bytes(b"raw")

    def write(photo, target, *, warn, confirm, **options) -> None:
        warn("The GPS position is missing.")
        target.write_bytes(b"dng")
        world.written.append((photo, options))

    monkeypatch.setattr(stages, "write_photo", write)
    monkeypatch.setattr(estimate, "estimate_noise", lambda *_, **__: ESTIMATED)
    return world


def run(world: SimpleNamespace, **options) -> tuple[list, FakeDenoiser]:
    events, denoiser = [], FakeDenoiser()
    settings = options.pop("settings", Settings(steps=2))
    events.append(
        job.denoise_photo(
            world.source,
            options.pop("target", world.target),
            denoiser=denoiser,
            settings=settings,
            read=options.pop("read", lambda _: world.photo),
            listen=options.pop("listen", events.append),
            **options,
        )
    )
    return events, denoiser


def test_events_come_in_order(world) -> None:
    events, _ = run(world)
    name = str(world.source)
    assert events[:-2] == [
        Started(name, name, str(world.target)),
        Progress(name, "read", 0, 1),
        Progress(name, "read", 1, 1),
        Noise(name, ESTIMATED.shot, ESTIMATED.read, "estimated"),
        *(Progress(name, "denoise", tile, 4) for tile in (1, 2, 3, 4)),
        Progress(name, "write", 0, 1),
        Warned(name, "The GPS position is missing."),
    ]
    assert events[-1] is events[-2]


def test_finished_says_what_was_done(world) -> None:
    finished = run(world, settings=Settings(3, 0.5, "ddim", detail=0.25))[0][-1]
    assert isinstance(finished, Finished)
    assert (finished.output, finished.weights, finished.device) == (str(world.target), "fake 1.0", "nowhere")
    assert (finished.settings.sampler, finished.settings.steps, finished.settings.strength) == ("ddim", 3, 0.5)
    assert (finished.settings.chroma_strength, finished.settings.detail) == (0.5, 0.25)
    assert finished.megapixels == pytest.approx(24e-6, abs=1e-3)
    assert 0 <= finished.seconds < 60


@pytest.mark.parametrize(
    ("given", "stated", "expected", "origin"),
    [
        (GIVEN, STATED, GIVEN, "given"),
        (None, STATED, STATED, "file"),
        (None, None, ESTIMATED, "estimated"),
    ],
)
def test_the_noise_is_given_or_stated_or_estimated(world, given, stated, expected, origin) -> None:
    world.photo = fake_photo(noise=stated)
    events, denoiser = run(world, noise=given)
    assert [event.origin for event in events if isinstance(event, Noise)] == [origin]
    assert denoiser.asked[0][1] == expected
    assert world.written[0][1]["provenance"].noise == expected


def test_the_denoised_planes_and_the_options_are_written(world) -> None:
    run(world, format="tiff", color="rec2020", overwrite=True)
    photo, options = world.written[0]
    np.testing.assert_allclose(photo.planes(), world.photo.planes() / 2, atol=1e-4)
    provenance = options.pop("provenance")
    assert options == {"format": "tiff", "color": "rec2020", "overwrite": True}
    assert (provenance.weights, provenance.settings.sampler, provenance.settings.steps) == ("fake 1.0", "improved", 2)


def test_chroma_and_detail_arrive_everywhere(world) -> None:
    events, denoiser = run(world, settings=Settings(strength=0, chroma=1, detail=0.5))
    assert denoiser.white_balance == world.photo.white_balance
    assert (events[-1].settings.strength, events[-1].settings.chroma, events[-1].settings.detail) == (0, 1, 0.5)
    provenance = world.written[0][1]["provenance"]
    assert (provenance.settings.strength, provenance.settings.chroma, provenance.settings.detail) == (0, 1, 0.5)


class TestPictures:
    """Photos with three colors in each pixel."""

    @pytest.fixture(params=["developed", "linear"])
    def photo(self, request, world) -> RgbPhoto | RawPhoto:
        world.photo = fake_picture() if request.param == "developed" else fake_linear_photo()
        world.target = world.target.with_suffix(".jpg")
        return world.photo

    def test_they_are_denoised_blind(self, world, photo) -> None:
        events, denoiser = run(world)
        assert not [event for event in events if isinstance(event, Noise | Residual)]
        assert not denoiser.asked
        written, options = world.written[0]
        np.testing.assert_allclose(written.planes(), photo.planes() / 2, atol=0.01)
        assert options["provenance"].noise is None
        assert events[-1].megapixels == pytest.approx(photo.frame.height * photo.frame.width / 1e6, abs=1e-3)

    def test_a_given_profile_is_said_to_be_of_no_use(self, world, photo) -> None:
        events, _ = run(world, noise=GIVEN)
        assert any("noise profile is ignored" in event.message for event in events if isinstance(event, Warned))

    def test_a_stated_profile_is_told(self, world) -> None:
        world.photo = replace(fake_linear_photo(), noise=STATED)
        events, _ = run(world, settings=Settings(detail=1.0))
        assert [event for event in events if isinstance(event, Noise)] == [
            Noise(str(world.source), STATED.shot, STATED.read, "file")
        ]
        assert world.written[0][1]["provenance"].noise == STATED

    def test_strength_0_keeps_them(self, world, photo) -> None:
        run(world, settings=Settings(strength=0))
        assert world.written[0][0] is photo

    def test_the_weights_are_loaded_for_the_kind_of_photo(self, world, photo) -> None:
        asked = []
        job.denoise_photo(
            world.source,
            world.target,
            denoiser=lambda domain: asked.append(domain) or FakeDenoiser(),
            settings=Settings(),
            read=lambda _: photo,
        )
        assert asked == ["rgb"]


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [("a.TIFF", None, "tiff"), ("a.dng", "png", "png"), ("a.jpe", None, "jpeg"), ("a", None, "dng")],
)
def test_the_format_is_given_or_that_of_the_name(world, tmp_path, name, format, expected) -> None:
    run(world, target=tmp_path / name, format=format)
    assert world.written[0][1]["format"] == expected


@pytest.mark.parametrize(
    ("photo", "format", "words"),
    [(fake_picture(), "dng", "is a developed picture, "), (fake_photo(), "heif", "is camera RAW, ")],
)
def test_a_format_that_does_not_suit_is_refused_before_any_work(world, photo, format, words) -> None:
    world.photo = photo
    with pytest.raises(SettingsError, match=f"a.NEF {words}which can be written as .*, but not as {format}"):
        run(world, format=format)
    assert not world.written


def residuals(world, settings: Settings) -> list[Residual]:
    """Denoise a photo of some blocks, which the fake halves."""
    world.photo = fake_photo(height=70, width=100)
    return [event for event in run(world, settings=settings)[0] if isinstance(event, Residual)]


def test_what_was_removed_is_judged(world) -> None:
    (told,) = residuals(world, Settings(strength=0.5))
    assert (told.job, told.consistent, told.blocks) == (str(world.source), 0, 6)
    assert [(area["top"], area["left"], area["height"], area["width"]) for area in told.worst] == [(0, 0, 64, 96)]


@pytest.mark.parametrize("settings", [Settings(chroma=0.5), Settings(strength=0.5, chroma=1), Settings(strength=0)])
def test_where_noise_was_to_stay_unequally_nothing_is_judged(world, settings) -> None:
    assert residuals(world, settings) == []


def test_strength_0_never_runs_the_network_and_keeps_the_mosaic(world) -> None:
    _, denoiser = run(world, settings=Settings(strength=0))
    assert not denoiser.asked
    assert world.written[0][0] is world.photo


def test_missing_folders_are_made(world, tmp_path) -> None:
    target = tmp_path / "new" / "er" / "a.dng"
    run(world, target=target)
    assert target.is_file()


def refused(world, target: Path, error: type[PhotoError], *, overwrite: bool = False) -> str:
    """Return the message with which a job is refused, before anything is read."""
    world.photo = None  # Reading it would raise AttributeError.
    with pytest.raises(error) as caught:
        run(world, target=target, overwrite=overwrite)
    assert not world.written
    return caught.value.message


def test_an_existing_output_is_refused(world) -> None:
    world.target.write_bytes(b"old")
    refused(world, world.target, OutputExistsError)
    assert world.target.read_bytes() == b"old"


def test_an_existing_output_is_replaced_if_asked(world) -> None:
    world.target.write_bytes(b"old")
    run(world, overwrite=True)
    assert world.target.read_bytes() == b"dng"


@pytest.mark.parametrize("kind", ["itself", "symbolic", "hard"])
def test_the_source_is_never_the_target(world, tmp_path, kind) -> None:
    link = tmp_path / "link.dng"
    if kind == "symbolic":
        link.symlink_to(world.source)
    elif kind == "hard":
        link.hardlink_to(world.source)
    target = world.source if kind == "itself" else link
    assert "is the source itself" in refused(world, target, OutputExistsError, overwrite=True)
    assert world.source.read_bytes() == b"raw"


def test_a_missing_source(world) -> None:
    world.source.unlink()
    assert "a.NEF does not exist" in refused(world, world.target, PhotoAccessError)


def test_a_folder_is_no_source(world, tmp_path) -> None:
    world.source = tmp_path
    assert "without RAW photos" in refused(world, tmp_path / "x.dng", PhotoAccessError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_rather_than_waited_for(world, tmp_path) -> None:
    world.source = tmp_path / "pipe.NEF"
    os.mkfifo(world.source)
    assert "pipe" in refused(world, world.target, PhotoAccessError)


def test_a_loop_of_links(world, tmp_path) -> None:
    world.source = tmp_path / "loop.NEF"
    world.source.symlink_to("loop.NEF")
    assert "link" in refused(world, world.target, PhotoAccessError)


def test_a_target_below_a_file(world) -> None:
    assert "is not a folder" in refused(world, world.source / "a.dng", PhotoWriteError)


def test_a_target_with_too_long_a_name(world, tmp_path) -> None:
    assert "File name too long" in refused(world, tmp_path / ("x" * 300 + ".dng"), PhotoWriteError)


def test_a_folder_that_cannot_be_written_into(world, monkeypatch) -> None:
    # Faked, because root may write into folders that are read-only.
    monkeypatch.setattr(job.os, "access", lambda *_: False)
    assert "You have no write permission in" in refused(world, world.target, PhotoWriteError)


def append(source: Path) -> None:
    source.write_bytes(b"raw and more")


def replace_file(source: Path) -> None:
    source.with_suffix(".new").write_bytes(b"war")
    source.with_suffix(".new").replace(source)


@pytest.mark.parametrize("spoil", [append, replace_file, Path.unlink])
@pytest.mark.parametrize("stage", ["read", "denoise"])
def test_a_source_that_changes_meanwhile_is_not_mixed_with_itself(world, stage, spoil) -> None:
    """Pixels of one file and metadata of another are worse than no result."""

    def read(_path: Path) -> RawPhoto:
        if stage == "read":
            spoil(world.source)
        return world.photo

    def listen(event) -> None:
        if stage == "denoise" and event == Progress(str(world.source), "denoise", 1, 4):
            spoil(world.source)

    with pytest.raises(PhotoAccessError, match="does not exist" if spoil is Path.unlink else "changed while"):
        run(world, read=read, listen=listen)
    assert not world.target.exists()


def test_the_result_says_what_it_was_made_from(world) -> None:
    finished = run(world)[0][-1]
    provenance = world.written[0][1]["provenance"]
    assert provenance.source_digest == finished.source_digest == hashlib.sha256(b"raw").hexdigest()
    key = Treatment(Settings(steps=2)).key("dng", weights=FakeDenoiser.digest)
    assert provenance.method_key == finished.method_key == key


@pytest.mark.parametrize("stage", ["read", "denoise", "write"])
def test_cancelled_at_any_stage_writes_nothing(world, stage) -> None:
    def listen(event) -> None:
        if isinstance(event, Progress) and event.stage == stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(world, listen=listen)
    assert not world.target.exists()
