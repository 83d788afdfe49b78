"""Run the quality bench, or some of its parts, and write its tables and plots: ``python -m bench.quality``.

All results go to one folder: tables as Markdown, CSV and JSON, plots and panels as PNG. The bench does not repeat a
measurement of the same method on the same input: delete ``rows.jsonl`` in that folder to start over.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from bench.methods import Absent, Method, MosaicMethod
from bench.peers import mosaic_peers, picture_peers
from bench.quality.curve import measure_curve
from bench.quality.developed import NOTHING, VARIANTS, measure_developed, measure_paper, peers_for
from bench.quality.developed_cases import CAMERA, GAUSSIAN, REAL
from bench.quality.diffusions import measure_diffusions
from bench.quality.ours import ours, ours_for_pictures
from bench.quality.page import write_page
from bench.quality.panel import draw_panels
from bench.quality.pictures import measure_pictures
from bench.quality.plots import plot_curve, plot_texture
from bench.quality.programs import measure_programs
from bench.quality.registration import measure_registration
from bench.quality.residuals import measure_residuals
from bench.quality.rows import Row, Rows, average
from bench.quality.seconds import measure_seconds
from bench.quality.tables import write_tables
from bench.quality.texture import measure_texture
from rwdenoise.choices import QUALITIES, Settings
from rwdenoise.denoising.denoiser import load_denoiser

PICTURES = {
    "sensor": "", "shot": "", "method": "", "count": "", "mosaic_psnr": ".2f", "mosaic_texture": ".3f", "psnr": ".2f",
    "ssim": ".4f", "haarpsi": ".4f", "block_change": ".2%", "dark_change": "+.2%",
}  # fmt: skip
TEXTURE = {
    "iso": "", "method": "", "psnr": ".2f", "texture": ".3f", "text": ".3f", "transfer": ".3f", "mtf50": ".3f",
    "mtf50_ratio": ".2f", "false_color": ".4f", "cast": ".1%",
}  # fmt: skip
CURVE = {
    "method": "", "shot": "", "sampler": "", "steps": "", "mosaic_psnr": ".2f", "mosaic_texture": ".3f",
    "seconds": ".2f",
}  # fmt: skip
RESIDUALS = {"sensor": "", "shot": "", "method": "", "count": "", "consistent": ".2%", "true_noise": ".2%"}
PROGRAMS = {"program": "", "method": "", "psnr": ".2f", "ssim": ".4f", "seconds": ".1f", "denoise_seconds": ".1f"}
DEVELOPED = {
    "noise": "", "pictures": "", "method": "", "count": "", "psnr": ".2f", "ssim": ".4f", "haarpsi": ".4f",
    "seconds": ".2f",
}  # fmt: skip
REGISTRATION = {
    "method": "", "count": "", "psnr": ".2f", "blurred_psnr": ".2f", "registered_psnr": ".2f",
    "blurred_registered_psnr": ".2f", "shift": ".2f", "light": ".1f",
}  # fmt: skip
PAPER = {"noise": "", "pictures": "", "method": "", "count": "", "psnr": ".2f", "ssim": ".4f"}
SECONDS = {"method": "", "seconds": ".2f"}


class Bench:
    """State that all parts share: methods, folder, measured rows."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.folder: Path = arguments.into
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows = Rows(self.folder / "rows.jsonl")
        self.every: int = arguments.every
        self.no_peers: bool = arguments.no_peers
        self.minutes: float = arguments.minutes
        denoisers = [load_denoiser(name) for name in arguments.weights]
        self.denoisers = [denoiser for denoiser in denoisers if denoiser.facts.architecture.domain == "cfa"]
        self.ours = [ours(denoiser, Settings()) for denoiser in self.denoisers]
        self.for_pictures = [
            ours_for_pictures(denoiser, settings)
            for denoiser in denoisers
            if denoiser.facts.architecture.domain == "rgb"
            for settings in VARIANTS
        ]
        nothing = MosaicMethod("nothing", lambda mosaic, _cfa, _noise: mosaic)
        self.peers: list[Method] = [] if self.no_peers else [*mosaic_peers(), *picture_peers()]
        self.methods: list[Method] = [nothing, *self.peers, *self.ours]

    def pictures(self) -> None:
        """Measure clean pictures behind a simulated camera."""
        rows = list(measure_pictures(self.methods, self.rows, every=self.every))
        self._write(average(rows, over="picture"), "pictures", PICTURES)

    def texture(self) -> None:
        """Measure texture and edges."""
        rows = measure_texture(self.methods)
        self._write(rows, "texture", TEXTURE)
        plot_texture(rows, self.folder / "texture.png")

    def panel(self) -> None:
        """Draw panels of crops for visual comparison."""
        peers = [peer for peer in self.peers if isinstance(peer, MosaicMethod)]
        for path in draw_panels([*peers, *self.ours], self.folder):
            print(f"wrote {path}")

    def curve(self) -> None:
        """Measure the effect of steps and samplers."""
        for denoiser in self.denoisers:
            means = average(measure_curve(denoiser, self.rows), over="picture")
            name = f"curve-{denoiser.facts.name}"
            self._write(means, name, CURVE)
            plot_curve(means, self.folder / f"{name}.png")

    def diffusions(self) -> None:
        """Compare our diffusion with a Gaussian one."""
        rows = measure_diffusions(self.folder / "diffusions", minutes=self.minutes)
        self._write(average(rows, over="picture"), "diffusions", CURVE)

    def residuals(self) -> None:
        """Check that we remove only noise."""
        rows = [row for method in self.ours for row in measure_residuals(method, self.rows, every=self.every)]
        self._write(average(rows, over="picture"), "residuals", RESIDUALS)

    def programs(self) -> None:
        """Measure raw converters on DNG files."""
        rows = measure_programs(self.denoisers, Settings(), folder=self.folder / "programs")
        self._write(rows, "programs", PROGRAMS)

    def developed(self) -> None:
        """Measure developed pictures, by kind of noise."""
        for name, kind in {"real": (REAL,), "camera": CAMERA, "gaussian": GAUSSIAN}.items():
            rows: list[Row] = []
            for series in kind:
                methods = [NOTHING, *([] if self.no_peers else peers_for(series)), *self.for_pictures]
                rows += measure_developed(series, methods, self.rows, every=self.every)
            self._write(rows, f"developed-{name}", DEVELOPED)

    def registration(self) -> None:
        """Measure the shift between real pictures and their truth."""
        rows = measure_registration(self.for_pictures[:1], self.rows, every=self.every)
        self._write(rows, "registration", REGISTRATION)

    def paper(self) -> None:
        """Repeat the comparisons of the paper."""
        self._write(measure_paper(self.for_pictures, self.rows, every=self.every), "paper", PAPER)

    def seconds(self) -> None:
        """Time all methods in turn on the same picture; no other load should run at that time."""
        self._write(measure_seconds(self.methods), "seconds", SECONDS)

    def _write(self, rows: list[Row], name: str, formats: dict[str, str]) -> None:
        print(f"\n## {name}\n\n{write_tables(rows, self.folder, name=name, formats=formats)}", flush=True)


#: Weights that users select, without auxiliary ones.
RELEASED = sorted({name for domains in QUALITIES.values() for name in domains.values()})

PARTS: dict[str, Callable[[Bench], None]] = {
    "pictures": Bench.pictures,
    "texture": Bench.texture,
    "panel": Bench.panel,
    "curve": Bench.curve,
    "diffusions": Bench.diffusions,
    "residuals": Bench.residuals,
    "programs": Bench.programs,
    "developed": Bench.developed,
    "registration": Bench.registration,
    "paper": Bench.paper,
    "seconds": Bench.seconds,
}


def main() -> None:
    """Parse the command line and run the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"any of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--into", type=Path, default=Path("bench/out"), help="output folder (default bench/out)")
    parser.add_argument("--weights", nargs="*", default=RELEASED)
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="use only every n-th picture in parts with many pictures"
    )
    parser.add_argument("--minutes", type=float, default=10, help="training time of each network in part 'diffusions'")
    parser.add_argument("--no-peers", action="store_true", help="measure only our own methods")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    for peer in bench.peers:
        if isinstance(peer, Absent):
            print(f"{peer.name} is absent: {peer.reason}")
    for part in arguments.parts or PARTS:
        PARTS[part](bench)
    print(f"wrote {write_page(bench.folder)}")


if __name__ == "__main__":
    main()
