"""The client that GIMP's plug-ins share, with workers that are missing, die, talk nonsense, hang or are slow.

Where there is a Python 2.7 the client runs under it, too, as it does in GIMP 2.10.
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "plugins" / "gimp" / "worker_client.py"
client = runpy.run_path(str(CLIENT))
Worker, WorkerError = client["Worker"], client["WorkerError"]

HOW_TO_INSTALL = "In a terminal, type: pip install rwdenoise; then type: rwdenoise gimp install"
READY = 'say({"v": 1, "event": "ready", "version": "9.9"})\n'
# Answers each request with what it was, until stdin ends, and removes the folder that it was told to remove.
ECHO = """
for line in sys.stdin:
    request = json.loads(line)
    job = request["job"]
    if request["request"] == "cancel":
        say({"v": 1, "event": "cancelled", "job": job})
    elif request.get("wrong"):
        say({"v": 1, "event": "failed", "job": job, "code": "settings", "message": "It is wrong.", "hint": "Mend it."})
    elif not request.get("long"):
        say({"v": 1, "event": "progress", "job": job, "stage": "denoise", "done": 1, "total": 2})
        say({"v": 1, "event": "news from the future", "job": job})
        say({"v": 1, "event": "finished", "job": job, "request": request})
"""


@pytest.fixture
def worker_of(tmp_path: Path):
    """Return what makes a client of a fake worker from its script."""
    made = []

    def make(script: str, **options):
        path = tmp_path / "fake.py"
        say = "def say(event): print(json.dumps(event)); sys.stdout.flush()\n"
        path.write_text("import json, os, sys, time\n" + say + script)
        setup = {"command": [sys.executable, str(path)], "version": "9.9"}
        (tmp_path / "worker.json").write_text(json.dumps(setup))
        made.append(Worker(tmp_path, **options))
        return made[-1]

    yield make
    for worker in made:
        worker.close()
        assert not Path(worker.folder).exists()


def test_a_job_from_beginning_to_end(worker_of) -> None:
    with worker_of(READY + ECHO) as worker:
        told = []
        event = worker.denoise({"width": 3}, on_progress=lambda done, total: told.append((done, total)))
        assert told == [(1, 2)]
        assert worker.version == "9.9"
        request = event["request"]
        assert request == {"v": 1, "request": "denoise", "job": event["job"], "folder": worker.folder, "width": 3}
        process = worker._process
    assert process.returncode == 0
    assert not Path(worker.folder).exists()


def test_jobs_one_after_the_other(worker_of) -> None:
    with worker_of(READY + ECHO) as worker:
        folders = ["here", "there"]
        jobs = [worker.submit({"folder": folder}) for folder in folders]
        assert len(set(jobs)) == 2
        ends = []
        while len(ends) < 2:
            event = worker.poll(1.0)
            ends += [event] if event["event"] == "finished" else []
        assert [(event["job"], event["request"]["folder"]) for event in ends] == list(zip(jobs, folders, strict=True))


@pytest.mark.skipif(os.name != "posix", reason="this system has no permission bits")
def test_the_folder_is_private(worker_of) -> None:
    with worker_of(READY + ECHO) as worker:
        worker.start()
        assert Path(worker.folder).stat().st_mode & 0o777 == 0o700


def test_without_a_worker_there_is_no_folder(worker_of) -> None:
    assert not Path(worker_of(READY).folder).exists()
    worker = worker_of(READY + "sys.exit(3)")
    with pytest.raises(WorkerError):
        worker.denoise({})
    assert not Path(worker.folder).exists()


def test_where_there_is_no_room_the_folder_is_named(worker_of, tmp_path: Path) -> None:
    worker = worker_of(READY + ECHO)
    worker.folder = str(tmp_path / "missing" / "folder")
    with pytest.raises(WorkerError, match=r"missing.* cannot be created: No such file") as caught:
        worker.start()
    assert "TMPDIR" in caught.value.hint


@pytest.mark.skipif(os.name != "posix", reason="this system does not kill like that")
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.5])
def test_killed_as_soon_as_the_worker_starts_nothing_is_left(tmp_path: Path, seconds: float) -> None:
    command = [sys.executable, "-P", "-m", "rwdenoise_cli", "worker"]
    code = (
        "import time, worker_client\n"
        f"worker = worker_client.Worker('.', command={command!r})\n"
        "worker.start()\n"
        "print(worker._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(CLIENT.parent)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as plug_in:
        process = int(plug_in.stdout.readline())
        time.sleep(seconds)
        plug_in.kill()
    until = time.monotonic() + 60
    while Path(f"/proc/{process}").exists() or list(tmp_path.iterdir()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_failed_job_leaves_the_worker_alive(worker_of) -> None:
    with worker_of(READY + ECHO) as worker:
        with pytest.raises(WorkerError, match=r"It is wrong\.\nMend it\.") as caught:
            worker.denoise({"wrong": True})
        assert (caught.value.message, caught.value.hint) == ("It is wrong.", "Mend it.")
        assert worker.denoise({})["event"] == "finished"


def test_cancel(worker_of) -> None:
    with worker_of(READY + ECHO) as worker:
        job = worker.submit({"long": True})
        assert worker.poll(0.3) is None
        worker.cancel(job)
        assert worker.poll(20) == {"v": 1, "event": "cancelled", "job": job}


def test_poll_does_not_wait_unless_told_to(worker_of) -> None:
    with worker_of(READY + ECHO) as worker:
        worker.wait_until_ready()
        begun = time.monotonic()
        assert worker.poll() is None
        assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("script", "about"),
    [
        ("sys.exit('no module named rwdenoise_cli')", r"status 1\. Its last output: no module named"),
        (READY + "sys.stdin.readline(); os._exit(3)", r"status 3"),
        ("print('Welcome to Python'); sys.stdout.flush(); sys.stdin.read()", "'Welcome to Python"),
        (READY + "sys.stdout.write(chr(7) * 9 + chr(10)); sys.stdout.flush(); sys.stdin.read()", r"\\x07\\x07"),
        (READY + "say([1]); sys.stdin.read()", r"'\[1\]"),
        (READY + "say({'v': 2, 'event': 'finished', 'job': 'job 1'}); sys.stdin.read()", '\'v|"v"'),
        ("say({'v': 1, 'event': 'finished', 'job': 'job 1'}); sys.stdin.read()", "finished"),
        ("sys.stdin.close(); os.close(0); sys.stderr.write('x' * 300000); sys.exit(7)", r"status 7\. .*xxx"),
    ],
    ids=["at start", "in a job", "text", "control signs", "no object", "version 2", "not ready", "much on stderr"],
)
def test_workers_that_die_or_talk_nonsense(worker_of, script, about) -> None:
    worker = worker_of(script)
    with pytest.raises(WorkerError, match=about) as caught:
        worker.denoise({})
    said_nothing = not script.startswith(READY) and "status" in about
    assert caught.value.hint == (HOW_TO_INSTALL if said_nothing else "In a terminal, type: rwdenoise gimp status")
    if "status" in about:
        with pytest.raises(WorkerError, match=about):
            worker.poll()


def test_a_worker_that_hangs_at_start(worker_of) -> None:
    worker = worker_of("time.sleep(60)", start_timeout=0.5)
    with pytest.raises(WorkerError, match=r"did not answer within 0\.5 seconds"):
        worker.denoise({})


def test_a_slow_worker_is_waited_for(worker_of) -> None:
    waits = []
    with worker_of("time.sleep(1)\n" + READY + "time.sleep(1)\n" + ECHO, start_timeout=30) as worker:
        assert worker.denoise({}, on_wait=lambda: waits.append(1))["event"] == "finished"
    assert len(waits) > 10


def test_a_worker_that_does_not_end_is_killed(worker_of) -> None:
    worker = worker_of(READY + "time.sleep(60)")
    worker.submit({})
    worker.wait_until_ready()
    process, begun = worker._process, time.monotonic()
    worker.close()
    worker.close()
    assert process.returncode not in (None, 0)
    assert time.monotonic() - begun < 10


def test_a_closed_worker_says_so(worker_of) -> None:
    worker = worker_of(READY)
    for use in (worker.poll, lambda: worker.cancel("job 1")):
        with pytest.raises(WorkerError, match="is not running"):
            use()


def test_no_setup_a_damaged_one_and_a_program_that_is_gone(tmp_path: Path) -> None:
    def error() -> str:
        with Worker(tmp_path) as worker, pytest.raises(WorkerError) as caught:
            worker.start()
        assert caught.value.hint == HOW_TO_INSTALL
        return caught.value.message

    assert "not set up" in error()
    for damaged in ("{", "[]", '{"command": []}', '{"command": null}'):
        (tmp_path / "worker.json").write_text(damaged)
        assert "is damaged" in error()
    (tmp_path / "worker.json").write_text('{"command": ["/no/such/python"]}')
    assert "/no/such/python does not exist" in error()
    (tmp_path / "text").write_text("no program")
    (tmp_path / "worker.json").write_text(json.dumps({"command": [str(tmp_path / "text")]}))
    assert "cannot be started" in error()


def test_what_belongs_to_gimp_is_kept_from_the_worker(worker_of, monkeypatch) -> None:
    for name in ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "GI_TYPELIB_PATH", "DYLD_LIBRARY_PATH"):
        monkeypatch.setenv(name, "/of/gimp")
    monkeypatch.setenv("FOR_ALL", "yes")
    script = READY + "say({'v': 1, 'event': 'finished', 'job': 'job 1', 'env': dict(os.environ)})\nsys.stdin.read()"
    with worker_of(script) as worker:
        environment = worker.denoise({})["env"]
    assert environment["FOR_ALL"] == "yes"
    assert "/of/gimp" not in environment.values()


def python2() -> str | None:
    """Return a Python 2.7 that works; the name alone may be a stand-in."""
    candidates = [shutil.which("python2.7"), *map(str, Path.home().glob(".pyenv/versions/2.7*/bin/python2.7"))]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def test_under_python_2(tmp_path: Path) -> None:
    python = python2()
    if python is None:
        pytest.skip("there is no Python 2.7 here")
    fake = tmp_path / "fake.py"
    fake.write_text("import json, sys\ndef say(event): print(json.dumps(event)); sys.stdout.flush()\n" + READY + ECHO)
    code = (
        "import os, worker_client\n"
        "with worker_client.Worker('.') as worker:\n"
        "    assert worker.denoise({'width': 3}, on_progress=lambda *_: None)['event'] == 'finished'\n"
        "    try: worker.denoise({'wrong': True})\n"
        "    except worker_client.WorkerError as error: print(error)\n"
        "    open(os.path.join(worker.folder, 'pixels.in'), 'wb').close()\n"
        "assert not os.path.exists(worker.folder)\n"
    )
    shutil.copy(CLIENT, tmp_path)
    (tmp_path / "worker.json").write_text(json.dumps({"command": [sys.executable, str(fake)]}))
    result = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "It is wrong.\nMend it.\n"), result.stderr
