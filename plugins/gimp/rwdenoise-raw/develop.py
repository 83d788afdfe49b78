"""Develop a RAW photo to a private folder, and remove the folder when stdin ends, as when GIMP is killed.

Usage: PYTHON develop.py PHOTO --remove FOLDER, with the Python that has rwdenoise installed. The output is that of
`rwdenoise worker`: the event ``ready``, then the events of a single job.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

_SECONDS_TO_STOP = 5
_STDIN, _STDOUT = 0, 1


def main(photo: str, _remove: str, folder: str) -> None:
    """Develop the photo, and keep the result until stdin ends."""
    os.write(_STDOUT, json.dumps({"v": 1, "event": "ready"}).encode() + b"\n")
    output = Path(folder) / "photo.tif"
    command = [sys.executable, "-m", "rwdenoise_cli", photo, "--format", "tiff", "--output", str(output), "--json"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    asker = threading.Thread(target=_stop_when_nobody_asks, args=(process,), daemon=True)
    asker.start()
    try:
        if process.wait() == 0:
            asker.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(process.returncode)


def _stop_when_nobody_asks(process: subprocess.Popen[bytes]) -> None:
    while os.read(_STDIN, 1):
        pass
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
