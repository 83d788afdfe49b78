"""Write the page with all tables of the quality bench, the source of ``docs/quality.md``."""

from __future__ import annotations

from pathlib import Path

from bench.page import join_tables

TITLE = """# How well it denoises

`python -m bench.quality` wrote every table; `bench/` defines each figure. All methods get the same noisy photos and the
true noise level, except raw converters and methods marked as blind or estimated. PMRID is Wang et al. 2020 with its
authors' weights, BM3D its authors' package; both are only measured here and used nowhere else.
"""

#: Introduction of each table, in the order of the page.
SECTIONS = {
    "pictures": """## Pictures

Kodak24 and McMaster18 behind a simulated camera, at shot noise 1e-3, 4e-3 and 1.6e-2 with typical read noise. PSNR and
texture are those of the mosaic encoded with gamma 2.2; PSNR, SSIM and HaarPSI those of the picture that LibRaw develops
from it. Texture is the projection of the fine structure onto that of the truth. Block change: 99th percentile of the
change of 64 x 64 block means, including the noise of the noisy means. Dark change: change of the mean of the darkest
tenth of the blocks.""",
    "texture": """## Texture and edges

Scenes with exact truth, demosaiced with Menon 2007. Color PSNR, in a square-root encoding, and texture are means over
three photo crops and dead leaves. Text: share of the fine structure that printed text keeps. Transfer: texture transfer
of dead leaves, ISO 19567-2. MTF50: that of a slanted edge, in cycles/px and relative to the noise-free edge. False
color: on neutral structure. Cast: of dark patches. Texture rewards remaining noise: read it together with PSNR. We
chose the photo crops to bring the noise-free ceiling near that of the published table. Compare our figures with those
of PMRID in this table, not with the published ones.""",
    "curve-cfa-best": """## Steps

Gain of each sampling step: two Kodak pictures, Bayer, three samplers. Seconds are per picture; other programs ran at
the same time.""",
    "curve-cfa-fast": "",
    "diffusions": """## The end point

Gain from the real noisy photo as the end point, over a standard diffusion: the same small network, data and training
time, once as our diffusion and once as a conditional Gaussian DDPM.""",
    "residuals": """## What was removed

Share of the 32 x 32 px blocks from which only noise was removed. True noise: the same share for the true noise.""",
    "programs": """## Whole programs

The Kodak pictures side by side as one RAW photo of a Canon EOS 5D Mark II at ISO 6400. The figures of each raw
converter compare its own renderings of the noisy and the noise-free photo. The converter develops our DNG with its
noise reduction off; we estimated the noise profile from the photo.""",
    "developed-real": """## Developed pictures

Noise reduction on pictures that a camera or a raw converter has developed. The other methods get sigma only for
Gaussian noise; elsewhere they estimate it. FFDNet is also listed with the sigma that fits the truth best, which no user
could choose as well. Our rows with one step are a single pass of the network, like DnCNN; rows with more steps use our
sampler unless they name another. BM3D is slow: it gets only some of the pictures, and the table lists all methods for
these pictures as well. Seconds are per picture; other programs ran at the same time.

Real noise: PolyU's crops of 512 x 512 px, compared with the mean of each burst, both JPEG of quality 75.""",
    "registration": """A burst mean is not a perfect truth: the camera shook during the burst, and the light
flickered. The truth is therefore shifted against each photo (shift, in px), softer, and brighter or darker
(light, in 255ths of white). Registered: against the truth moved onto the photo. Blurred: the result after a
Gaussian blur of 0.45 px, which no photographer would want, but which improves the scores of every method.""",
    "developed-camera": """Simulated camera: it records Kodak24 and McMaster18 with and without noise, at the given
shot noise, demosaics, smooths and sharpens them, and stores them as JPEG (quality 92, 4:2:0).""",
    "developed-gaussian": """Gaussian noise, sigma in 255ths of white, added to Kodak24 and McMaster18, neither
clipped nor rounded.""",
    "paper": """## The paper's own comparisons

Yang, Liang, Su 2023 compare their diffusion with BM3D and DnCNN. Their pictures are not available. These are our own
measurements with our own weights: PolyU for real noise, and Kodak24 with Gaussian noise.""",
    "seconds": """## Seconds

One Kodak picture of 0.25 megapixels, Bayer; median of three rounds, all methods in turn on the same two cores.""",
}


def write_page(folder: Path) -> Path:
    """Write the page from the tables in a folder; return its path.

    Parameters
    ----------
    folder : Path
        Folder with the tables of the parts.
    """
    return join_tables(folder / "quality.md", TITLE, SECTIONS)
