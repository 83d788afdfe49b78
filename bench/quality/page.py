"""All tables on one page, as it stands in ``docs/quality.md``."""

from __future__ import annotations

from pathlib import Path

from bench.page import join_tables

TITLE = """# How well it denoises

Every table comes from `python -m bench.quality`; how each figure is defined stands in `bench/`. Everybody
gets the same noisy photos and is told the true noise, except whole programs and what is called blind or estimated.
PMRID is Wang et al. 2020 with its authors' weights, BM3D its authors' package; both are measured here and used nowhere
else.
"""

#: What each table shows, in the order of the page.
SECTIONS = {
    "pictures": """## Pictures

Kodak24 and McMaster18 behind a simulated camera, at shot noise 1e-3, 4e-3 and 1.6e-2 with usual read noise. PSNR and
texture of the mosaic encoded with gamma 2.2, PSNR, SSIM and HaarPSI of the picture that LibRaw develops from it. Block
change: of the means of 64 x 64 blocks, 99th percentile (the noise of the noisy means included); dark change: of the
mean of the darkest tenth of the blocks. Texture is the projection of the fine structure onto the truth's.""",
    "texture": """## Texture and edges

Scenes with exact truth, developed by Menon 2007. Color PSNR in a square-root encoding and texture kept are means of
three crops of photos and dead leaves; text: the share of fine structure kept in print; transfer: of dead leaves, ISO
19567-2; MTF50 of a slanted edge in cycles/px and relative to the noise-free one; false color on neutral structure;
cast: of dark patches. Texture rewards noise that is left, so read it beside PSNR. The photo crops were chosen so that
the noise-free ceiling comes near that of the published table: compare our figures with PMRID's here, not with it.""",
    "curve-cfa-best": """## Steps

What each step buys: three Kodak pictures, Bayer, three samplers. Seconds are for a picture, with whatever else the
machine did meanwhile.""",
    "curve-cfa-fast": "",
    "diffusions": """## The end point

What the real noisy photo as end point buys over the usual diffusion: the same small network, data and minutes, once as
ours and once as a conditional Gaussian DDPM.""",
    "residuals": """## What was removed

The share of blocks of 32 x 32 px from which only noise was removed;
true noise: the same of the noise that was there.""",
    "programs": """## Whole programs

The Kodak pictures side by side as one RAW photo of a Canon EOS 5D Mark II at ISO 6400. Each program's figures compare
its own renderings, of the noisy and of the noise-free photo. Our DNG is developed with the program's noise reduction
off; the noise profile was estimated from the photo.""",
    "developed-real": """## Developed pictures

What is left of the noise of pictures that a camera or a converter has developed. Peers are told sigma only where it is
Gaussian; elsewhere they estimate it, and FFDNet also stands there with the sigma that is best against the truth: no
user could choose it so well. Of ours, one step is a single pass of the network, as DnCNN does; more steps are our
sampler unless another is named. BM3D is slow: it gets a part of the pictures, and everybody's figures for that part
stand beside it. Seconds are for a picture, with whatever else the machine did meanwhile.

Real noise: PolyU's crops of 512 x 512 px beside the mean of each burst, both JPEG of quality 75.""",
    "registration": """The mean of a burst is no perfect truth: the camera trembled meanwhile, and the light flickered.
So the truth lies beside each photo (shift, in px), is softer than it, and brighter or darker (light, in 255ths).
Registered: against the truth moved onto the photo. Blurred: the result after a Gaussian blur of 0.45 px, which no
photographer would want, and which gains, whoever denoised.""",
    "developed-camera": """Simulated camera: it takes Kodak24 and McMaster18 with noise and without, at the shot noise
that is stated, demosaics, smooths, sharpens and stores them as JPEG (quality 92, 4:2:0).""",
    "developed-gaussian": """Gaussian noise, sigma in 255ths of white, added to Kodak24 and McMaster18, neither cut off
nor rounded.""",
    "paper": """## The paper's own comparisons

Yang, Liang, Su 2023 compare their diffusion with BM3D and DnCNN. Their pictures could not be had, so these are our own
measurements with our own weights: PolyU for real noise, and Kodak24 with Gaussian noise.""",
    "seconds": """## Seconds

One Kodak picture of 0.25 megapixels, Bayer, median of three rounds, all in turn on the same two cores.""",
}


def write_page(folder: Path) -> Path:
    """Put the tables that lie in a folder on one page; return it.

    Parameters
    ----------
    folder : Path
        Where the parts of the bench wrote their tables.
    """
    return join_tables(folder / "quality.md", TITLE, SECTIONS)
