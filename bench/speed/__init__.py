"""Speed: ceilings of the machine, our rates against them, whole commands, and the peers on the same photo."""
