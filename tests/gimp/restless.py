"""The real worker, which runs the network in every step: a hundred steps take as long as a hundred passes."""

from __future__ import annotations

from rwdenoise.denoising import sampling
from rwdenoise_cli.main import main

if __name__ == "__main__":
    sampling.steps_to_run = range
    main()
