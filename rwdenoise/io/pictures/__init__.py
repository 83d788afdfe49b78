"""Read and write developed pictures: TIFF, JPEG, PNG, WebP; read HEIF and AVIF."""
