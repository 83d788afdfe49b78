# -*- coding: utf-8 -*-
"""Connect GIMP to `rwdenoise worker`: start it, send jobs, receive events. For Python 2.7 and 3.

For a filter that runs once::

    with Worker(os.path.dirname(os.path.abspath(__file__))) as worker:
        worker.start()
        ...write the layer's bytes to os.path.join(worker.folder, "pixels.in")...
        worker.denoise({"width": 640, "height": 480, "channels": 3, "alpha": False, "type": "u8",
                        "encoding": "non-linear", "strength": 0.8}, on_progress=show)
        ...read os.path.join(worker.folder, "pixels.out")...

For a dialog: `submit` a job with ``"preview": True``, call `poll` every 50 ms, and `cancel` jobs that are obsolete.

The installer copies this file into the folder of each plug-in and writes ``worker.json`` there, with the command to
start.
"""

import atexit
import collections
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid

try:
    import queue
except ImportError:  # Python 2
    import Queue as queue

VERSION = 1

# GIMP sets these for its own Python and libraries; another Python must not see them.
_NOT_FOR_OTHERS = ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "GI_TYPELIB_PATH")
_MACOS_LIBRARIES = "DYLD_"
# Time limit for a worker's first output, in seconds: it comes before the worker loads anything large.
_START_SECONDS = 60.0
# Time limit for a worker to end before it is killed, in seconds.
_END_SECONDS = 2.0
_POLL_SECONDS = 0.05
# Length of the worker's last output in the message about its death: lines, and bytes.
_LAST_LINES = 10
_LAST_WORDS = 400
_ENDS = ("finished", "failed", "cancelled")
# Every flatpak has this file.
_FLATPAK = "/.flatpak-info"
_INSTALL = "In a terminal, type: pip install rwdenoise; then type: rwdenoise gimp install"
_FREE = "Free some space on that disk, or set the variable TMPDIR to another folder."
_STATUS = "In a terminal, type: rwdenoise gimp status"
_ALLOW_FLATPAK = "In a terminal, type: flatpak override --user --talk-name=org.freedesktop.Flatpak org.gimp.GIMP"


class WorkerError(Exception):
    """Raised if the worker cannot do a job; ``str()`` gives the message and the hint.

    Attributes
    ----------
    message : str
        What happened.
    hint : str
        How to fix it, in one sentence.
    """

    def __init__(self, message, hint):
        Exception.__init__(self, message + "\n" + hint)
        self.message = message
        self.hint = hint


class Worker(object):
    """Worker process with a private folder to exchange pixels.

    Parameters
    ----------
    here : str or path
        Folder of the plug-in, with ``worker.json``.
    command : list of str, optional
        Command to start instead of that in ``worker.json``.
    start_timeout : float
        Time limit for the worker's first output, in seconds.

    Attributes
    ----------
    folder : str
        Private folder, accessible only to this user. It exists from `start` to `close`.
    version : str or None
        Version of rwdenoise in the worker, once the worker is ready.

    Notes
    -----
    Use it in a ``with`` statement, from one thread: leaving the statement ends the process and removes the folder. A
    plug-in that is killed can do neither; the worker then ends because its stdin ends, and removes the folder. For this
    reason the folder is created only after the worker has started.
    """

    def __init__(self, here, command=None, start_timeout=_START_SECONDS):
        self.folder = os.path.join(_folder_that_both_see(), "rwdenoise-" + uuid.uuid4().hex)
        atexit.register(self.close)
        self._here = str(here)
        self._command = command
        self._start_timeout = start_timeout
        self._process = None
        self._lines = queue.Queue()
        self._last_errors = collections.deque(maxlen=_LAST_LINES)
        self._errors = None
        self.version = None
        self._deadline = 0.0
        self._jobs = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        """Start the process unless it is running; `submit` does the same. Returns at once: the first `poll` waits.

        Raises
        ------
        WorkerError
            If the command is missing, or the private folder cannot be created.
        """
        if self._process is not None:
            return
        command = _around(self._command or read_command(self._here)) + ["--remove", self.folder]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=clean_environment(os.environ),
                close_fds=os.name == "posix",
                # Windows would open a black window.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError) as error:
            raise WorkerError("%s cannot be started: %s." % (command[0], error), _INSTALL)
        self._deadline = _now() + self._start_timeout
        self._events = _read_in_background(self._process.stdout, self._lines.put)
        self._errors = _read_in_background(self._process.stderr, self._last_errors.append)
        try:
            os.mkdir(self.folder, 0o700)
        except (IOError, OSError) as error:
            self.close()
            raise WorkerError("%s cannot be created: %s." % (self.folder, error.strerror), _FREE)

    def wait_until_ready(self):
        """Start the process, wait until it is ready, and return the version of rwdenoise.

        Raises
        ------
        WorkerError
            As `start` and `poll`.
        """
        self.start()
        while self.version is None:
            self._next(_POLL_SECONDS)
        return self.version

    def submit(self, request):
        """Send a job to the worker, and return its name.

        Parameters
        ----------
        request : dict
            Request ``denoise`` as described in ``docs/worker.md``. The defaults are the private folder for ``folder``
            and a new name for ``job``; ``v`` and ``request`` are filled in. The file ``pixels.in`` must be complete,
            and must stay until the job ends.

        Raises
        ------
        WorkerError
            If the worker cannot be started or has died.
        """
        self.start()
        self._jobs += 1
        whole = {"v": VERSION, "request": "denoise", "job": "job %d" % self._jobs, "folder": self.folder}
        whole.update(request)
        self._send(whole)
        return whole["job"]

    def cancel(self, job):
        """Cancel a job. Its last event still comes: ``cancelled``, or another one if the job ended first."""
        self._send({"v": VERSION, "request": "cancel", "job": job})

    def poll(self, timeout=0.0):
        """Return the next event of a job, or None if none arrives within `timeout` seconds.

        Returns
        -------
        dict or None
            ``event`` is ``started``, ``progress`` (with ``stage``, ``done``, ``total``), ``warning`` (``message``),
            ``finished``, ``failed`` (``message``, ``hint``) or ``cancelled``; ``job`` is the name of the job. The last
            three end a job. Ignore any other event.

        Raises
        ------
        WorkerError
            If the worker is not running, died, does not start in time, or writes something that is not an event.
        """
        self._require_started()
        until = _now() + timeout
        event = self._next(timeout)
        while event is not None and event["event"] == "ready":
            event = self._next(until - _now())
        return event

    def denoise(self, request, on_progress=None, on_wait=None):
        """Run one job from start to end, and return its event ``finished``.

        Parameters
        ----------
        request : dict
            As for `submit`.
        on_progress : callable, optional
            Called with ``(done, total)``.
        on_wait : callable, optional
            Called about every 50 ms, without arguments, to keep a window responsive.

        Raises
        ------
        WorkerError
            If the job fails, and in the cases of `submit` and `poll`.

        Notes
        -----
        If a callable raises an exception, the job keeps running: leave the ``with`` statement to end it.
        """
        job = self.submit(request)
        while True:
            event = self.poll(_POLL_SECONDS)
            if on_wait is not None:
                on_wait()
            if event is None or event.get("job") not in (job, ""):
                continue
            if event["event"] == "progress" and event["stage"] == "denoise" and on_progress is not None:
                on_progress(event["done"], event["total"])
            elif event["event"] == "finished":
                return event
            elif event["event"] in _ENDS:
                raise WorkerError(event.get("message", "The job was cancelled."), event.get("hint", "Start it again."))

    def close(self):
        """End the process in any state, and remove the private folder; calling it again does nothing."""
        process, self._process = self._process, None
        if process is not None:
            try:
                process.stdin.close()
            except (IOError, OSError):
                pass  # The process has already ended.
            _end(process)
            # Python 2 complains about threads that are still running when it exits.
            for reader in (self._events, self._errors):
                reader.join(_END_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _require_started(self):
        if self._process is None:
            raise WorkerError("The worker is not running.", _STATUS)

    def _send(self, request):
        self._require_started()
        try:
            self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            self._process.stdin.flush()
        except (IOError, OSError, ValueError):
            raise self._death()

    def _next(self, timeout):
        """Return the next event of any kind, or None."""
        try:
            line = self._lines.get(timeout=max(0.001, timeout))
        except queue.Empty:
            if self.version is None and _now() > self._deadline:
                raise WorkerError("The worker did not answer within %g seconds." % self._start_timeout, _STATUS)
            return None
        if line is None:
            self._lines.put(None)  # Later calls find the end again.
            raise self._death()
        event = _parse(line)
        if event["event"] == "ready":
            self.version = event.get("version", "")
        elif self.version is None:
            raise _no_event(line)
        return event

    def _death(self):
        _end(self._process)
        # Removed now: if this plug-in were killed, nobody else would remove it.
        shutil.rmtree(self.folder, ignore_errors=True)
        words = "The worker ended unexpectedly with status %s." % self._process.returncode
        self._errors.join(_END_SECONDS)
        last = b"".join(line for line in self._last_errors if line)
        if last:
            words += " Its last output: " + last[-_LAST_WORDS:].decode("utf-8", "replace").strip()
        return WorkerError(words, _STATUS if self.version is not None else _how_to_start())


def read_command(here):
    """Return the command in the file ``worker.json`` of a folder, as a list of strings.

    Raises
    ------
    WorkerError
        If the file is missing or damaged, or its program does not exist.
    """
    path = os.path.join(here, "worker.json")
    try:
        with open(path, "rb") as file:
            command = json.loads(file.read().decode("utf-8"))["command"]
        program = str(command[0])
    except (IOError, OSError):
        raise WorkerError("The program rwdenoise, which does the work, is not set up: %s is missing." % path, _INSTALL)
    except (ValueError, KeyError, TypeError, IndexError):
        raise WorkerError("%s is damaged." % path, _INSTALL)
    if not os.path.exists(_FLATPAK) and not os.path.exists(program):
        raise WorkerError("The program that does the work is missing: %s does not exist." % program, _INSTALL)
    return [str(word) for word in command]


def _parse(line):
    try:
        event = json.loads(line.decode("utf-8"))
        if event["v"] == VERSION and event["event"]:
            return event
    except (ValueError, KeyError, TypeError):
        pass
    raise _no_event(line)


def _no_event(line):
    words = repr(line[:_LAST_WORDS]).lstrip("b")
    return WorkerError("The worker sent something unexpected: %s." % words, _STATUS)


def clean_environment(environment):
    """Return the environment without the variables for GIMP's own Python and libraries.

    >>> clean_environment({"HOME": "/home/me", "PYTHONHOME": "/opt/gimp", "DYLD_LIBRARY_PATH": "/opt"})
    {'HOME': '/home/me'}
    """
    return {
        name: value
        for name, value in environment.items()
        if name not in _NOT_FOR_OTHERS and not name.startswith(_MACOS_LIBRARIES)
    }


def _around(command):
    """Wrap a command to run it outside the flatpak sandbox, if GIMP runs in one."""
    return ["flatpak-spawn", "--host", "--watch-bus"] + command if os.path.exists(_FLATPAK) else command


def _folder_that_both_see():
    """Return a folder for temporary files that the worker can also see: a flatpak's own is hidden from it."""
    return (os.path.exists(_FLATPAK) and os.environ.get("XDG_CACHE_HOME")) or tempfile.gettempdir()


def _how_to_start():
    """Return the hint for a worker that ends before it sends anything."""
    return _ALLOW_FLATPAK if os.path.exists(_FLATPAK) else _INSTALL


def _read_in_background(stream, tell):
    """Call `tell` with each line of a stream, and with None at its end, from a thread; return the thread."""

    def read():
        try:
            for line in iter(stream.readline, b""):
                tell(line)
        except (IOError, OSError, ValueError):
            pass  # The process was ended.
        stream.close()
        tell(None)

    thread = threading.Thread(target=read)
    thread.daemon = True
    thread.start()
    return thread


def _end(process):
    """Wait a short time for a process to end, then kill it."""
    until = _now() + _END_SECONDS
    while process.poll() is None and _now() < until:
        time.sleep(0.01)
    if process.poll() is None:
        process.kill()
    process.wait()


#: Monotonic clock in seconds if Python has one, else the system time.
_now = getattr(time, "monotonic", time.time)
