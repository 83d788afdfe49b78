"""Take RAW photos with a simulated camera: the same scene with and without sensor noise."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from rwdenoise.photo.cfa import MONOCHROME, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, profile_at
from rwdenoise.photo.raw import RawPhoto
from rwdenoise.photo.tiling import Area
from rwdenoise.simulation import camera as simulate

# Black and white level in DN: a 14-bit sensor with the levels of many Canon bodies.
BLACK, WHITE = 2048, 15360
#: Width of the optically black border in px: top, left.
BORDER = (24, 48)
#: Daylight white balance gains of the simulated sensor.
WHITE_BALANCE = (2.0, 1.0, 1.6)


def simulate_raw(
    rgb: NDArray[np.float32],
    *,
    cfa: Cfa,
    iso: float,
    rng: np.random.Generator,
    exposure: float = 1.0,
    noise: NoiseProfile | None = None,
) -> tuple[RawPhoto, RawPhoto]:
    """Take a RAW photo of a scene.

    Parameters
    ----------
    rgb : ndarray of float32, shape (3, H, W)
        The scene in linear sRGB, 0 to 1.
    cfa : Cfa
        The sensor's filter pattern, counted from the scene's top-left corner.
    iso : float
        ISO value of the photo; without `noise` it also determines the noise.
    rng : numpy.random.Generator
        Draws the noise.
    exposure : float
        1 maps the scene's white to the sensor's white.
    noise : NoiseProfile, optional
        Noise profile of the sensor; by default that of a typical camera, see `profile_at`.

    Returns
    -------
    noisy, clean : RawPhoto
        With optically black borders. The clean photo has finer quantization steps, like a denoised photo. Neither
        states a noise profile (`RawPhoto.noise`), which must therefore be estimated.
    """
    xyz_to_camera = simulate.CAMERA_MATRICES[0]
    noise = noise or profile_at(iso)
    signal = _expose(rgb, cfa, xyz_to_camera, exposure)
    framed = np.pad(signal, ((BORDER[0], 0), (BORDER[1], 0)))
    sensor = simulate.SensorNoise(
        shot=torch.tensor(noise.shot),
        read=torch.tensor(noise.read),
        step=torch.tensor(1 / (WHITE - BLACK)),
        floor=torch.tensor(-BLACK / (WHITE - BLACK)),
    )
    torch_rng = torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))
    noisy = simulate.record(torch.from_numpy(framed)[None, None], sensor, torch_rng)[0, 0].numpy()
    photo = RawPhoto(
        mosaic=np.rint(noisy * (WHITE - BLACK) + BLACK).astype(np.uint16),
        cfa=cfa,
        black=np.full(cfa.period, BLACK, np.float32),
        white=WHITE,
        active=Area(*BORDER, *signal.shape),
        crop=Area(0, 0, *signal.shape),
        white_balance=(1.0, 1.0, 1.0) if cfa == MONOCHROME else WHITE_BALANCE,
        color_matrix=None if cfa == MONOCHROME else xyz_to_camera.numpy().astype(np.float64),
        make="rwdenoise",
        model="Simulated camera",
        iso=iso,
    )
    return photo, photo.with_planes(signal[np.newaxis])


def _expose(rgb: NDArray[np.float32], cfa: Cfa, xyz_to_camera: torch.Tensor, exposure: float) -> NDArray[np.float32]:
    matrix = simulate.camera_matrix(xyz_to_camera)[None]
    gains = torch.tensor(WHITE_BALANCE)[None, :, None, None]
    camera = simulate.see(torch.from_numpy(rgb)[None], matrix, gains, torch.tensor(exposure))
    colors = torch.from_numpy(cfa.planes(*rgb.shape[1:]))[None]
    return simulate.filter_colors(camera, colors)[0, 0].numpy()
