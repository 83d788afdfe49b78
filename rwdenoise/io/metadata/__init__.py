"""Exif, XMP and IPTC, from the source to the result."""
