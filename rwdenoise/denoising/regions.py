"""Pictures of any size: large ones are denoised region by region, so that memory stays bounded.

Each region is seen with all that its pixels depend on over all steps, so there are no seams. That costs time, the more
steps the more, and so only very large pictures are divided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rwdenoise.denoising import detail
from rwdenoise.noise.spectrum import find_grain
from rwdenoise.photo.kinds import REGION, Photo, parts
from rwdenoise.photo.tiling import Area, Tile, plan_tiles

if TYPE_CHECKING:
    from rwdenoise.choices import Settings
    from rwdenoise.denoising.denoiser import Denoiser

#: Pixels up to which a picture is done at once; that takes about 80 bytes for each.
MOST_PIXELS = 24_000_000

_CORNER = Area(0, 0, 1, 1)


def denoise_regions(
    photo: Photo, *, denoiser: Denoiser, settings: Settings, on_progress: Callable[[int, int], None]
) -> Photo:
    """Denoise a photo with three colors in each pixel, at once or region by region.

    Parameters
    ----------
    photo : RgbPhoto, or RawPhoto without a mosaic
    denoiser : Denoiser
        With weights for developed pictures.
    settings : Settings
        With strength and chroma 0 the very picture comes back.
    on_progress : callable
        Told ``(done, total)`` on the way.

    Raises
    ------
    DeviceMemoryError, WeightsMismatchError
        As `Denoiser.denoise_picture`.
    """
    height, width = photo.frame.height, photo.frame.width
    if settings.removes_nothing:
        return photo
    grain = find_grain(photo) if settings.detail else None
    if height * width <= MOST_PIXELS:
        planes = denoiser.denoise_picture(photo.planes(), settings=settings, grain=grain, on_progress=on_progress)
        return photo.with_planes(planes)
    noise = measure_picture_noise(photo, denoiser)
    tiles = list(_regions(photo, denoiser, settings))
    like = photo.samples_of(photo.planes(_CORNER), _CORNER)
    samples = np.empty((height, width, *like.shape[2:]), like.dtype)
    for index, tile in enumerate(tiles):
        planes = denoiser.denoise_picture(
            photo.planes(Area.of(*tile.source_slices)),
            settings=settings,
            grain=grain,
            noise=noise,
            on_progress=lambda done, total, before=index: on_progress(before * total + done, len(tiles) * total),  # type: ignore[misc]
        )
        rows, columns = tile.inner_slices
        samples[tile.target_slices] = photo.samples_of(planes[:, rows, columns], Area.of(*tile.target_slices))
    return photo.with_samples(samples)


def measure_picture_noise(photo: Photo, denoiser: Denoiser) -> float:
    """Measure the noise of a picture region by region, as the denoiser does by itself for a picture given whole."""
    # It imports torch, which takes a second, in which a photo can be read.
    from rwdenoise.denoising.noise_level import measure_roughness

    def cut(rows: slice, columns: slice) -> NDArray[np.float32]:
        return photo.planes(Area.of(rows, columns))

    roughness = measure_roughness(parts(photo))
    return denoiser.measure_noise(cut, photo.frame.height, photo.frame.width, roughness=roughness)


def _regions(photo: Photo, denoiser: Denoiser, settings: Settings) -> Iterator[Tile]:
    halo = settings.steps * denoiser.facts.halo + (0 if settings.is_plain else detail.REACH)
    multiple = denoiser.facts.architecture.multiple
    return plan_tiles(photo.frame.height, photo.frame.width, size=REGION, halo=halo, multiple=multiple)
