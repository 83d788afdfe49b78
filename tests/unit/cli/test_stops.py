"""The end of the process: at once, but with all that was said, and not before all is done."""

import subprocess
import sys

import pytest

BEFORE = """
import atexit, sys, threading, time
from rwdenoise_cli.stops import leave

class Heavy:
    def __del__(self):
        print("taken apart")

kept = Heavy()
kept.itself = kept
atexit.register(lambda: print("registered"))
print("said", end="\\n")
"""


def end(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEFORE + code], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("status", [0, 3])
def test_the_process_ends_at_once_with_all_that_was_said(status: int) -> None:
    ended = end(f"leave(SystemExit({status}))")
    assert (ended.returncode, ended.stdout.split("\n"), ended.stderr) == (status, ["said", "registered", ""], "")


def test_a_thread_is_waited_for() -> None:
    ended = end("""
def write():
    time.sleep(0.3)
    print("written")

threading.Thread(target=write).start()
leave(SystemExit(1))
""")
    assert ended.returncode == 1
    assert "written" in ended.stdout


def test_a_message_instead_of_a_status_is_shown() -> None:
    ended = end("leave(SystemExit('no such thing'))")
    assert (ended.returncode, ended.stderr) == (1, "no such thing\n")
