"""List all faults, and how often each is injected."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import clock, decoder, disks, folders, kills, many, memory, names, share, sources, together
from tests.faults.row import Row
from tests.faults.studio import Studio


@dataclass(frozen=True)
class Fault:
    """A fault, with the number of runs in the short and in the long version."""

    strike: Callable[[Studio, int], Row]
    """Creates scenes, injects the fault a number of times, and counts the results."""
    short: int
    """Number of runs in the short version, or of photos for faults about their number; 0 to skip the fault."""
    long: int
    """Number of runs, or of photos, in the long version."""

    @property
    def name(self) -> str:
        """Name of the fault."""
        return self.strike.__name__


FAULTS = (
    Fault(kills.sigkill, 4, 200),
    Fault(kills.sigkill_at_work, 1, 20),
    Fault(kills.sigterm, 3, 200),
    Fault(disks.disk_full, 1, 12),
    Fault(disks.journal_disk_full, 3, 12),
    Fault(folders.output_removed, 2, 12),
    Fault(folders.output_not_permitted, 1, 12),
    Fault(folders.output_disk_read_only, 1, 12),
    Fault(folders.outbox_unmounted, 1, 12),
    Fault(folders.inbox_unmounted, 2, 12),
    Fault(folders.permission_lost, 1, 12),
    Fault(sources.source_changed, 1, 12),
    Fault(sources.source_truncated, 1, 12),
    Fault(sources.source_deleted, 1, 12),
    Fault(clock.clock_set_back, 1, 12),
    Fault(together.same_outputs, 2, 24),
    Fault(together.same_outputs_killed, 1, 24),
    Fault(memory.memory_limit, 1, 6),
    Fault(memory.memory_short, 0, 12),
    Fault(memory.memory_of_group, 0, 6),
    Fault(memory.memory_ends, 1, 6),
    Fault(memory.device_memory, 1, 6),
    Fault(decoder.decoder_killed, 3, 50),
    Fault(many.small_files, 300, 10_000),
    Fault(names.names, 1, 2),
    Fault(names.links, 1, 2),
    Fault(share.slow_share, 1, 4),
    Fault(share.breaking_share, 2, 34),
    Fault(many.memory_flat, 50, 500),
    Fault(many.memory_flat_at_work, 0, 500),
    Fault(many.overlapping, 10, 60),
    Fault(many.overlapping_at_work, 0, 60),
)
