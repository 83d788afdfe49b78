"""Imports point one way: a file imports only from the groups above its own, and its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GROUPS = [
    {"errors", "events", "cores"},
    {"cfa", "color", "linear", "noise", "diffusion", "brightness", "tiling", "noise_estimate", "typical_noise"}
    | {"residual", "detail", "chroma", "controls", "hot_pixels", "grain", "picture_controls"},
    {"photo", "rgb_photo", "io", "noise_curve", "noise_plot", "crops", "rendering", "contact_sheet"},
    {
        "fingerprint",
        "journal",
        "manifest",
        "scene",
        "simulate",
        "in_camera",
        "simulated",
        "network",
        "weights",
        "told",
        "memory",
        "openvino_model",
        "openvino_backend",
        "backend",
        "rate",
        "expected",
        "roughness",
        "first_look",
        "frames",
        "step_loop",
        "denoiser",
    },
    {"plan", "output_template", "shard", "treatment", "done", "tally", "regions", "photo_work", "job", "pipeline"}
    | {
        "batch",
        "cluster",
        "watch",
        "watch_orders",
        "watch_state",
        "inbox",
        "inbox_events",
        "intake",
        "companions",
        "mounts",
    }
    | {"wakeup", "folder_lock"}
    | {"comparison", "preview", "report"}
    | {"layers", "worker", "gimp_folders", "gimp_install"},
]
FILES = sorted((ROOT / "rwdenoise").rglob("*.py"))


def imported_modules(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    return modules


def group_of(name: str) -> int:
    return next(index for index, group in enumerate(GROUPS) if name in group)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    own = path.relative_to(ROOT / "rwdenoise").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for module in imported_modules(path):
        parts = module.split(".")
        if parts[0] == "rwdenoise" and len(parts) > 1 and parts[1] != "__version__":
            assert group_of(parts[1]) <= group_of(own), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_torch_only_in_the_network_group(path: Path) -> None:
    own = path.relative_to(ROOT / "rwdenoise").parts[0].removesuffix(".py")
    tops = {module.split(".")[0] for module in imported_modules(path)}
    assert not tops & {"click", "rich", "gi", "rwdenoise_cli"}
    if own == "__init__" or group_of(own) < 3:
        assert "torch" not in tops


def test_every_file_has_a_group() -> None:
    for path in FILES:
        own = path.relative_to(ROOT / "rwdenoise").parts[0].removesuffix(".py")
        assert own == "__init__" or any(own in group for group in GROUPS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_talks_to_the_internet_or_runs_what_it_reads(path: Path) -> None:
    """The one exception is Dask, which is loaded by name when a cluster is asked for."""
    tops = {module.split(".")[0] for module in imported_modules(path)}
    assert not tops & {"socket", "ssl", "urllib", "http", "requests", "ftplib", "pickle", "marshal", "shelve", "dill"}
    called = {node.func.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if _calls_a_name(node)}
    assert not called & {"eval", "exec", "compile", "__import__"}


def _calls_a_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
