"""Feed a target in a separate process: a crash of that process would have been a crash of the program."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rwdenoise.errors import RwDenoiseError
from tests.fuzz.mutations import mutated
from tests.fuzz.samples import Samples
from tests.fuzz.targets import SECONDS, TARGETS, Target

#: Time limit for an input in seconds, after which the reader counts as hanging; longer than the decoder's own limit.
_PATIENCE = 3 * SECONDS
# Samples up to about this size, in bytes, are equally likely; larger ones are less likely because they take longer.
_QUICK = 20_000
_MOST_RESTARTS = 20


@dataclass
class Row:
    """Outcomes of the inputs of a target."""

    target: str
    counts: Counter[str] = field(default_factory=Counter)
    """Counts by outcome: refused, accepted, mistake (an error that is not ours), child crash, hang, main crash."""
    findings: dict[str, int] = field(default_factory=dict)
    """Number of the first such input, by a description of the failure and its place."""

    def add(self, number: int, outcome: str, reason: str) -> None:
        self.counts[outcome] += 1
        if reason:
            alike = [known for known in self.findings if known.split(":")[:3] == f"{outcome}: {reason}".split(":")[:3]]
            if not alike:
                self.findings[f"{outcome}: {reason}"] = number


def run(target: Target, *, seed: int, runs: int, data: Path | None) -> Row:
    """Feed `runs` inputs to a target in another process, and count the outcomes."""
    row, number = Row(target.name), 0
    for _ in range(_MOST_RESTARTS):
        command = [sys.executable, "-m", "tests.fuzz.runner", target.name, *map(str, (seed, number, runs, data or ""))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                number, outcome, reason = json.loads(line)
                row.add(number, outcome, reason)
                number += 1
        if number >= runs:
            break
        hung = process.returncode == -signal.SIGALRM
        row.add(number, "hang" if hung else "main crash", f"the process ended with {process.returncode}")
        number += 1
    return row


def inputs(samples: Samples, target: str, *, seed: int, first: int, runs: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield the number, name and content of damaged files, the same for the same seed."""
    names = list(samples)
    weights = [1 / (len(samples[name]) + _QUICK) for name in names]
    for number in range(first, runs):
        rng = random.Random(f"{seed}/{target}/{number}")
        (name,) = rng.choices(names, weights)
        yield number, name, mutated(samples[name], rng)


def _feed_all(target: Target, *, seed: int, first: int, runs: int, data: Path | None) -> None:
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as folder, target.open(Path(folder)) as feed:
        for number, name, content in inputs(target.samples(data), target.name, seed=seed, first=first, runs=runs):
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
            outcome, reason = "accepted", ""
            try:
                feed(content, name)
            except RwDenoiseError as error:
                outcome, reason = _kind_of(error)
            except Exception as error:
                outcome, reason = "mistake", _where(error)
            print(json.dumps([number, outcome, reason]), file=output, flush=True)
            signal.setitimer(signal.ITIMER_REAL, 0)


def _kind_of(error: RwDenoiseError) -> tuple[str, str]:
    if "the decoder crashed (signal" in error.message or "(exit status" in error.message:
        return "child crash", error.message.partition("(")[2]
    if "the decoder crashed" in error.message:
        return "mistake", error.message
    if "still running" in error.message:
        return "hang", error.message
    return "refused", ""


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "rwdenoise" in frame.filename] or frames
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
    return f"{type(error).__name__} in {place}: {error}"[:200]


if __name__ == "__main__":
    name, *numbers, folder = sys.argv[1:]
    seed, first, runs = map(int, numbers)
    (target,) = [target for target in TARGETS if target.name == name]
    with contextlib.suppress(BrokenPipeError):
        _feed_all(target, seed=seed, first=first, runs=runs, data=Path(folder) if folder else None)
