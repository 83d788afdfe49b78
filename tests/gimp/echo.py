"""A worker that does not denoise: it returns the pixels with the last byte changed, which makes GIMP store them all."""

import json
import sys
from pathlib import Path


def say(**event):
    sys.stdout.write(json.dumps({"v": 1, **event}) + "\n")
    sys.stdout.flush()


say(event="ready", version="0")
for line in sys.stdin:
    request = json.loads(line)
    folder = Path(request["folder"])
    pixels = bytearray((folder / "pixels.in").read_bytes())
    pixels[-1] ^= 0xFF
    (folder / "pixels.out").write_bytes(pixels)
    say(event="finished", job=request["job"])
