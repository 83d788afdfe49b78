"""What a result was made from, as its own XMP says."""

from __future__ import annotations

from pathlib import Path

import exiv2

from rwdenoise.errors import RwDenoiseError
from rwdenoise.io.metadata.exiv2 import EXIV2_ERRORS, LOCK, NAMESPACE, PREFIX, open_image
from rwdenoise.io.source import read_file


def made_from(path: Path) -> tuple[str, str] | None:
    """Return the digest of the source and the key of the method by which a file was made.

    Its pixels are not looked at. None if it does not say, is nothing of ours, or cannot be read.
    """
    try:
        data = read_file(path)
    except RwDenoiseError:
        return None
    with LOCK:
        exiv2.XmpProperties.registerNs(NAMESPACE, PREFIX)
        try:
            xmp = open_image(data).xmpData()
            found = [xmp.findKey(exiv2.XmpKey(f"Xmp.{PREFIX}.{name}")) for name in ("SourceDigest", "MethodKey")]
            if any(datum == xmp.end() for datum in found):
                return None
            digest, key = (str(datum.toString()) for datum in found)
        except EXIV2_ERRORS:
            return None
    return digest, key
