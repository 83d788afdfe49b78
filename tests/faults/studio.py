"""Create photos, weights and expected outputs, once for all scenes."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from rwdenoise.io.write import write_photo
from rwdenoise.network.unet import save_network
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.simulation.raw_photo import simulate_raw
from tests.faults.scene import FAKE, Scene, digests
from tests.tiny import tiny_facts, tiny_network

#: Height and width of the default photo, in px.
SMALL = (64, 96)

Size = tuple[int, int]


class Studio:
    """Factory of scenes, with a temporary folder that exists as long as the studio."""

    def __init__(self) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="rwdenoise-faults-")
        self.folder = Path(self._holder.name)
        self._scenes = 0
        self._noisy: dict[Size, RawPhoto] = {}
        self._expected: dict[object, dict[Path, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._holder.cleanup()

    def scene(
        self,
        photos: int | Sequence[str],
        *options: str,
        size: Size = SMALL,
        program: Sequence[str] = FAKE,
    ) -> Scene:
        """Return a scene with a number of photos, or with photos of given names.

        Parameters
        ----------
        photos : int, or sequence of str
        *options : str
            Options for each call.
        size : (int, int)
            Height and width of the photos, in px.
        program : sequence of str
            Faults inside the program, see `tests.faults.inside`; empty for the real program with a tiny network.
        """
        self._scenes += 1
        scene = Scene(self, self.folder / f"scene-{self._scenes}", options=options, program=program)
        names = [f"IMG_{number:05d}.NEF" for number in range(photos)] if isinstance(photos, int) else photos
        for number, name in enumerate(names):
            self.write(scene.inbox / name, number, size=size)
        scene.sources = digests(scene.inbox)
        scene.expected = self.expected(scene)
        return scene

    def write(self, path: Path, number: int, *, size: Size = SMALL) -> None:
        """Write photo `number`; all photos are different."""
        if size not in self._noisy:
            rng = np.random.default_rng(0)
            rgb = rng.uniform(0.1, 0.5, (3, *size)).astype(np.float32)
            self._noisy[size], _ = simulate_raw(rgb, cfa=RGGB, iso=6400, rng=rng)
        photo = self._noisy[size]
        more = np.random.default_rng(number).integers(0, 50, photo.mosaic.shape, dtype=np.uint16)
        write_photo(replace(photo, mosaic=photo.mosaic + more), path, provenance=None)

    def expected(self, scene: Scene) -> dict[Path, str]:
        """Return the digests of a scene's outputs without a fault."""
        key = (frozenset(scene.sources.items()), scene.options, scene.is_real)
        if key not in self._expected:
            outbox = scene.folder / "expected"
            call = scene.start("--no-journal", "--jobs", "1", program=FAKE * (not scene.is_real), to=outbox).end()
            assert call.status == 0, call.errors
            self._expected[key] = digests(outbox)
            shutil.rmtree(outbox)
        return self._expected[key]

    @cached_property
    def weights(self) -> Path:
        """Weights file of the tiny network."""
        path = self.folder / "tiny.safetensors"
        save_network(tiny_network(), tiny_facts(), path)
        return path
