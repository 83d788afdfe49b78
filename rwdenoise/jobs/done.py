"""Which results are there already, so that the same call may be made again after a crash, or with more photos."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from rwdenoise.io.metadata.provenance import made_from
from rwdenoise.io.source import digest_file

if TYPE_CHECKING:
    from rwdenoise.jobs.journal import Journal
    from rwdenoise.jobs.treatment import Treatment


class AlreadyDone(Exception):  # noqa: N818 -- no error, but the end of a job
    """The result is there already."""

    def __init__(self, target: Path) -> None:
        super().__init__(str(target))
        self.target = target


class DoneBefore:
    """Looks in the journal and into the results themselves; names and times of files prove nothing.

    Parameters
    ----------
    treatment : Treatment
    weights : collection of str
        Digests of the weights that may be asked for: those of each domain.
    journal : Journal, optional
    """

    def __init__(self, treatment: Treatment, *, weights: Collection[str], journal: Journal | None = None) -> None:
        self._treatment = treatment
        self._weights = weights
        self._journal = journal

    def refuse(self, source: Path, target: Path) -> None:
        """Refuse a photo whose target is what this treatment makes of it, as it is now.

        Raises
        ------
        AlreadyDone
        PhotoAccessError
            If the source cannot be read.
        """
        if self._is_done(source, target):
            raise AlreadyDone(target)

    def _is_done(self, source: Path, target: Path) -> bool:
        # Whoever asks to overwrite wants it made anew.
        if self._treatment.overwrite or not os.path.lexists(target):
            return False
        format = self._treatment.format_for(source, target)
        keys = {self._treatment.key(format, weights=weights) for weights in self._weights}
        digest = digest_file(source)
        if self._journal is not None and self._journal.find_done(digest, target, keys):
            return True
        return made_from(target) in {(digest, key) for key in keys}
