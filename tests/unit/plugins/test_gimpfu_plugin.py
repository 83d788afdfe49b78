"""The plug-in for GIMP 2.10 on the stubs of gimpfu, with the real worker and with bad ones."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from rwdenoise.choices import Settings
from rwdenoise.denoising.denoiser import load_denoiser
from rwdenoise.denoising.photos import denoise
from rwdenoise.io.pictures.layer import Layout, read_layer, write_layer
from rwdenoise.network.unet import save_network
from tests.stubs.fresh import STUBS, fresh_gimp, host_of
from tests.tiny import tiny_facts, tiny_network

PLUG_INS = Path(__file__).parents[3] / "plugins" / "gimp"
SCRIPT, SHARED = PLUG_INS / "gimpfu" / "rwdenoise.py", sorted(PLUG_INS.glob("*.py"))
NAME = "plug-in-rwdenoise"
# Strength, detail, chroma as strength, chroma, quality, steps, device.
DEFAULTS = (1.0, 0.0, 1, 1.0, "best", 2, "auto")
WIDTH, HEIGHT = 80, 72
SELECTION = (17, 9, 30, 40)
TYPES = {100: "u1", 200: "u2", 300: "u4", 500: "f2", 600: "f4", 700: "f8"}
WORDS = {100: "u8", 200: "u16", 300: "u32", 500: "half", 600: "float", 700: "double"}
PRECISIONS = [hundred + curve for hundred in TYPES for curve in (0, 50)]

# A worker that turns pictures upside down and writes down what it was asked.
UPSIDE_DOWN = """
import json, os, shutil, sys
print(json.dumps({"v": 1, "event": "ready", "version": "0"}), flush=True)
job = json.loads(sys.stdin.readline())
with open(os.path.join(job["folder"], "pixels.in"), "rb") as file:
    data = file.read()
job["profile"] = os.path.exists(os.path.join(job["folder"], "profile.icc"))
with open(REQUEST, "w") as file:
    json.dump(job, file)
row = len(data) // job["height"]
with open(os.path.join(job["folder"], "pixels.out"), "wb") as file:
    file.writelines(data[top : top + row] for top in range(len(data) - row, -1, -row))
for event in ({"event": "progress", "stage": "denoise", "done": 1, "total": 2}, {"event": "finished"}):
    print(json.dumps({"v": 1, "job": job["job"], **event}), flush=True)
sys.stdin.read()
"""
DIES = 'print(\'{"v": 1, "event": "ready"}\', flush=True); input(); raise SystemExit("out of luck")'
GARBAGE = "print('Segmentation fault', flush=True); input()"
FAILS = """
import json
print(json.dumps({"v": 1, "event": "ready"}), flush=True)
failed = {"event": "failed", "job": json.loads(input())["job"], "code": "x", "message": "Schief.", "hint": "Größer."}
print(json.dumps({"v": 1, **failed}), flush=True)
input()
"""


class InGimp:
    """GIMP 2.10 with the plug-in."""

    def __init__(self, gimpfu, request: Path) -> None:
        self.gimpfu, self.gimp, self.pdb = gimpfu, gimpfu.gimp, gimpfu.pdb
        self.host = host_of(gimpfu)
        self._request = request

    @property
    def request(self) -> dict[str, object]:
        """What the worker was asked."""
        return json.loads(self._request.read_text())

    def layer(self, precision=150, type=0):
        """Return a layer with noise, in an image of its own."""
        image = self.pdb.gimp_image_new_with_precision(WIDTH, HEIGHT, type // 2, precision)
        layer = self.gimp.Layer(image, "Sky", WIDTH, HEIGHT, type)
        image.insert_layer(layer)
        layer._pixels[:] = noise(precision, channels=(1, 3)[type < 2] + type % 2).tobytes()
        return layer

    def select(self, image, area=SELECTION) -> None:
        self.pdb.gimp_image_select_rectangle(image, self.gimpfu.CHANNEL_OP_REPLACE, *area)

    def run(self, drawable, *settings, mode=1) -> str:
        return self.host.call(NAME, mode, drawable.image, drawable, *(settings or DEFAULTS))


def noise(precision, *, channels):
    values = np.random.default_rng(0).normal(0.4, 0.1, (HEIGHT, WIDTH, channels)).clip(0, 1)
    kind = np.dtype(TYPES[precision // 100 * 100])
    return (values * np.iinfo(kind).max if kind.kind == "u" else values).astype(kind)


def selected(area=SELECTION):
    inside = np.zeros((HEIGHT, WIDTH), bool)
    x, y, width, height = area
    inside[y : y + height, x : x + width] = True
    return inside


def pixels(drawable, precision):
    return np.frombuffer(drawable._pixels, TYPES[precision // 100 * 100]).reshape(HEIGHT, WIDTH, -1)


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Return what starts a GIMP whose plug-in has this worker; no temporary file may be left at the end."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    # As many threads as here: other numbers of them add up in another order.
    monkeypatch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads()))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", str(torch.get_num_threads()))
    installed = tmp_path / "rwdenoise"
    installed.mkdir()
    for file in (SCRIPT, *SHARED):
        shutil.copy(file, installed)
    with fresh_gimp(installed) as gimpfu:

        def start(command=None) -> InGimp:
            if isinstance(command, str):
                command = [sys.executable, "-c", f"REQUEST = {str(tmp_path / 'request.json')!r}\n{command}"]
            if command is not None:
                (installed / "worker.json").write_text(json.dumps({"command": command, "version": "0"}))
            import rwdenoise_as_plug_in  # noqa: F401 -- it registers itself

            return InGimp(gimpfu, tmp_path / "request.json")

        # The library is called rwdenoise, too.
        (installed / "rwdenoise.py").rename(installed / "rwdenoise_as_plug_in.py")
        yield start
    assert list(temporary.iterdir()) == []


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_network(tiny_network("rgb"), tiny_facts("rgb"), path)
    return path


@pytest.fixture
def real(start, weights):
    """Return a GIMP whose plug-in has the real worker, with a tiny network."""
    return start([sys.executable, "-m", "rwdenoise_cli", "worker", f"--weights={weights}"])


def test_it_registers_a_filter(start):
    gimp = start()
    assert gimp.host.menus == {NAME: "<Image>/Filters/Enhance"}
    procedure = gimp.host.procedures[NAME]
    assert procedure[5:7] == ("_Denoise photo...", "RGB*, GRAY*")
    assert [param[1] for param in procedure[8]][:4] == ["run-mode", "image", "drawable", "strength"]


@pytest.mark.parametrize("precision", [250, 600])
def test_inside_of_the_selection_is_what_the_library_gives(real, weights, tmp_path, precision):
    layer = real.layer(precision, type=1)
    before = pixels(layer, precision).copy()
    real.select(layer.image)
    assert real.run(layer, 0.8, 0.25, 0, 0.5, "best", 2, "cpu") == "success", real.host.errors
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "pixels.in").write_bytes(before.tobytes())
    (folder / "profile.icc").write_bytes(bytes(real.pdb.gimp_image_get_effective_color_profile(layer.image)[1]))
    layout = Layout(
        WIDTH, HEIGHT, 4, True, WORDS[precision // 100 * 100], "linear" if precision == 600 else "non-linear"
    )
    settings = Settings(steps=2, strength=0.8, chroma=0.5, detail=0.25)
    denoiser = load_denoiser(str(weights), device="cpu")
    photo = read_layer(folder, layout)
    write_layer(denoise(photo, denoiser=denoiser, settings=settings), folder)
    wanted = np.fromfile(folder / "pixels.out", before.dtype).reshape(before.shape)
    after, inside = pixels(layer, precision), selected()
    assert not np.array_equal(wanted[inside], before[inside])
    np.testing.assert_array_equal(after[~inside], before[~inside])
    np.testing.assert_allclose(after[inside], wanted[inside], rtol=0, atol=0 if precision == 250 else 1e-6)


def test_strength_0_changes_nothing_and_leaves_no_step_to_undo(real):
    layer = real.layer(250)
    before = bytes(layer._pixels)
    assert real.run(layer, 0.0, *DEFAULTS[1:]) == "success", real.host.errors
    assert bytes(layer._pixels) == before
    assert layer.image._steps == []


def test_wrong_settings_are_refused_in_the_workers_words(real):
    layer = real.layer()
    before = bytes(layer._pixels)
    assert real.run(layer, 7.0, *DEFAULTS[1:]) == "execution-error"
    assert "7" in real.host.messages[0]
    assert bytes(layer._pixels) == before


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("type", [1, 2])
def test_every_precision_keeps_its_bytes(start, precision, type):
    gimp = start(UPSIDE_DOWN)
    layer = gimp.layer(precision, type)
    before, inside = pixels(layer, precision).copy(), selected()
    gimp.select(layer.image)
    assert gimp.run(layer) == "success", gimp.host.errors
    after = pixels(layer, precision)
    np.testing.assert_array_equal(after[~inside], before[~inside])
    np.testing.assert_array_equal(after[inside], before[::-1][inside])
    assert gimp.request["type"] == WORDS[precision // 100 * 100]
    assert gimp.request["encoding"] == ("non-linear" if precision % 100 else "linear")
    assert (gimp.request["channels"], gimp.request["alpha"]) == ((1, 3)[type < 2] + type % 2, bool(type % 2))
    assert gimp.request["profile"] is True


def test_it_is_one_step_to_undo_and_shows_progress(start):
    gimp = start(UPSIDE_DOWN)
    layer = gimp.layer(250)
    before = bytes(layer._pixels)
    assert gimp.run(layer) == "success"
    assert gimp.host.progress == ["Denoising photo", "Denoising", 0.5]
    assert bytes(layer._pixels) != before
    gimp.host.undo(layer.image)
    assert bytes(layer._pixels) == before
    assert layer.image._steps == []


def test_settings_reach_the_worker(start):
    gimp = start(UPSIDE_DOWN)
    gimp.run(gimp.layer(), 0.5, 0.25, 1, 0.75, "fast", 7, "cpu")
    wanted = {"strength": 0.5, "detail": 0.25, "chroma": None, "quality": "fast", "steps": 7, "device": "cpu"}
    assert wanted.items() <= gimp.request.items()
    gimp.run(gimp.layer(), 0.5, 0.25, 0, 0.75, "fast", 7, "cpu")
    assert gimp.request["chroma"] == 0.75


def test_dialog_starts_with_the_defaults(start):
    gimp = start(UPSIDE_DOWN)
    gimp.run(gimp.layer(), mode=gimp.gimpfu.RUN_INTERACTIVE)
    assert gimp.host.last_values[NAME] == [1.0, 0.0, True, 1.0, "best", 2, "auto"]
    assert gimp.request["chroma"] is None


def test_selection_gets_context_on_whole_tiles(start):
    gimp = start(UPSIDE_DOWN)
    layer = gimp.layer()
    gimp.select(layer.image, (70, 66, 5, 4))
    assert gimp.run(layer) == "success"
    assert (gimp.request["width"], gimp.request["height"]) == (WIDTH, HEIGHT)
    layer = gimp.layer()
    gimp.select(layer.image, (2, 3, 5, 4))
    assert gimp.run(layer) == "success"
    assert (gimp.request["width"], gimp.request["height"]) == (71, 71)


def test_partly_selected_pixels_are_mixed(start):
    gimp = start(UPSIDE_DOWN)
    layer = gimp.layer(600, type=2)
    before = pixels(layer, 600).copy()
    mask = layer.create_mask(gimp.gimpfu.ADD_WHITE_MASK)
    mask._pixels[:] = np.full((HEIGHT, WIDTH), 0.25, np.float32).tobytes()
    gimp.pdb.gimp_image_select_item(layer.image, gimp.gimpfu.CHANNEL_OP_REPLACE, mask)
    assert gimp.run(layer) == "success"
    np.testing.assert_allclose(pixels(layer, 600), 0.75 * before + 0.25 * before[::-1], atol=1e-6)


def test_masks_are_linear_and_have_no_profile(start):
    gimp = start(UPSIDE_DOWN)
    layer = gimp.layer(250)
    mask = layer.create_mask(gimp.gimpfu.ADD_WHITE_MASK)
    layer.add_mask(mask)
    assert gimp.run(mask) == "success", gimp.host.errors
    assert (gimp.request["channels"], gimp.request["encoding"], gimp.request["profile"]) == (1, "linear", False)


def test_indexed_images_are_refused(start):
    gimp = start(UPSIDE_DOWN)
    image = gimp.gimp.Image(4, 4, gimp.gimpfu.INDEXED)
    assert gimp.run(gimp.gimp.Layer(image, "Sky", 4, 4, gimp.gimpfu.INDEXED_IMAGE)) == "execution-error"
    assert "Image > Mode > RGB" in gimp.host.messages[0]


def test_groups_are_refused(start):
    gimp = start(UPSIDE_DOWN)
    group = gimp.gimp.GroupLayer(gimp.gimp.Image(4, 4), "Clouds")
    assert gimp.run(group) == "execution-error"
    assert gimp.host.messages == ['"Clouds" is a layer group. Select a layer in it instead.']


@pytest.mark.parametrize("locked", ["layer", "group", "mask"])
def test_locked_pixels_are_refused(start, locked):
    gimp = start(UPSIDE_DOWN)
    layer = gimp.layer()
    group = gimp.pdb.gimp_layer_group_new(layer.image)
    layer.image.insert_layer(group)
    layer.image.insert_layer(layer, group)
    gimp.pdb.gimp_item_set_lock_content(group if locked == "group" else layer, 1)
    drawable = layer.create_mask(gimp.gimpfu.ADD_WHITE_MASK) if locked == "mask" else layer
    assert gimp.run(drawable) == "execution-error"
    assert "locked" in gimp.host.messages[0]


def test_selection_beside_the_layer_is_refused(start):
    gimp = start(UPSIDE_DOWN)
    layer = gimp.layer()
    layer.set_offsets(WIDTH // 2, 0)
    gimp.select(layer.image, (0, 0, 5, 5))
    assert gimp.run(layer) == "execution-error"
    assert 'does not touch "Sky' in gimp.host.messages[0]


@pytest.mark.parametrize(
    ("worker", "words"),
    [
        (DIES, "out of luck"),
        (GARBAGE, "Segmentation fault"),
        (FAILS, "Schief.\nGrößer."),
        (["/nowhere/python"], "/nowhere/python"),
        (None, "type: pip install rwdenoise; then type: rwdenoise gimp install"),
    ],
)
def test_bad_worker_leaves_the_image_as_it_was_and_says_why(start, worker, words):
    gimp = start(worker)
    layer = gimp.layer()
    before = bytes(layer._pixels)
    assert gimp.run(layer) == "execution-error"
    assert words in gimp.host.messages[0]
    assert bytes(layer._pixels) == before
    assert layer.image._steps == []
    assert not layer.image.dirty


def test_the_plug_in_is_what_gimp_starts():
    assert SCRIPT.read_text().startswith("#!/usr/bin/env python2\n")
    assert os.access(SCRIPT, os.X_OK)


# What came after Python 2.7, as far as the tree of a file shows it.
NEW_SYNTAX = (
    ast.JoinedStr, ast.AnnAssign, ast.Nonlocal, ast.NamedExpr, ast.YieldFrom, ast.MatMult, ast.Await,
    ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Match, ast.TryStar,
)  # fmt: skip
NEW_MODULES = {
    "asyncio", "concurrent", "contextvars", "dataclasses", "enum", "faulthandler", "importlib.resources", "ipaddress",
    "pathlib", "secrets", "selectors", "statistics", "tracemalloc", "typing",
}  # fmt: skip
FOR_PYTHON_2 = [SCRIPT, *SHARED, *sorted(set(STUBS.glob("*.py")) - {STUBS / "fresh.py"})]


def _is_new(node):
    new = isinstance(node, NEW_SYNTAX)
    if isinstance(node, ast.arguments):
        new = new or node.kwonlyargs or node.posonlyargs or any(arg.annotation for arg in node.args)
    if isinstance(node, ast.FunctionDef):
        new = new or node.returns
    if isinstance(node, ast.ClassDef):
        new = new or node.keywords
    if isinstance(node, ast.Raise):
        new = new or node.cause
    if isinstance(node, ast.Call):
        starred = [index for index, arg in enumerate(node.args) if isinstance(arg, ast.Starred)]
        new = new or starred not in ([], [len(node.args) - 1])
        new = new or [word.arg for word in node.keywords].count(None) > 1
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        new = new or any(isinstance(element, ast.Starred) for element in node.elts)
    return bool(new or (isinstance(node, ast.Dict) and None in node.keys))


@pytest.mark.parametrize("file", FOR_PYTHON_2, ids=lambda path: path.name)
def test_nothing_is_newer_than_python_2_7(file):
    nodes = list(ast.walk(ast.parse(file.read_text())))
    assert [ast.unparse(node) for node in nodes if _is_new(node)] == []
    imports = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    imports |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imports.isdisjoint(NEW_MODULES)
    ours = {path.stem for path in FOR_PYTHON_2} | {"Queue"}
    assert imports <= ours | sys.stdlib_module_names


def _python_2():
    """Return a Python 2.7 that runs, wherever it is usually found; None if there is none."""
    found = [
        shutil.which("python2.7"),
        shutil.which("python2"),
        *Path.home().glob(".pyenv/versions/2.7*/bin/python2.7"),
    ]
    for python in filter(None, found):
        if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(python)
    return None


def test_it_runs_in_python_2_7(start, tmp_path):
    python = _python_2()
    if python is None:
        pytest.skip("there is no Python 2.7; install it to run the plug-in in it")
    start(UPSIDE_DOWN)
    code = """if True:
        import gimpfu, rwdenoise_as_plug_in
        host, pdb = gimpfu._host, gimpfu.pdb
        image = pdb.gimp_image_new_with_precision(3, 2, 0, 250)
        layer = gimpfu.gimp.Layer(image, "Sky", 3, 2, 0)
        image.insert_layer(layer)
        layer._pixels[:] = bytearray(range(36))
        print(host.call("plug-in-rwdenoise", 1, image, layer, 1.0, 0.0, 1, 1.0, "best", 2, "auto"))
        print(list(layer._pixels) == list(range(18, 36)) + list(range(18)), host.errors, host.messages)
    """
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path / 'rwdenoise'}{os.pathsep}{STUBS}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [python, "-W", "error", "-c", code]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout == "success\n(True, [], [])\n", ran.stderr
