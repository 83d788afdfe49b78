"""The report of two files that are there already."""

from __future__ import annotations

from pathlib import Path

from rwdenoise.view.report.comparison import compare
from rwdenoise.view.report.page import Overview, Page, refuse_other
from rwdenoise.view.report.pictures import Bounds

TITLE = "Before and after"


def report_files(before: Path, after: Path, target: Path) -> None:
    """Compare a photo with what was made from it, in one HTML file.

    Parameters
    ----------
    before, after : Path
        RAW or developed pictures of the same size.
    target : Path
        The HTML file. A report that is there already is replaced.

    Raises
    ------
    PhotoError
        If a photo cannot be read, or the report not be written.
    SettingsError
        If the two differ in size.
    """
    refuse_other(target)
    comparison = compare(before, after, bounds=Bounds.for_photos(1))
    with Page(target) as page:
        page.add(comparison)
        page.write(Overview(TITLE))
