"""State what a watcher does with the photos it finds: settings, and the folders for results and originals."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rwdenoise.errors import SettingsError
from rwdenoise.jobs.output_template import is_template, read_template
from rwdenoise.jobs.plan import plan_outputs
from rwdenoise.jobs.stages import LoadDenoiser
from rwdenoise.jobs.treatment import Treatment


@dataclass(frozen=True)
class Orders:
    """Settings and folders of a watcher; they may change while it runs."""

    inbox: Path
    into: str
    """A folder, in which the subfolders of the inbox are repeated, or a template for the names of results."""
    treatment: Treatment
    load: LoadDenoiser
    weights: frozenset[str] = frozenset()
    """Digests of the weights that `load` may give."""
    done_to: Path | None = None
    """Where sources are moved once they are done."""
    companions: bool = False
    """Whether the companion files of a photo are copied to its result."""

    def check(self) -> None:
        """Refuse settings and folders that do not fit together.

        Raises
        ------
        SettingsError
            As the other methods, and if the template does not fit the format.
        """
        self.left_out()
        self.target_of(self.inbox / "IMG_1.NEF")

    def results(self) -> Path:
        """Return the folder below which all results lie.

        Raises
        ------
        SettingsError
            If the results would lie among the sources.
        """
        base = read_template(self.into).base if is_template(self.into) else Path(self.into)
        if base is None:
            message = f"The template {self.into!r} puts results into the inbox, where they count as new photos."
            raise SettingsError(message, hint="Start the template with another folder.")
        return base.absolute()

    def left_out(self) -> frozenset[Path]:
        """Return the folders inside the inbox that hold results or finished sources, not new photos.

        Raises
        ------
        SettingsError
            If results and sources would be mixed up.
        """
        inbox, results = _real(self.inbox), _real(self.results())
        folders = {results} if self.done_to is None else {results, _real(self.done_to)}
        for folder in folders:
            if inbox.is_relative_to(folder):
                message = f"{self.inbox} lies in {folder}, whose files would be taken for new photos."
                raise SettingsError(message, hint="Choose a folder beside the inbox, or inside it.")
        if self.done_to is not None and len(folders) == 1:
            message = f"Results and finished sources would both go to {results}."
            raise SettingsError(message, hint="Choose two different folders.")
        return frozenset(self.inbox / folder.relative_to(inbox) for folder in folders if folder.is_relative_to(inbox))

    def target_of(self, source: Path) -> Path:
        """Return where the result of a photo goes.

        Raises
        ------
        SettingsError
            If it cannot be named as the template says.
        """
        output = self.into
        if not is_template(output):
            # With a separator at the end it is a folder, whatever its name ends in.
            output = f"{Path(output, self._below(source).parent)}{os.sep}"
            # There is no template, so what looks like one is the name of a folder.
            output = output.replace("{", "{{").replace("}", "}}") if is_template(output) else output
        [(_, target)] = plan_outputs([source], output, self.treatment.format)
        return target

    def done_place(self, file: Path) -> Path | None:
        """Return where a file of the inbox goes when it is done; None if it stays."""
        return None if self.done_to is None else self.done_to / self._below(file)

    def _below(self, file: Path) -> Path:
        return file.relative_to(self.inbox)


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))
