"""Test that the speed bench measures correctly on any machine; the slow parts are fakes."""

import json
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

pytest.importorskip("scipy", reason="the bench needs scipy, which comes with the extra `bench`")

from bench.methods import Absent, MosaicMethod, PictureMethod
from bench.peers.developer import Developer, Rendering
from bench.speed import __main__ as program
from bench.speed import entrants, linear, peers, photos, rates, whole
from bench.speed.aims import check_aims
from bench.speed.ceilings import COPY, PRODUCT, find_ceiling, measure_ceilings
from bench.speed.commands import (
    CommandError,
    denoise_command,
    peak_memory,
    run_command,
    seconds_to_first_tile,
    usual_steps,
)
from bench.speed.engines import NetworkAlone, all_backends, flops_per_pixel, hardware_of
from bench.speed.page import table_name, write_page
from bench.speed.photos import Photos
from bench.speed.sizes import FULL, QUICK, shape_of
from bench.speed.timing import in_turn
from rwdenoise.io.raw.reader import read_raw
from rwdenoise.network.engines.devices import choose_backend
from rwdenoise.network.unet import save_network
from rwdenoise.network.weights import Architecture
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import NoiseProfile
from rwdenoise.simulation.raw_photo import simulate_raw
from tests.bench.test_programs import gray_pictures
from tests.tiny import tiny_facts, tiny_network

MEGABYTE = 10**6


class FlatPhotos(Photos):
    """A gray scene, which needs no data."""

    noise = NoiseProfile(1e-3, 1e-6)

    @property
    def _both(self):
        gray = np.full((3, 64, 96), 0.18, np.float32)
        return simulate_raw(gray, cfa=RGGB, iso=6400, rng=np.random.default_rng(1), noise=self.noise)


@pytest.fixture
def flat(tmp_path: Path) -> FlatPhotos:
    return FlatPhotos(tmp_path)


@pytest.fixture
def weights(tmp_path: Path) -> str:
    """Return the weights file of a tiny network."""
    path = tmp_path / "tiny.safetensors"
    save_network(tiny_network(), tiny_facts(), path)
    return str(path)


@pytest.mark.parametrize("megapixels", [*FULL.line, *QUICK.line])
def test_photos_have_the_size_that_was_asked_for(megapixels: float) -> None:
    height, width = shape_of(megapixels)
    assert height % 16 == width % 16 == 0
    assert height * width / 1e6 == pytest.approx(megapixels, rel=0.06)
    assert width / height == pytest.approx(1.5, rel=0.06)


def test_things_are_timed_in_turn() -> None:
    called = []

    def work(name: str, seconds: list[float]):
        def take() -> float:
            called.append(name)
            return seconds.pop()

        return take

    found = in_turn({"a": work("a", [1, 9, 2]), "b": work("b", [5, 4, 3])}, rounds=3)
    assert called == list("ababab")
    assert found == {"a": 2, "b": 4}


def test_ceilings_tell_both_precisions_and_the_memory() -> None:
    rows = measure_ceilings(["cpu"], QUICK)
    assert [(row["what"], row["precision"]) for row in rows] == [
        (PRODUCT, "float32"),
        (PRODUCT, "bfloat16"),
        (COPY, ""),
    ]
    assert all(row["rate"] > 0 for row in rows)
    assert find_ceiling(rows, "cpu", torch.bfloat16) == rows[1]["rate"]
    assert find_ceiling(rows, "cuda", torch.bfloat16) is None


def test_the_arithmetic_of_a_network_is_counted() -> None:
    # Counted by hand, for each 2 x 2 px: the head's 4 -> 16 and 12 -> 4 with 3 x 3 and 20 -> 8 with 1 x 1, a block's
    # two 8 -> 8 and the tail's 8 -> 4 with 3 x 3.
    multiply_accumulates = 9 * (4 * 16 + 12 * 4) + 20 * 8 + 9 * (2 * 8 * 8 + 8 * 4)
    counted = flops_per_pixel(Architecture(widths=(8,), blocks=(1,), embedding=16))
    # The embedding of the noise level is computed once per frame.
    assert counted == pytest.approx(2 * multiply_accumulates / 4, rel=0.01)


def test_every_backend_is_found_once_and_float32_is_among_them() -> None:
    names = [backend.name for backend in all_backends()]
    assert len(set(names)) == len(names)
    assert any("float32" in name for name in names)


def test_rates_hold_megapixels_and_arithmetic_against_the_seconds(
    flat: FlatPhotos, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = {rates.NETWORK: 0.5, "1": 0.5, "2": 1.0}

    def half_a_second_a_step(works, rounds):
        assert rounds == QUICK.rounds
        assert all(work() > 0 for work in works.values())
        return {(backend, steps): taken[steps] for backend, steps in works}

    monkeypatch.setattr(rates, "in_turn", half_a_second_a_step)
    ceilings = [{"device": "cpu", "what": PRODUCT, "precision": "float32", "rate": 0.5}]
    rows = rates.measure_rates(flat, [weights], ceilings, QUICK)[:3]
    pixels = math.prod(shape_of(QUICK.rates))
    gflops = flops_per_pixel(tiny_facts().architecture) * pixels / 0.5 / 1e9
    assert [row["steps"] for row in rows] == list(taken)
    # A photo of this size is a single tile, which has no halo.
    assert [row["passes"] for row in rows] == [1, 1, 2]
    assert [row["gflops"] for row in rows] == pytest.approx([gflops] * 3)
    assert [row["share"] for row in rows] == pytest.approx([gflops / 0.5] * 3)
    assert [row["rate"] for row in rows] == pytest.approx([pixels / 1e6 / seconds for seconds in taken.values()])
    assert [row["of_one_step"] for row in rows] == [1, 1, 2]


@pytest.mark.parametrize(
    ("name", "hardware"),
    [
        ("cpu (float32)", "cpu"),
        ("openvino (bfloat16)", "cpu"),
        ("openvino:gpu (float16)", "openvino:gpu"),
        ("cuda (bfloat16, compiled)", "cuda"),
    ],
)
def test_a_backend_is_judged_by_the_hardware_that_it_runs_on(name: str, hardware: str) -> None:
    assert hardware_of(SimpleNamespace(name=name)) == hardware


def test_the_network_alone_sees_the_halos(weights: str) -> None:
    backend = choose_backend("cpu")
    assert NetworkAlone(weights, backend, (64, 1024)).pixels == 64 * 1024
    assert NetworkAlone(weights, backend, (64, 2048)).pixels == 64 * (2048 + 2 * tiny_facts().halo)


@pytest.mark.parametrize(("extra", "deviation"), [(0.0, 0.0), (0.2, 0.05)])
def test_the_straight_line_may_start_above_zero(
    flat: FlatPhotos, weights: str, monkeypatch: pytest.MonkeyPatch, extra: float, deviation: float
) -> None:
    def cost(works, rounds):
        assert rounds == QUICK.rounds
        return {size: (0.3 + 2 * size) * (1 + extra * (size == QUICK.line[1])) for size in works}

    monkeypatch.setattr(linear, "in_turn", cost)
    rows = linear.measure_line(flat, weights, QUICK)
    assert [row["megapixels"] for row in rows] == list(QUICK.line)
    worst = max(abs(row["deviation"]) for row in rows)
    assert worst == pytest.approx(0, abs=1e-9) if deviation == 0 else worst > deviation


def test_peak_memory_is_the_commands_own() -> None:
    ballast = bytearray(b"1" * (200 * MEGABYTE))
    small, large = (
        peak_memory([sys.executable, "-c", f"x = bytearray(b'1' * {size})"]) for size in (1, 100 * MEGABYTE)
    )
    assert small < 100 * MEGABYTE < len(ballast)
    assert 100 * MEGABYTE < large - small / 2 < 300 * MEGABYTE


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(CommandError, match="status 1: no such photo"):
        run_command([sys.executable, "-c", "raise SystemExit('hello\\nno such photo')"])


def test_the_first_tile_is_waited_for_and_nothing_more() -> None:
    said = [{"event": "progress", "stage": "read", "done": 1}, {"stage": "denoise", "done": 0}]
    tile = {"stage": "denoise", "done": 1}
    script = "import sys, time\nfor line in sys.argv[1:-1]: print(line, flush=True)\n"
    lines = [json.dumps(event) for event in (*said, tile)]
    assert 0 < seconds_to_first_tile([sys.executable, "-c", f"{script}time.sleep(60)", *lines]) < 30
    with pytest.raises(CommandError, match="before its first tile"):
        seconds_to_first_tile([sys.executable, "-c", script, *lines[:-1]])


def test_whole_commands_stand_beside_the_network(
    flat: FlatPhotos, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []
    monkeypatch.setattr(whole, "run_command", ran.append)
    (row,) = whole.measure_job(flat, [weights], QUICK)
    assert row["ratio"] == row["command"] / row["network"]
    (command,) = ran
    assert command[-4:] == ["--weights", weights, "--steps", str(usual_steps(weights))]
    assert read_raw(Path(command[3])).frame.height == shape_of(QUICK.photo)[0]


def test_memory_is_measured_for_each_size(flat: FlatPhotos, weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "peak_memory", lambda _command: 1.5e9)
    rows = whole.measure_memory(flat, [weights], QUICK)
    assert [(row["megapixels"], row["gigabytes"]) for row in rows] == [(size, 1.5) for size in QUICK.memory]


def test_help_begins_fast_enough_to_be_timed(flat: FlatPhotos, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = whole.measure_startup(flat, [], QUICK)
    assert [row["what"] for row in rows] == ["--help"]
    assert rows[0]["seconds"] > 0


def test_our_command_denoises_without_the_users_settings(flat: FlatPhotos, weights: str, tmp_path: Path) -> None:
    target = tmp_path / "denoised.dng"
    run_command(denoise_command(flat.noisy(0.02), target, "--weights", weights, "--steps", "1"))
    assert read_raw(target).frame == read_raw(flat.noisy(0.02)).frame


def test_a_photo_is_repeated_up_to_its_size(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "kodak", lambda: gray_pictures(tmp_path, count=6))
    made = Photos(tmp_path)
    mosaic = made.mosaic(0.5)
    assert mosaic.shape == shape_of(0.5)
    np.testing.assert_array_equal(mosaic[:40, :240], mosaic[40:80, 240:480])
    noisy, clean = (read_raw(path) for path in (made.noisy(0.5), made.clean(0.5)))
    np.testing.assert_array_equal(noisy.planes()[0], mosaic)
    assert (clean.model, clean.cfa, clean.noise) == ("Canon EOS 5D Mark II", RGGB, None)
    error = noisy.planes() - clean.planes()
    assert error.var() == pytest.approx(made.noise.variance(clean.planes()).mean(), rel=0.1)


def means(mosaic):
    """Replace each site by the mean of its color: the photo of a gray scene without noise."""
    height, width = mosaic.shape
    return np.tile(mosaic.reshape(height // 2, 2, width // 2, 2).mean(axis=(0, 2)), (height // 2, width // 2))


class Halving(Developer):
    """Fake converter that shows the mosaic as gray; its denoising halves the noise and takes 3 s more."""

    def develop(self, source: Path, settings: str) -> Rendering:
        mosaic = read_raw(source).planes()[0]
        if settings != self.plain:
            mosaic = (mosaic + means(mosaic)) / 2
        return Rendering(np.stack([mosaic] * 3, axis=2), 2.0 if settings == self.plain else 5.0)


def test_everybody_is_judged_on_the_same_square(
    flat: FlatPhotos, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    converter = Halving("halver 1.0", lambda *_: [], plain="plain", denoising={"halving": "halve"})
    absent = Absent("RawTherapee", "not installed")
    mean = MosaicMethod("mean", lambda mosaic, _cfa, _noise: means(mosaic))
    told = []
    picture_peer = PictureMethod("teller", lambda picture, sigma: told.append(sigma) or picture)
    for name, value in {
        "find_darktable": converter,
        "find_rawtherapee": absent,
        "bm3d_methods": [mean],
        "pmrid_methods": [],
        "ffdnet": picture_peer,
    }.items():
        monkeypatch.setattr(peers, name, lambda value=value: value)
    monkeypatch.setattr(
        entrants, "run_command", lambda command: Path(command[5]).write_bytes(flat.clean(QUICK.photo).read_bytes())
    )
    rows = {row["program"] + row.get("method", ""): row for row in peers.measure_peers(flat, [weights], QUICK)}
    assert rows["RawTherapee"]["absent"] == "not installed"
    plain, halved = rows["halver 1.0none"], rows["halver 1.0halving"]
    assert (plain["seconds"], plain["added"]) == (2, 0)
    assert (halved["seconds"], halved["added"]) == (5, 3)
    assert halved["psnr"] > plain["psnr"] + 3
    # The photo without noise replaces our result: nothing is better.
    assert rows["rwdenoisetiny, 1 step"]["psnr"] == float("inf")
    assert rows["meanmosaic"]["psnr"] > halved["psnr"]
    assert rows["tellerdeveloped picture"]["psnr"] == pytest.approx(plain["psnr"])
    assert told == [pytest.approx(10 ** (-plain["psnr"] / 20), rel=0.01)] * QUICK.rounds


def test_without_a_converter_nothing_can_be_judged(flat: FlatPhotos, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("find_darktable", "find_rawtherapee"):
        monkeypatch.setattr(peers, name, lambda name=name: Absent(name, "not installed"))
    rows = peers.measure_peers(flat, [], QUICK)
    assert all("absent" in row for row in rows)
    assert "no raw converter" in rows[-1]["absent"]


def test_aims_are_judged_by_what_was_measured() -> None:
    network = {"steps": rates.NETWORK, "backend": "cpu (bfloat16)", "of_one_step": 0.9}
    own = {
        "program": peers.OURS,
        "method": peers.method_name("cfa-fast", usual_steps("cfa-fast")),
        "added": 5,
        "psnr": 34,
    }
    nlm = {"program": "darktable 4", "method": "denoise, non-local means", "seconds": 30, "added": 4, "psnr": 35}
    tables = {
        "rates": [{**network, "share": 0.55}, {**network, "share": None}],
        "linear": [{"deviation": -0.07}, {"deviation": 0.01}],
        "peers": [{**own, "seconds": 9}, nlm, {**nlm, "method": peers.NO_DENOISING}, {"program": "x", "absent": "y"}],
    }
    found = {row["aim"]: (row["measured"], row["reached"]) for row in check_aims(tables)}
    assert found == {
        "network's share of the bf16 ceiling, PyTorch": (0.55, "yes"),
        "largest deviation from a straight line": (0.07, "no"),
        "cfa-fast, times darktable's non-local means": (0.3, "yes"),
        "peers that are both faster and better": (1, "no"),
    }


def test_the_page_holds_the_tables_that_are_there(tmp_path: Path) -> None:
    (tmp_path / f"{table_name('job')}.md").write_text("| a table |\n", encoding="utf-8")
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert page.startswith("# How fast it is\n")
    assert "## The whole command" in page
    assert "| a table |" in page
    assert "## Rates" not in page


def test_the_command_writes_tables_and_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.main(["--quick", "--into", str(tmp_path), "ceilings"])
    assert {path.name for path in tmp_path.iterdir()} >= {f"speed-ceilings.{end}" for end in ("md", "csv", "json")}
    assert "GFLOP/s" in capsys.readouterr().out
    assert "memory copy" in (tmp_path / "speed.md").read_text(encoding="utf-8")


def test_plots_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed; '.[bench]' brings it")
    from bench.speed.plots import plot_line, plot_peers

    plot_line([{"megapixels": 1.0, "seconds": 2.0, "line": 2.1}], tmp_path / "line.png")
    peer = {"program": "a", "method": "b", "added": 1.0, "psnr": 30.0}
    plot_peers([peer, {"program": "c", "absent": "gone"}], tmp_path / "peers.png")
    for name in ("line.png", "peers.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
