"""Draw a sample sheet of the network in training: crops of held-out photos, noisy, denoised, and clean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from rwdenoise.network.unet import UNet
from rwdenoise.photo.cfa import RGGB
from rwdenoise.photo.noise_profile import NoiseProfile, destabilize, stabilize
from rwdenoise.simulation import camera as simulate
from training import in_camera
from training.in_camera import Developing

from .camera import Pairs
from .pictures import PicturePairs

COLUMNS = ("noisy", "denoised", "without noise")
#: Number of crops in a sheet, and margin around the column titles, in px.
ROWS, MARGIN = 4, 6
#: White balance of the simulated sensor: red, green, blue.
GAINS = (2.0, 1.0, 1.6)
QUALITY = 92


@dataclass(frozen=True)
class Examples:
    """Content of a sample sheet."""

    pairs: Pairs | PicturePairs
    to_picture: Callable[[Tensor], Tensor]
    """Converts from the domain of the network to encoded sRGB, 0 to 1, shape (N, 3, H, W)."""

    @torch.no_grad()
    def draw(self, network: UNet) -> bytes:
        """Denoise in one step, and return the sheet as a JPEG file."""
        pairs = self.pairs
        estimate = network(pairs.noisy, pairs.colors, pairs.sigma)
        columns = [self.to_picture(planes) for planes in (pairs.noisy, estimate, pairs.clean)]
        return _file_of(torch.cat([torch.cat(tuple(column), dim=1) for column in columns], dim=2))


def mosaic_examples(camera: Tensor, noise: NoiseProfile) -> Examples:
    """Make examples for a sheet: record scenes with a Bayer sensor.

    Parameters
    ----------
    camera : Tensor of float32, shape (N, 3, H, W)
        Light on the sensor of `training.validate.Validation`, in camera color.
    noise : NoiseProfile
    """
    count, _, height, width = camera.shape
    matrix = simulate.camera_matrix(simulate.CAMERA_MATRICES[:1]).to(camera).expand(count, 3, 3)
    gains = torch.tensor(GAINS).to(camera)[None, :, None, None].expand(count, 3, 1, 1)
    colors = torch.from_numpy(RGGB.planes(height, width)).to(camera).expand(count, 3, height, width)
    clean = simulate.filter_colors(camera, colors)
    sensor = simulate.SensorNoise(torch.tensor(noise.shot), torch.tensor(noise.read))
    noisy = simulate.record(clean, sensor, torch.Generator(camera.device).manual_seed(7))
    shot, read = (torch.full((count, 1, 1, 1), number).to(camera) for number in (noise.shot, noise.read))

    def to_picture(planes: Tensor) -> Tensor:
        mosaic = destabilize(planes, shot=shot, read=read)
        return in_camera.develop(mosaic, colors, kind="directed", matrix=matrix, gains=gains, how=Developing())

    x_0, x_T = (stabilize(mosaic, shot=shot, read=read) for mosaic in (clean, noisy))
    return Examples(Pairs(clean=x_0, noisy=x_T, colors=colors, shot=shot, read=read), to_picture)


def picture_examples(pairs: list[PicturePairs]) -> Examples:
    """Make examples for a sheet from developed pictures."""
    fields = ("clean", "noisy", "sigma", "deviation")
    clean, noisy, sigma, deviation = (torch.cat([getattr(pair, field) for pair in pairs]) for field in fields)
    return Examples(PicturePairs(clean, noisy, sigma, deviation), lambda planes: planes)


def _file_of(sheet: Tensor) -> bytes:
    pixels = (sheet.clip(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    height, width, _ = pixels.shape
    words = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), "".join(COLUMNS))
    header = int(words[3]) + 2 * MARGIN
    image = Image.new("RGB", (width, header + height))
    image.paste(Image.fromarray(pixels), (0, header))
    drawing = ImageDraw.Draw(image)
    for index, name in enumerate(COLUMNS):
        drawing.text((index * width // len(COLUMNS) + MARGIN, MARGIN), name, fill="white")
    file = BytesIO()
    image.save(file, "JPEG", quality=QUALITY, subsampling=0)
    return file.getvalue()
