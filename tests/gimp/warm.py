"""Start workers instantly: a server process with torch loaded forks a real worker for each request.

``python -m tests.gimp.warm SOCKET`` is the server. ``python warm.py SOCKET worker ...`` replaces
``rwdenoise worker ...``: it passes on its stdin, stdout and stderr, and ends when the worker ends. This saves minutes
in a hundred calls.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

_STREAMS = 3
_MOST_BYTES = 65536


def serve(path: str) -> None:
    """Fork a worker for each connection; runs until the process is killed."""
    import torch

    import rwdenoise.jobs.layers
    import rwdenoise_cli.main

    del rwdenoise.jobs.layers
    torch.set_num_threads(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    while True:
        connection, _ = server.accept()
        words, streams, *_ = socket.recv_fds(connection, _MOST_BYTES, _STREAMS)
        if os.fork() == 0:
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            server.close()
            rwdenoise_cli.main.cli(words.decode().split("\0"))
        for stream in streams:
            os.close(stream)
        connection.close()


def ask(path: str, *words: str) -> None:
    """Run a worker with these arguments on this process's streams; return when the worker has ended."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    socket.send_fds(client, ["\0".join(words).encode()], range(_STREAMS))
    # The connection closes when the worker ends.
    client.recv(1)


if __name__ == "__main__":
    serve(sys.argv[1]) if len(sys.argv) == 2 else ask(*sys.argv[1:])
