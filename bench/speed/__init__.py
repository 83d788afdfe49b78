"""Measure speed: hardware limits, our rates against them, whole commands, and other denoisers on the same photo."""
