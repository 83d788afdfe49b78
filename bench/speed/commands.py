"""Our own command in a process of its own, as a user starts it, but without the user's settings and journal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from rwdenoise.choices import QUALITIES, QUALITY_STEPS, Settings

#: Steps that the quality presets take, by the weights that they use for mosaics.
USUAL_STEPS = {QUALITIES[quality]["cfa"]: steps for quality, steps in QUALITY_STEPS.items()}
PROGRAM = (sys.executable, "-m", "rwdenoise_cli")
# Between this process and the command stands a small one: Linux counts the memory of whoever starts a program among
# the most that the program ever took.
_TELL_PEAK = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
#: What ``ru_maxrss`` counts, by getrusage(2): bytes on macOS, kibibytes on Linux.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class CommandError(RuntimeError):
    """A command that ended otherwise than it should."""


def denoise_command(source: Path, target: Path, *options: str) -> list[str]:
    """Return the command that denoises one photo into a file, which must not exist yet."""
    return [*PROGRAM, str(source), "-o", str(target), "--config", "", "--no-journal", *options]


def usual_steps(weights: str) -> int:
    """Return how many steps a user gets who asks for none."""
    return USUAL_STEPS.get(weights, Settings.steps)


def run_command(command: list[str]) -> str:
    """Run a command to its end and return what it printed.

    Raises
    ------
    CommandError
        If its exit status is not 0; with the last thing that it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2]
        message = f"{' '.join(command)} ended with status {done.returncode}: {last}"
        raise CommandError(message)
    return done.stdout


def peak_memory(command: list[str]) -> float:
    """Run a command and return the most memory that it held at any time, in bytes, as the system counts it.

    Where the command starts others, it is that of the largest of them.
    """
    return float(run_command([sys.executable, "-c", _TELL_PEAK, *command])) * _RSS_UNIT


def seconds_to_first_tile(command: list[str]) -> float:
    """Run a denoising until its first tile is done; return the seconds from the call to there.

    Raises
    ------
    CommandError
        If it ends before.
    """
    begun = time.perf_counter()
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout or ():
                event = json.loads(line)
                if event.get("stage") == "denoise" and event["done"] > 0:
                    return time.perf_counter() - begun
        finally:
            process.terminate()
    message = f"{' '.join(command)} ended before its first tile was done"
    raise CommandError(message)
