# -*- coding: utf-8 -*-
"""The way from GIMP to `rwdenoise worker`: starts it, sends it jobs, hears its events. For Python 2.7 and 3.

In short, for a filter that runs once::

    with Worker(os.path.dirname(os.path.abspath(__file__))) as worker:
        worker.start()
        ...write the layer's bytes to os.path.join(worker.folder, "pixels.in")...
        worker.denoise({"width": 640, "height": 480, "channels": 3, "alpha": False, "type": "u8",
                        "encoding": "non-linear", "strength": 0.8}, on_progress=show)
        ...read os.path.join(worker.folder, "pixels.out")...

and for a dialog: `submit` a job with ``"preview": True``, call `poll` every 50 ms, `cancel` what is no longer wanted.

The file is copied beside each plug-in when it is installed, and ``worker.json`` with the command to start.
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
# How long a worker may take for its first word, in seconds: it comes before anything large is loaded.
_START_SECONDS = 60.0
# How long it may take to end once it is told to, before it is killed.
_END_SECONDS = 2.0
_POLL_SECONDS = 0.05
# How much of what it said is shown when it has died: lines, and bytes.
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
    """The worker cannot do the work; ``str()`` gives the message and how to mend it.

    Attributes
    ----------
    message : str
        What happened.
    hint : str
        One sentence: how to mend it.
    """

    def __init__(self, message, hint):
        Exception.__init__(self, message + "\n" + hint)
        self.message = message
        self.hint = hint


class Worker(object):
    """A worker process and a private folder for the pixels that it gets and gives.

    Parameters
    ----------
    here : str or path
        The folder of the plug-in, in which ``worker.json`` lies.
    command : list of str, optional
        What to start instead of what ``worker.json`` says.
    start_timeout : float
        Seconds that it may take for its first word.

    Attributes
    ----------
    folder : str
        The private folder (only for this user); it is there from `start` to `close`.
    version : str or None
        Of the rwdenoise that does the work, once it has said that it is ready.

    Notes
    -----
    Use it in a ``with`` statement, from one thread: leaving it ends the process and removes the folder. A plug-in that
    is killed cannot do either, so the worker does: it ends when its stdin ends, and removes the folder. That is why
    there is no folder before there is a worker.
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
        """Start the process, unless it runs; `submit` does it, too. It takes no time: the first `poll` waits.

        Raises
        ------
        WorkerError
            If there is nothing to start, or no room for the private folder.
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
            raise WorkerError("%s cannot be made: %s." % (self.folder, error.strerror), _FREE)

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
            What ``docs/worker.md`` says of a request ``denoise``. ``folder`` may be left out for the private folder
            itself, ``job`` for a new name, ``v`` and ``request`` always. The file ``pixels.in`` must be whole by now,
            and stay until the job ends.

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
        """Ask for the end of a job. Its last event still comes: ``cancelled``, or another if that was faster."""
        self._send({"v": VERSION, "request": "cancel", "job": job})

    def poll(self, timeout=0.0):
        """Return the next event of a job, or None if there is none after so many seconds.

        Returns
        -------
        dict or None
            ``event`` is ``started``, ``progress`` (with ``stage``, ``done``, ``total``), ``warning`` (``message``),
            ``finished``, ``failed`` (``message``, ``hint``) or ``cancelled``; ``job`` says whose. The last three end
            a job. There may be others, which are to be ignored.

        Raises
        ------
        WorkerError
            If the worker is not running, died, does not start in time, or says what is no event.
        """
        self._require_started()
        until = _now() + timeout
        event = self._next(timeout)
        while event is not None and event["event"] == "ready":
            event = self._next(until - _now())
        return event

    def denoise(self, request, on_progress=None, on_wait=None):
        """Do one job from beginning to end, and return its event ``finished``.

        Parameters
        ----------
        request : dict
            As for `submit`.
        on_progress : callable, optional
            Told ``(done, total)``.
        on_wait : callable, optional
            Called about every 50 ms, without arguments, to keep a window alive.

        Raises
        ------
        WorkerError
            If the job fails, or as for `submit` and `poll`.

        Notes
        -----
        What the callables raise leaves the job running: leave the ``with`` statement to end it.
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
        """End the process, wherever it is, and remove the private folder; more than once does no harm."""
        process, self._process = self._process, None
        if process is not None:
            try:
                process.stdin.close()
            except (IOError, OSError):
                pass  # It has died.
            _end(process)
            # Python 2 complains about threads that still run when it ends.
            for reader in (self._events, self._errors):
                reader.join(_END_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _require_started(self):
        if self._process is None:
            raise WorkerError("The worker does not run.", _STATUS)

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
            self._lines.put(None)  # It stays dead.
            raise self._death()
        event = _parse(line)
        if event["event"] == "ready":
            self.version = event.get("version", "")
        elif self.version is None:
            raise _no_event(line)
        return event

    def _death(self):
        _end(self._process)
        # Nobody else would, should this plug-in be killed now.
        shutil.rmtree(self.folder, ignore_errors=True)
        words = "The worker ended unexpectedly, with status %s." % self._process.returncode
        self._errors.join(_END_SECONDS)
        last = b"".join(line for line in self._last_errors if line)
        if last:
            words += " Its last words: " + last[-_LAST_WORDS:].decode("utf-8", "replace").strip()
        return WorkerError(words, _STATUS if self.version is not None else _how_to_start())


def read_command(here):
    """Return the command that ``worker.json`` in a folder says, as a list of strings.

    Raises
    ------
    WorkerError
        If the file is missing or damaged, or what it names is gone.
    """
    path = os.path.join(here, "worker.json")
    try:
        with open(path, "rb") as file:
            command = json.loads(file.read().decode("utf-8"))["command"]
        program = str(command[0])
    except (IOError, OSError):
        raise WorkerError("The program rwdenoise, which does the work, is not set up: there is no %s." % path, _INSTALL)
    except (ValueError, KeyError, TypeError, IndexError):
        raise WorkerError("%s is damaged." % path, _INSTALL)
    if not os.path.exists(_FLATPAK) and not os.path.exists(program):
        raise WorkerError("The program that does the work is gone: there is no %s." % program, _INSTALL)
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
    return WorkerError("The worker said something that was not expected: %s." % words, _STATUS)


def clean_environment(environment):
    """Return the environment without what GIMP's own Python and libraries need.

    >>> clean_environment({"HOME": "/home/me", "PYTHONHOME": "/opt/gimp", "DYLD_LIBRARY_PATH": "/opt"})
    {'HOME': '/home/me'}
    """
    return {
        name: value
        for name, value in environment.items()
        if name not in _NOT_FOR_OTHERS and not name.startswith(_MACOS_LIBRARIES)
    }


def _around(command):
    """Return the command that starts another one outside of the sandbox that we may be in."""
    return ["flatpak-spawn", "--host", "--watch-bus"] + command if os.path.exists(_FLATPAK) else command


def _folder_that_both_see():
    """Return where temporary folders go: the usual place, but a flatpak's own is hidden from other programs."""
    return (os.path.exists(_FLATPAK) and os.environ.get("XDG_CACHE_HOME")) or tempfile.gettempdir()


def _how_to_start():
    """Return how to mend that a worker ends before it says anything."""
    return _ALLOW_FLATPAK if os.path.exists(_FLATPAK) else _INSTALL


def _read_in_background(stream, tell):
    """Tell all lines of a stream, and None at its end, from a thread; return the thread."""

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
    """Wait for a process to end, not for long, then kill it."""
    until = _now() + _END_SECONDS
    while process.poll() is None and _now() < until:
        time.sleep(0.01)
    if process.poll() is None:
        process.kill()
    process.wait()


#: Seconds that only ever grow, where Python has them.
_now = getattr(time, "monotonic", time.time)
