"""Score a network on the held-out photos, with the same crops, cameras and noise every time."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from rwdenoise.denoising.diffusion import improved, schedule
from rwdenoise.denoising.noise_level import LEAST, noise_level_of, roughness_of
from rwdenoise.errors import SettingsError
from rwdenoise.network.unet import UNet
from rwdenoise.photo.cfa import RGGB, X_TRANS, Cfa
from rwdenoise.photo.noise_profile import NoiseProfile, destabilize, stabilize, typical_read
from rwdenoise.simulation import camera as simulate

from .pictures import MARGIN, PictureBag, Scaling
from .tones import linearize

SHOT = (1e-3, 4e-3, 1.6e-2)
GAUSSIAN = (15, 25, 50)
CROP, COUNT = 256, 20
CASES: tuple[tuple[str, Cfa], ...] = (("bayer", RGGB), ("x-trans", X_TRANS))


def usual_profile(shot: float) -> NoiseProfile:
    """Return the noise profile with the typical read noise for this shot noise (Brooks et al. 2019)."""
    return NoiseProfile(shot, typical_read(shot))


def psnr(estimate: Tensor, truth: Tensor) -> float:
    """Return the PSNR in dB of linear mosaics, 0 to 1, after encoding both with gamma 2.2."""
    error = (_encode(estimate) - _encode(truth)).square().mean()
    return float(-10 * torch.log10(error))


def _encode(x: Tensor) -> Tensor:
    return x.clip(0, 1) ** (1 / 2.2)


class Validation:
    """Score on RAW mosaics: crops of held-out photos, recorded with one simulated camera."""

    def __init__(self, photos: list[Tensor], *, device: torch.device) -> None:
        crops = _middles(photos)
        rgb = torch.stack(crops).to(device)
        count = len(rgb)
        matrix = simulate.camera_matrix(simulate.CAMERA_MATRICES[:1]).to(device).expand(count, 3, 3)
        gains = torch.tensor([2.0, 1.0, 1.6], device=device)[None, :, None, None].expand(count, 3, 1, 1)
        exposure = torch.ones(count, 1, 1, 1, device=device)
        self.camera = simulate.see(linearize(rgb.float() / 255), matrix, gains, exposure)

    def measure(self, network: UNet) -> dict[str, float]:
        """Return the mean PSNR for each CFA and noise level in one step, and at the strongest Bayer noise in eight."""
        scores = {}
        for name, cfa in CASES:
            for shot in SHOT:
                scores[f"{name} {shot:g}"] = self._score(network, cfa, usual_profile(shot), steps=1)
        scores["bayer 0.016, 8 steps"] = self._score(network, RGGB, usual_profile(SHOT[-1]), steps=8)
        return scores

    @torch.no_grad()
    def _score(self, network: UNet, cfa: Cfa, noise: NoiseProfile, *, steps: int) -> float:
        colors = torch.from_numpy(cfa.planes(CROP, CROP)).to(self.camera)[None]
        rng = torch.Generator(self.camera.device).manual_seed(7)
        scores = []
        for camera in self.camera[:, None]:
            clean = simulate.filter_colors(camera, colors)
            sensor = simulate.SensorNoise(torch.tensor(noise.shot), torch.tensor(noise.read))
            x_T = stabilize(simulate.record(clean, sensor, rng), shot=noise.shot, read=noise.read)

            def predict(x_t: Tensor, t: float) -> Tensor:
                return network(x_t, colors, torch.tensor([t * noise.sigma], device=x_t.device))  # type: ignore[no-any-return]

            *_, result = improved(predict, x_T, schedule(steps))
            scores.append(psnr(destabilize(result, shot=noise.shot, read=noise.read), clean))
        return sum(scores) / len(scores)


class PictureValidation:
    """Score on developed pictures: crops of held-out photos, from random simulated cameras and with Gaussian noise.

    Parameters
    ----------
    photos : list of Tensor
        uint8, shape (3, H, W).
    device : torch.device
    told : bool
        Whether the network gets the true noise level; by default the level is estimated with a first pass of the
        network.
    """

    def __init__(self, photos: list[Tensor], *, device: torch.device, told: bool = False) -> None:
        self.told = told
        sharp = torch.stack(_middles(photos))
        self.sharp = sharp.to(device).float() / 255
        self.bag = PictureBag(size=CROP - 2 * MARGIN, device=device, seed=11)
        codes = (sharp.short() * 4).to(device)
        with torch.no_grad():
            self.cases = [self.bag.photograph(codes[index : index + 1], Scaling()) for index in range(len(codes))]

    @torch.no_grad()
    def measure(self, network: UNet) -> dict[str, float]:
        """Return the mean PSNR on randomly developed pictures, on Gaussian noise, and on noise-free pictures."""
        rng = torch.Generator(self.sharp.device).manual_seed(7)
        noise = torch.randn(self.sharp.shape, generator=rng, device=self.sharp.device)
        scores = {
            "before": _mean_psnr((pair.noisy, pair.clean) for pair in self.cases),
            "developed": self._score_cases(network, 1),
            "developed, 8 steps": self._score_cases(network, 8),
        }
        for sigma in GAUSSIAN:
            noisy = self.sharp + sigma / 255 * noise
            scores[f"gaussian {sigma}"] = _mean_psnr(
                (self._clean(network, picture[None], 1, truth[None])[0], truth)
                for picture, truth in zip(noisy, self.sharp, strict=True)
            )
        scores["noise-free"] = _mean_psnr(
            (self._clean(network, picture[None], 1, picture[None])[0], picture) for picture in self.sharp
        )
        return scores

    def _score_cases(self, network: UNet, steps: int) -> float:
        return _mean_psnr((self._clean(network, pair.noisy, steps, pair.clean), pair.clean) for pair in self.cases)

    def _clean(self, network: UNet, noisy: Tensor, steps: int, truth: Tensor) -> Tensor:
        def denoise(sigma: float, steps: int) -> Tensor:
            def predict(x_t: Tensor, t: float) -> Tensor:
                return network(x_t, None, torch.tensor([t * sigma], device=x_t.device))  # type: ignore[no-any-return]

            result: Tensor = list(improved(predict, noisy, schedule(steps)))[-1]
            return result

        if self.told:
            return denoise(max(float((noisy - truth).square().mean().sqrt()), LEAST), steps)
        roughness = float(roughness_of(noisy))
        taken = noisy - denoise(roughness, 1)
        return denoise(noise_level_of(taken.cpu().numpy()), steps)


def _mean_psnr(pairs: Iterable[tuple[Tensor, Tensor]]) -> float:
    scores = [-10 * math.log10(float((a.clip(0, 1) - b.clip(0, 1)).square().mean()) + 1e-12) for a, b in pairs]
    return sum(scores) / len(scores)


def _middles(photos: list[Tensor]) -> list[Tensor]:
    crops = [_middle(photo) for photo in photos if min(photo.shape[1:]) >= CROP][:COUNT]
    if not crops:
        message = f"None of the photos held out for validation is at least {CROP} px wide and high."
        raise SettingsError(message, hint="Give more photos, or larger ones; their names decide which are held out.")
    return crops


def _middle(photo: Tensor) -> Tensor:
    top, left = ((edge - CROP) // 2 for edge in photo.shape[1:])
    return photo[:, top : top + CROP, left : left + CROP]
