"""Name results by a template such as ``{folder}/denoised/{stem}{suffix}``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from rwdenoise.errors import SettingsError
from rwdenoise.io.formats import format_of

#: Replaces the date of a photo that does not state one.
UNDATED = "undated"

_FOLDER, _SUFFIX = "folder", "suffix"
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


def _date(source: Path) -> str:
    from rwdenoise.io.metadata.camera import read_date  # Loads exiv2, which few templates need.

    return read_date(source) or UNDATED


# Fields whose value depends only on the source.
_VALUES: Mapping[str, Callable[[Path], str]] = {
    # Except at the beginning, it repeats the folders of the source inside another folder.
    _FOLDER: lambda source: str(source.parent.relative_to(source.parent.anchor)),
    # For `..` and `.`, the name of the folder that they denote.
    "parent": lambda source: Path(os.path.normpath(source.absolute())).parent.name,
    "name": lambda source: source.name,
    "stem": lambda source: source.stem,
    "ext": lambda source: source.suffix[1:],
    "date": _date,
}

#: All fields, written in braces.
FIELDS = (*_VALUES, _SUFFIX)


@dataclass(frozen=True)
class OutputTemplate:
    """Maps the path of a source to the path of its result."""

    text: str
    """The template as given by the user."""
    base: Path | None
    """The folder that contains all results; None for the folder of the source."""
    pieces: tuple[tuple[str, str | None], ...]
    """The path inside that folder: pairs of literal text and the field that follows."""

    @property
    def format(self) -> str | None:
        """The format implied by the end of the template; None if it implies none."""
        end, _ = self.pieces[-1]
        return format_of(Path(f"_{end}"))

    def target(self, source: Path, suffix: str) -> Path:
        """Return the path of the result of a photo.

        Parameters
        ----------
        source : Path
        suffix : str
            Suffix of the result, with its dot; added if the template does not add it.

        Raises
        ------
        SettingsError
            If the result would be outside the folder: the stem of a photo called ``...NEF`` is ``..``.
        """
        below = Path("".join(f"{literal}{self._value(field, source, suffix)}" for literal, field in self.pieces))
        below = below.relative_to(below.anchor)
        base = source.parent if self.base is None else self.base
        if ".." in below.parts or not below.name:
            message = (
                f"The template {self.text!r} does not place the result of {source.name!r} in a file inside {base}."
            )
            raise SettingsError(message, hint="Use other fields in the template, or rename the photo.")
        if format_of(below) != format_of(Path(f"_{suffix}")):
            below = below.with_name(f"{below.name}{suffix}")
        return base / below

    def _value(self, field: str | None, source: Path, suffix: str) -> str:
        if field is None:
            return ""
        return suffix if field == _SUFFIX else _VALUES[field](source)


def is_template(output: str | Path) -> bool:
    """Return whether an output is a template, that is, has an opening brace."""
    return "{" in str(output)


def read_template(text: str) -> OutputTemplate:
    """Parse a template.

    Parameters
    ----------
    text : str
        Literal text and fields in braces, without conversions and format specifications; literal braces are doubled. A
        template that begins with ``{folder}`` is relative to the folder of the source, any other to the current folder.
        A template that ends in a slash is a folder.

    Raises
    ------
    SettingsError
        If a field is unknown, or a brace is unmatched.
    """
    pieces = list(_parse(f"{text}{{stem}}{{suffix}}" if text.endswith(_SEPARATORS) else text))
    literal, field = pieces[0]
    if (literal, field) == ("", _FOLDER):
        if not pieces[1][0].startswith(_SEPARATORS):
            raise _refusal(text, "{folder} must be followed by a slash and a name")
        return OutputTemplate(text, None, tuple(pieces[1:]))
    base, literal = os.path.split(literal)
    return OutputTemplate(text, Path(base), ((literal, field), *pieces[1:]))


def _parse(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield each field with the literal text before it, and finally the text after the last field."""
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise _refusal(text, str(error)) from error
    literal = ""
    for part, field, specification, conversion in parsed:
        literal += part
        if field is None:
            continue
        if field not in FIELDS or specification or conversion:
            raise _refusal(text, f"{{{field}}} must contain the name of a field and nothing else")
        yield literal, field
        literal = ""
    yield literal, None


def _refusal(text: str, reason: str) -> SettingsError:
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    message = f"The output template {text!r} cannot be used: {reason}."
    return SettingsError(message, hint=f"Use the fields {known}, and double literal braces.")
