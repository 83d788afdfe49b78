"""Check for the requirements of the peers: packages, and weights files in the data folder."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.methods import Absent
from bench.pictures import data_folder


def package_version(package: str) -> str | None:
    """Return the version of a package, or None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def without_package(name: str, package: str) -> Absent:
    """Return the peer `name` as absent because a package is missing."""
    return Absent(name, f"the package {package} is not installed")


def weights_file(name: str) -> Path:
    """Return the path of a peer's weights file; it may not exist."""
    return data_folder() / "peers" / name


def without_weights(name: str, weights: Path) -> Absent:
    """Return the peer `name` as absent because its weights are missing."""
    return Absent(name, f"its weights {weights.name} are not in the folder peers of RWDENOISE_DATA")
