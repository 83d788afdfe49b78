"""Fixtures and options for all tests."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of real photos, which are not part of the project; skip the test if it is missing."""
    folder = Path(os.environ.get("RWDENOISE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"there are no real photos at {folder}; RWDENOISE_DATA says where they are")
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests, and the programs they start, away from the user's configuration and journal."""
    folder = Path(tempfile.mkdtemp(prefix="rwdenoise-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    # Set before any import of the program, which looks for its configuration.
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        os.environ[name] = str(folder / name.lower())
    _hear_signals()


def _hear_signals() -> None:
    """Restore signals that the caller of the tests set to be ignored (`nohup`, a shell's `&`)."""
    for name, usual in {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites the golden files; CI never uses it."""
    parser.addoption("--update-golden", action="store_true", help="write the expected golden files anew")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Return whether to rewrite the golden files."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """Return a headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()
