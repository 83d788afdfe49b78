"""All errors that the library raises, as one tree.

::

    RwDenoiseError(message, *, hint)
      PhotoError
        UnsupportedPhotoError     unsupported-photo      readable in principle, not by this program
        CorruptPhotoError         corrupt-photo          cut off, empty, or not a photo
        PhotoAccessError          no-access              missing, a loop of links, or not permitted
        OutputExistsError         output-exists          the program never replaces a file unless asked
        PhotoWriteError           write-failed           disk full, read-only folder
      WeightsError
        WeightsNotFoundError      weights-not-found
        WeightsCorruptError       weights-corrupt        the checksum or the format is wrong
        WeightsMismatchError      weights-mismatch       made for another kind of photo
      DeviceError
        DeviceUnavailableError    device-unavailable
        DeviceMemoryError         device-memory
      JournalError                journal                the record of finished work cannot be read or written
      SettingsError(ValueError)   settings               an option is out of range
      Cancelled                   cancelled              the user stopped the work

A message says what happened, with the value, and what was expected. A hint is one imperative sentence that says what
to do. ``code`` never changes: scripts may rely on it.
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
        One imperative sentence: what to do.
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
    """The file is a photo of a kind that this program cannot process."""

    code = "unsupported-photo"


class CorruptPhotoError(PhotoError):
    """The file is damaged, cut off, empty, or not a photo."""

    code = "corrupt-photo"


class PhotoAccessError(PhotoError):
    """The file is missing, or the operating system refuses to read it."""

    code = "no-access"


class OutputExistsError(PhotoError):
    """The output already exists, and overwriting was not requested."""

    code = "output-exists"


class PhotoWriteError(PhotoError):
    """The output could not be written; no partial file remains."""

    code = "write-failed"


class WeightsError(RwDenoiseError):
    """The weights cannot be used."""

    code = "weights"


class WeightsNotFoundError(WeightsError):
    """No weights have that name."""

    code = "weights-not-found"


class WeightsCorruptError(WeightsError):
    """The weights file is damaged: its checksum or its format is wrong."""

    code = "weights-corrupt"


class WeightsMismatchError(WeightsError):
    """The weights were made for another kind of photo or network."""

    code = "weights-mismatch"


class DeviceError(RwDenoiseError):
    """The device cannot do the work."""

    code = "device"


class DeviceUnavailableError(DeviceError):
    """The requested device does not exist on this computer."""

    code = "device-unavailable"


class DeviceMemoryError(DeviceError):
    """The device has too little memory even for the smallest tile."""

    code = "device-memory"


class JournalError(RwDenoiseError):
    """The journal of finished work cannot be read or written."""

    code = "journal"


class SettingsError(RwDenoiseError, ValueError):
    """An option has a value that is out of range."""

    code = "settings"


class Cancelled(RwDenoiseError):  # noqa: N818 -- a request to stop is not an error, but it propagates like one
    """The user stopped the work; no partial file remains."""

    code = "cancelled"

    def __init__(self, message: str = "Cancelled.", *, hint: str = "Run the same command again.") -> None:
        super().__init__(message, hint=hint)
