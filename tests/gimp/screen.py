"""Provide a virtual screen: Xvfb with a window manager, and functions for keyboard and mouse."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_PROGRAMS = ("Xvfb", "openbox", "xdotool", "scrot")
_SIZE = "1400x900x24"


class Screen:
    """Virtual X display."""

    def __init__(self, display: str) -> None:
        self.display = display

    def wait_for(self, title: str, *, seconds: float) -> str:
        """Wait for a window with this text in its title, and return its number."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self._do("search", "--onlyvisible", "--name", title).split()
            if found:
                return found[0]
            time.sleep(0.2)
        message = f"no window {title!r} after {seconds} s"
        raise AssertionError(message)

    def press(self, window: str, *keys: str) -> None:
        """Activate a window and press keys, one after the other."""
        self._do("windowactivate", "--sync", window)
        for key in keys:
            self._do("key", key)
            time.sleep(0.1)

    def click(self, window: str, right: int, bottom: int) -> None:
        """Click in a window at a distance, in px, from its right and its bottom edge."""
        self._do("windowactivate", "--sync", window)
        lines = self._do("getwindowgeometry", "--shell", window).split()
        edges = dict(line.split("=") for line in lines)
        place = [str(int(edges["WIDTH"]) - right), str(int(edges["HEIGHT"]) - bottom)]
        self._do("mousemove", "--window", window, *place, "click", "1")

    def title(self, window: str) -> str:
        """Return the title of a window."""
        return self._do("getwindowname", window)

    def picture(self, window: str, path: Path) -> None:
        """Write a screenshot of a window."""
        self._do("windowactivate", "--sync", window)
        time.sleep(0.3)
        subprocess.run(["scrot", "--focused", "--overwrite", path], env=self._environment(), check=True)

    def _do(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self._environment(), capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DISPLAY": self.display}


@contextlib.contextmanager
def open_screen() -> Iterator[Screen]:
    """Start a virtual screen, and stop it at the end."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; scripts/gimp3 installs them")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", _SIZE, "-ac", "-nolisten", "tcp"],
        pass_fds=[write_end], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write_end)
    with os.fdopen(read_end) as numbers:
        screen = Screen(f":{numbers.readline().strip()}")
    manager = subprocess.Popen(["openbox"], env=screen._environment(), stderr=subprocess.DEVNULL)
    try:
        yield screen
    finally:
        for process in (manager, server):
            process.terminate()
            process.wait()
