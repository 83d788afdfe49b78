"""Write the HTML file of a report, photo by photo to disk, so that hundreds take no memory."""

from __future__ import annotations

import base64
import hashlib
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, Self

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from rwdenoise._version import __version__
from rwdenoise.errors import OutputExistsError, PhotoWriteError
from rwdenoise.events import Failed
from rwdenoise.io.atomic import write_atomically
from rwdenoise.io.source import shown
from rwdenoise.view.report.content import Comparison

#: Marks a report as ours, so that a newer one may replace it.
_GENERATOR = "rwdenoise"
_MARK = f'<meta name="generator" content="{_GENERATOR} '.encode()
_HEAD_BYTES = 2048
# Parts of the page's script, in this order.
_SCRIPTS = ("viewer.js", "page.js")


@dataclass(frozen=True)
class Overview:
    """The head of a report, above the photos."""

    title: str
    summary: Sequence[tuple[str, str]] = ()
    """Numbers with their labels."""
    failures: Sequence[Failed] = ()
    notes: Sequence[str] = ()


class Page:
    """A report that is being written. Use it as a context manager, which frees its temporary disk space.

    Parameters
    ----------
    target : Path
        The HTML file. Its folder is created if it is missing, and holds the parts until the end, as unnamed files.

    Raises
    ------
    PhotoWriteError
        Here and below, if the disk is full, or nothing may be written there.
    """

    def __init__(self, target: Path) -> None:
        self.photos = 0
        """How many photos were added."""
        self._target = target
        self._environment = Environment(
            loader=PackageLoader("rwdenoise.view.report"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
        )
        self._open = ExitStack()
        with _writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._cards, self._sections = self._spool(), self._spool()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    def add(self, photo: Comparison) -> None:
        """Add a photo."""
        self.photos += 1
        with _writing(self._target):
            for spool, template in ((self._cards, "card.html"), (self._sections, "photo.html")):
                spool.write(self._render(template, photo=photo, number=self.photos))

    def write(self, overview: Overview) -> None:
        """Write the file, whole or not at all; a report of an earlier call is replaced.

        Raises
        ------
        OutputExistsError, PhotoWriteError
            If the target is there and is no report, or cannot be written.
        """
        with _writing(self._target):
            whole = self._assemble(overview)
        with mmap.mmap(whole.fileno(), 0, access=mmap.ACCESS_READ) as data, memoryview(data) as view:
            write_atomically(self._target, view, overwrite=is_report(self._target))

    def _assemble(self, overview: Overview) -> IO[bytes]:
        whole = self._spool()
        whole.write(self._render("top.html", **self._frame(overview)))
        for spool, after in ((self._cards, "middle.html"), (self._sections, "bottom.html")):
            spool.seek(0)
            shutil.copyfileobj(spool, whole)
            whole.write(self._render(after))
        whole.flush()
        return whole

    def _frame(self, overview: Overview) -> dict[str, Any]:
        style = _text("page.css")
        script = "\n".join(_text(name) for name in _SCRIPTS)
        return {
            **vars(overview),
            "style": Markup(style),
            "script": Markup(script),
            "policy": _policy(style, script),
            "generator": f"{_GENERATOR} {__version__}",
            "single": self.photos == 1 and not overview.failures,
        }

    def _render(self, template: str, **values: Any) -> bytes:  # noqa: ANN401 -- whatever the templates take
        # Names of files may hold bytes that are no text.
        return self._environment.get_template(template).render(values).encode("utf-8", "backslashreplace")

    def _spool(self) -> IO[bytes]:
        return self._open.enter_context(tempfile.TemporaryFile(dir=self._target.parent))


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{shown(target)} cannot be written to {target.parent}: {error.strerror}."
        raise PhotoWriteError(message, hint="Write the report to another folder, or free some disk space.") from error


def refuse_other(target: Path) -> None:
    """Refuse a target that exists and is not a report.

    Raises
    ------
    OutputExistsError
    """
    if os.path.lexists(target) and not is_report(target):
        message = f"{shown(target)} already exists in {target.parent} and is not a report; nothing was overwritten."
        raise OutputExistsError(message, hint="Choose another name for the report.")


def is_report(path: Path) -> bool:
    """Tell whether a file is a report that this program has written."""
    try:
        with path.open("rb") as file:
            return _MARK in file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return False


def _policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy: nothing is loaded, and only our own script runs."""
    return f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(name: str) -> str:
    return (files("rwdenoise.view.report") / name).read_text(encoding="utf-8")
