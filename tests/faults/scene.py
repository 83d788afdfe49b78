"""Set up a folder of photos, call the program on it, and count what happens to the photos."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.io.metadata.provenance import made_from
from tests.faults.call import INTERRUPTED, Call
from tests.faults.row import Row, Skip

if TYPE_CHECKING:
    from tests.faults.studio import Studio

#: A program with a fake network, without PyTorch, and one with a fake network that takes 0.05 s per photo.
FAKE, SLOW = ("network",), ("network=0.05",)
#: Given noise profile, to save the time of measuring it.
_NOISE = ("--noise", "0.002,0.00001")
_REAL = (sys.executable, "-P", "-m", "rwdenoise_cli")
_INSIDE = (sys.executable, "-P", "-m", "tests.faults.inside")
#: Removes the capabilities with which root ignores permissions: see capabilities(7).
_BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
#: Largest number of calls to finish all photos after the last fault.
_MOST_CALLS = 2


class Scene:
    """An inbox with photos, an outbox, and calls of the program that process the inbox.

    Parameters
    ----------
    studio : Studio
    folder : Path
        Folder to create; it contains everything and is the working directory.
    options : sequence of str
        Options for each call.
    program : sequence of str
        Faults inside the program, see `tests.faults.inside`.
    """

    def __init__(self, studio: Studio, folder: Path, *, options: Sequence[str], program: Sequence[str]) -> None:
        self.folder, self.inbox, self.outbox = folder, folder / "inbox", folder / "outbox"
        self.inbox.mkdir(parents=True)
        self.options, self.program = tuple(options), tuple(program)
        self.sources: dict[Path, str] = {}
        """Digests of the files in the inbox, which must not change."""
        self.expected: dict[Path, str] = {}
        """Digests of the outputs without the fault."""
        self.row = Row()
        self._studio = studio
        self._prefix: Sequence[str] = ()
        self._finished: Counter[Path] = Counter()
        self._missing: set[Path] = set()
        self._untold = 0
        self._partial: set[tuple[Path, str]] = set()
        self._surplus: set[tuple[Path, str]] = set()

    @property
    def is_real(self) -> bool:
        """Whether the program uses a real network."""
        return not any(word.startswith("network") for word in self.program)

    def start(
        self,
        *options: str,
        program: Sequence[str] | None = None,
        to: Path | None = None,
        sources: Sequence[str] = ("inbox",),
    ) -> Call:
        """Start a call of the program; `end` waits for it."""
        words = self.program if program is None else program
        command = [*_INSIDE, *words, "--"] if words else [*_REAL]
        # The CPU is the only device whose memory these faults limit.
        weights = [f"--weights={self._studio.weights}", "--device=cpu"] if self.is_real else []
        command += ["--json", *_NOISE, *weights, "-o", str(to or "outbox"), *self.options, *options, "--", *sources]
        return self._call(command)

    def resume(self) -> Call:
        """Start a call of the program that resumes the interrupted call."""
        return self._call([*_INSIDE, *self.program, "--", "--json", "--resume"])

    def end(self, call: Call, *, believed: bool = True, may_die: bool = False) -> Call:
        """Wait until a call ends, count its reports, and check the outputs.

        Parameters
        ----------
        call : Call
        believed : bool
            Whether photos reported as finished must have an output; false if the test removed outputs.
        may_die : bool
            Whether the process may end in any way, as long as no photo is harmed.
        """
        call.end()
        if call.problem and not may_die:
            self.row.problems.append(call.problem)
        if call.summary is not None and call.status != INTERRUPTED:
            told = {Path(job).relative_to("inbox") for job in call.ends if job}
            self._untold += len(self.sources.keys() - told)
        if believed:
            self._finished.update(Path(event.output).relative_to("outbox") for event in call.finished)
        self.look()
        return call

    def run(self, *options: str, program: Sequence[str] | None = None) -> Call:
        """Call the program, and wait until it ends."""
        return self.end(self.start(*options, program=program))

    def look(self) -> None:
        """Check the outputs: each must be complete at any time, and present if it was reported as finished."""
        found = digests(self.outbox)
        self._missing |= {path for path in self._finished if found.get(path) != self.expected[path]}
        for path, digest in found.items() - self.expected.items():
            origin = made_from(self.outbox / path)
            is_surplus = digest in self.expected.values() or (origin is not None and origin[0] in self.sources.values())
            (self._surplus if is_surplus and path not in self.expected else self._partial).add((path, digest))

    def finish(self, *options: str) -> Row:
        """Call the program normally until all photos are done, and return the counts."""
        calls = (self.run(*options) for _ in range(_MOST_CALLS))
        if all(call.status != 0 for call in calls):
            self.row.problems.append(f"not done after {_MOST_CALLS} calls more")
        return self.count()

    def count(self) -> Row:
        """Return the counts of what happened to the photos."""
        self.look()
        whole = digests(self.outbox).items() & self.expected.items()
        self.row.photos_in, self.row.photos_out = len(self.sources), len(whole)
        self.row.lost = len(self._missing | (self.expected.keys() - dict(whole).keys())) + self._untold
        self.row.partial = len(self._partial)
        self.row.double = len(self._surplus) + self._finished.total() - len(self._finished)
        self.row.changed = len(self.sources.items() - digests(self.inbox).items())
        return self.row

    def bind(self) -> None:
        """Enforce file permissions for all further calls, even for root."""
        if os.getuid() == 0:
            if shutil.which(_BOUND[0]) is None:
                raise Skip(f"this is root, whom no permission stops, and there is no {_BOUND[0]}")
            self._prefix = _BOUND

    def _call(self, command: Sequence[str]) -> Call:
        return Call([*self._prefix, *command], folder=self.folder)


def digests(folder: Path) -> dict[Path, str]:
    """Return the checksums of all files in a folder and its subfolders, including hidden files but not links."""
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
