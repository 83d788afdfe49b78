"""The exit statuses, which scripts rely on."""

from __future__ import annotations

ALL_WRITTEN = 0
NOTHING_WRITTEN = 1
WRONG_USAGE = 2
SOME_FAILED = 3
# 128 + SIGINT, as shells have it; also after SIGTERM.
INTERRUPTED = 130


def status_of(*, done: int, failed: int) -> int:
    """Return the exit status for how many photos went well and how many did not."""
    if not failed:
        return ALL_WRITTEN
    return SOME_FAILED if done else NOTHING_WRITTEN
