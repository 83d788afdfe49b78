"""Read camera RAW files; write and develop DNG."""
