"""What keeps the library easy to find one's way in: few small files in each room, and nothing dangerous in any.

Which room may import which is written in pyproject.toml; ``scripts/check`` has import-linter compare it.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY, COMMAND_LINE = ROOT / "rwdenoise", ROOT / "cli" / "rwdenoise_cli"
ROOMS = {"photo", "noise", "io", "network", "denoising", "simulation", "jobs", "watch", "view"}
FILES = sorted([*LIBRARY.rglob("*.py"), *COMMAND_LINE.rglob("*.py")])
FOLDERS = sorted({path.parent for path in FILES})
MOST_FILES, MOST_FILES_AT_THE_TOP, MOST_LINES = 15, 8, 300

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))


def test_the_library_has_nine_rooms_and_a_few_files() -> None:
    assert {folder.name for folder in FOLDERS if folder.parent == LIBRARY} == ROOMS
    assert len([path for path in LIBRARY.iterdir() if path.is_file()]) <= MOST_FILES_AT_THE_TOP


@each_folder
def test_a_folder_has_at_most_15_files(folder: Path) -> None:
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MOST_FILES


@each_file
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@each_folder
def test_importing_a_folder_runs_nothing(folder: Path) -> None:
    """So a module loads only what it needs itself. The library's own ``__init__.py`` holds the public names."""
    if folder != LIBRARY:
        (only,) = ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body
        assert isinstance(only, ast.Expr)
        assert isinstance(only.value, ast.Constant)


@each_file
def test_nothing_talks_to_the_internet_or_runs_what_it_reads(path: Path) -> None:
    """The one exception is Dask, which is loaded by name when a cluster is asked for."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tops = {module.split(".")[0] for module in _imported_modules(tree)}
    assert not tops & {"socket", "ssl", "urllib", "http", "requests", "ftplib", "pickle", "marshal", "shelve", "dill"}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"eval", "exec", "compile", "__import__"}


def _imported_modules(tree: ast.Module) -> set[str]:
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    return modules
