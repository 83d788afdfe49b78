"""Workers that start at once: a process with torch loaded forks one for whoever asks, and that one is a real worker.

``python -m tests.gimp.warm SOCKET`` serves; ``python warm.py SOCKET worker ...`` is used like `rwdenoise worker ...`:
it hands over its stdin, stdout and stderr, and ends when the worker has ended. A hundred calls save minutes so.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

_STREAMS = 3
_MOST_BYTES = 65536


def serve(path: str) -> None:
    """Fork a worker for each connection, until the process is ended."""
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
    """Have a worker with these arguments use this process's streams; return when it has ended."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    socket.send_fds(client, ["\0".join(words).encode()], range(_STREAMS))
    # The server's copies of the streams and the worker's end of the connection go with the worker.
    client.recv(1)


if __name__ == "__main__":
    serve(sys.argv[1]) if len(sys.argv) == 2 else ask(*sys.argv[1:])
