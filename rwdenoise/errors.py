"""Everything that can go wrong, as one tree.

::

    RwDenoiseError(message, *, hint)
      PhotoError
        UnsupportedPhotoError     unsupported-photo      readable in principle, not by this program
        CorruptPhotoError         corrupt-photo          cut off, empty, or not a photo at all
        PhotoAccessError          no-access              missing, a loop of links, or not permitted
        OutputExistsError         output-exists          refused, because nothing is ever destroyed
        PhotoWriteError           write-failed           disk full, read-only folder
      WeightsError
        WeightsNotFoundError      weights-not-found
        WeightsCorruptError       weights-corrupt        the checksum or the format is wrong
        WeightsMismatchError      weights-mismatch       made for another kind of photo
      DeviceError
        DeviceUnavailableError    device-unavailable
        DeviceMemoryError         device-memory
      JournalError                journal                what was done cannot be recorded, or read back
      SettingsError(ValueError)   settings               an option out of its range
      Cancelled                   cancelled              asked to stop

A message says what happened, with the value, and what was expected. A hint is one sentence in the imperative
that says how to mend it. ``code`` is a stable word: scripts may rely on it.
"""

from __future__ import annotations

from typing import ClassVar


class RwDenoiseError(Exception):
    """Base of all errors that the library raises on purpose.

    Parameters
    ----------
    message : str
        What happened, with the value, and what was expected.
    hint : str
        One imperative sentence: how to mend it.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class PhotoError(RwDenoiseError):
    """A photo cannot be read or written."""

    code = "photo"


class UnsupportedPhotoError(PhotoError):
    """The file is a photo of a kind that this program does not handle."""

    code = "unsupported-photo"


class CorruptPhotoError(PhotoError):
    """The file is damaged, cut off, empty, or no photo at all."""

    code = "corrupt-photo"


class PhotoAccessError(PhotoError):
    """The operating system does not let us read the file."""

    code = "no-access"


class OutputExistsError(PhotoError):
    """The output is there already and overwriting was not asked for."""

    code = "output-exists"


class PhotoWriteError(PhotoError):
    """The output could not be written; nothing was left behind."""

    code = "write-failed"


class WeightsError(RwDenoiseError):
    """The weights cannot be used."""

    code = "weights"


class WeightsNotFoundError(WeightsError):
    """No weights of that name."""

    code = "weights-not-found"


class WeightsCorruptError(WeightsError):
    """The weights file is not what the manifest says."""

    code = "weights-corrupt"


class WeightsMismatchError(WeightsError):
    """The weights were made for another kind of photo or network."""

    code = "weights-mismatch"


class DeviceError(RwDenoiseError):
    """The computing device cannot do the work."""

    code = "device"


class DeviceUnavailableError(DeviceError):
    """The device that was asked for is not here."""

    code = "device-unavailable"


class DeviceMemoryError(DeviceError):
    """The device has too little memory even for the smallest tile."""

    code = "device-memory"


class JournalError(RwDenoiseError):
    """The journal of what was done cannot be read or written."""

    code = "journal"


class SettingsError(RwDenoiseError, ValueError):
    """An option has a value out of its range."""

    code = "settings"


class Cancelled(RwDenoiseError):  # noqa: N818 -- being asked to stop is no error, but it travels as one
    """The work was asked to stop and has cleaned up after itself."""

    code = "cancelled"

    def __init__(self, message: str = "Cancelled.", *, hint: str = "Run the same command again.") -> None:
        super().__init__(message, hint=hint)
