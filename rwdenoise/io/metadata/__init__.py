"""Copy Exif, XMP and IPTC metadata from the source to the result."""
