"""Developed pictures: TIFF, JPEG, PNG, WebP, HEIF and AVIF."""
