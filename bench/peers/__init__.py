"""Run other denoisers (peers) on the same inputs; one module for each kind of peer."""

from __future__ import annotations

from bench.methods import Absent, MosaicMethod, PictureMethod
from bench.peers.bm3d import bm3d_methods
from bench.peers.classical import classical_methods
from bench.peers.cnn import cnn_methods
from bench.peers.pmrid import pmrid_methods


def mosaic_peers() -> list[MosaicMethod | Absent]:
    """Return the peers that denoise before demosaicing."""
    return [*bm3d_methods(), *pmrid_methods()]


def picture_peers() -> list[PictureMethod | Absent]:
    """Return the peers that denoise after demosaicing."""
    return [*classical_methods(), *cnn_methods()]
