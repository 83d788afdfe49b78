"""Installing the plug-ins: every GIMP is found, what is broken is named, and nothing is left behind."""

import itertools
import json
import os
import re
import shutil
import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from rwdenoise import __version__
from rwdenoise.errors import OutputExistsError, PhotoWriteError
from rwdenoise_cli.commands.gimp import WORKER
from rwdenoise_cli.gimp import install as gimp_install
from rwdenoise_cli.gimp.folders import Gimp, find_gimps, gimp_of, has_flatpak
from rwdenoise_cli.gimp.install import PlugIn, examine, install, plug_ins_folder, plug_ins_for, uninstall
from rwdenoise_cli.main import cli

POSIX = pytest.mark.skipif(os.name != "posix", reason="this system has no permission bits")


def names(gimps: list[Gimp], root: Path) -> dict[str, str]:
    return {str(gimp.plug_ins.relative_to(root)): gimp.name for gimp in gimps}


@pytest.mark.parametrize(
    ("platform", "environment", "folders"),
    [
        ("linux", {}, {f".config/GIMP/{version}": f"GIMP {version}" for version in ("2.10", "3.0", "3.2")}),
        ("linux", {"XDG_CONFIG_HOME": "{home}/elsewhere"}, {"elsewhere/GIMP/3.0": "GIMP 3.0"}),
        ("linux", {}, {".var/app/org.gimp.GIMP/config/GIMP/3.0": "GIMP 3.0"}),
        ("linux", {}, {"snap/gimp/current/.config/GIMP/3.0": "GIMP 3.0"}),
        ("win32", {}, {"AppData/Roaming/GIMP/3.0": "GIMP 3.0"}),
        ("win32", {"APPDATA": "{home}/Roaming"}, {"Roaming/GIMP/3.0": "GIMP 3.0", "Roaming/GIMP/2.10": "GIMP 2.10"}),
        ("darwin", {}, {"Library/Application Support/GIMP/3.2": "GIMP 3.2"}),
        ("linux", {"GIMP3_DIRECTORY": "{home}/portable"}, {"portable": "GIMP 3"}),
        ("linux", {"GIMP2_DIRECTORY": "portable"}, {"portable": "GIMP 2", ".config/GIMP/3.0": "GIMP 3.0"}),
    ],
)
def test_every_gimp_is_found(tmp_path: Path, platform, environment, folders) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    environment = {name: value.format(home=tmp_path) for name, value in environment.items()}
    found = find_gimps(environment=environment, home=tmp_path, platform=platform)
    assert names(found, tmp_path) == {f"{folder}/plug-ins": name for folder, name in folders.items()}
    assert all(gimp.major == int(gimp.name.split()[1].split(".")[0]) for gimp in found)


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_each_system_has_its_own_places_and_all_that_are_there_count(tmp_path: Path, platform) -> None:
    places = {
        "linux": [".config/GIMP", ".var/app/org.gimp.GIMP/config/GIMP", "snap/gimp/current/.config/GIMP"],
        "win32": ["AppData/Roaming/GIMP"],
        "darwin": ["Library/Application Support/GIMP"],
    }
    for place in itertools.chain(*places.values()):
        for version in ("2.10", "3.0", "3.2"):
            (tmp_path / place / version).mkdir(parents=True)
    found = find_gimps(environment={}, home=tmp_path, platform=platform)
    expected = {
        (f"{place}/{version}/plug-ins", f"GIMP {version}", int(version[0]))
        for place in places[platform]
        for version in ("2.10", "3.0", "3.2")
    }
    assert {(gimp.plug_ins.relative_to(tmp_path).as_posix(), gimp.name, gimp.major) for gimp in found} == expected
    assert len(found) == len(expected)


@POSIX
def test_a_flatpak_of_the_user_is_noticed_and_told_what_it_needs(command, tmp_path: Path) -> None:
    assert "flatpak override" not in command("install").output
    (tmp_path / ".local/share/flatpak/app/org.gimp.GIMP").mkdir(parents=True)
    assert has_flatpak()
    told = command("install").output
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak org.gimp.GIMP" in told


def test_what_is_no_gimp_or_too_old_is_not_found(tmp_path: Path) -> None:
    for name in ("2.8", "2.99", "3.0.bak", "notes"):
        (tmp_path / ".config" / "GIMP" / name).mkdir(parents=True)
    (tmp_path / ".config" / "GIMP" / "3.4").touch()
    assert find_gimps(environment={}, home=tmp_path, platform="linux") == []


def test_where_gimp_was_told_to_look_others_do_not_count(tmp_path: Path) -> None:
    for name in (".config/GIMP/3.0", "portable"):
        (tmp_path / name).mkdir(parents=True)
    found = find_gimps(environment={"GIMP3_DIRECTORY": "portable"}, home=tmp_path, platform="linux")
    assert names(found, tmp_path) == {"portable/plug-ins": "GIMP 3"}


def test_the_same_folder_by_two_ways_counts_once(tmp_path: Path) -> None:
    (tmp_path / ".config" / "GIMP" / "3.0").mkdir(parents=True)
    (tmp_path / "snap" / "gimp").mkdir(parents=True)
    (tmp_path / "snap" / "gimp" / "current").symlink_to(tmp_path)
    assert len(find_gimps(environment={}, home=tmp_path, platform="linux")) == 1


@pytest.fixture
def gimp(tmp_path: Path) -> Gimp:
    (tmp_path / "GIMP" / "3.0").mkdir(parents=True)
    return gimp_of(tmp_path / "GIMP" / "3.0" / "plug-ins")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch) -> Path:
    """Return a folder of plug-ins that a test may change."""
    folder = tmp_path / "sources"
    shutil.copytree(plug_ins_folder(), folder)
    (folder / "rwdenoise" / "__pycache__").mkdir(exist_ok=True)
    monkeypatch.setattr(gimp_install, "plug_ins_folder", lambda: folder)
    return folder


def install_all(gimp: Gimp, *, raw_loader: bool = False) -> list[Path]:
    return [install(plug_in, gimp, command=WORKER) for plug_in in plug_ins_for(gimp, raw_loader=raw_loader)]


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def faults_of(gimp: Gimp) -> list[str]:
    return [fault.message for _, faults in examine(gimp) for fault in faults]


@pytest.mark.parametrize("version", ["2.10", "3.0"])
def test_a_plug_in_is_a_folder_called_like_its_script(tmp_path: Path, version) -> None:
    (tmp_path / version).mkdir()
    gimp = gimp_of(tmp_path / version / "plug-ins")
    places = install_all(gimp, raw_loader=True)
    assert [place.name for place in places] == (["rwdenoise"] if version == "2.10" else ["rwdenoise", "rwdenoise-raw"])
    for place in places:
        script = place / f"{place.name}.py"
        assert script.read_bytes().startswith(b"#!/usr/bin/env python")
        assert {"worker_client.py", "progress.py", "worker.json"} < {path.name for path in place.iterdir()}
        setup = json.loads((place / "worker.json").read_text())
        assert setup["command"] == [sys.executable, "-P", "-m", "rwdenoise_cli", "worker"]
        assert setup["version"] == __version__
        assert not list(place.glob("__pycache__"))
    assert b"gimpfu" in (places[0] / "rwdenoise.py").read_bytes() or version == "3.0"


@POSIX
def test_only_the_script_may_be_executed(gimp) -> None:
    (place,) = install_all(gimp)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()}
    assert modes.pop("rwdenoise.py") == 0o755
    assert set(modes.values()) == {0o644}
    assert stat.S_IMODE(place.stat().st_mode) == 0o755


def test_installed_it_works(gimp) -> None:
    install_all(gimp, raw_loader=True)
    assert faults_of(gimp) == []
    assert len(list(examine(gimp))) == 2


def test_uninstalling_leaves_no_debris(gimp) -> None:
    settings = gimp.plug_ins.parent / "plug-in-settings"
    settings.mkdir()
    (settings / "GimpProcedureConfigRun-plug-in-gauss.last").touch()
    before = snapshot(gimp.plug_ins.parent)
    places = install_all(gimp, raw_loader=True)
    (places[0] / "__pycache__").mkdir()
    (settings / "GimpProcedureConfigRun-plug-in-rwdenoise.last").touch()
    assert uninstall(gimp) == places
    assert snapshot(gimp.plug_ins.parent) == before
    assert uninstall(gimp) == []


def test_what_others_installed_stays(gimp) -> None:
    other = gimp.plug_ins / "other" / "other.py"
    other.parent.mkdir(parents=True)
    other.write_text("#!")
    install_all(gimp)
    uninstall(gimp)
    assert snapshot(gimp.plug_ins) == {"other": None, "other/other.py": b"#!"}


def test_a_folder_of_plug_ins_that_was_there_stays(gimp) -> None:
    gimp.plug_ins.mkdir()
    install_all(gimp)
    uninstall(gimp)
    assert gimp.plug_ins.is_dir()


def test_an_upgrade_replaces_the_whole_folder(gimp, sources) -> None:
    (place,) = install_all(gimp)
    (place / "gone_since.py").touch()
    (gimp.plug_ins / ".rwdenoise-interrupted").mkdir()
    (sources / "rwdenoise" / "new_module.py").touch()
    install_all(gimp)
    assert not (place / "gone_since.py").exists()
    assert (place / "new_module.py").exists()
    assert [path.name for path in gimp.plug_ins.iterdir()] == ["rwdenoise"]
    uninstall(gimp)
    assert not gimp.plug_ins.exists()


def test_an_upgrade_that_fails_leaves_the_old_one(gimp, monkeypatch) -> None:
    (place,) = install_all(gimp)
    before = snapshot(gimp.plug_ins)
    rename = Path.rename

    def fail_to_put_in_place(path: Path, target: Path) -> Path:
        if target == place and not path.name.endswith("-old"):
            raise PermissionError(13, "Permission denied", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_to_put_in_place)
    with pytest.raises(PhotoWriteError, match="Permission denied"):
        install_all(gimp)
    assert snapshot(gimp.plug_ins) == before


def test_a_folder_that_is_not_ours_is_refused(gimp) -> None:
    foreign = gimp.plug_ins / "rwdenoise"
    foreign.mkdir(parents=True)
    with pytest.raises(OutputExistsError, match="not from rwdenoise"):
        install_all(gimp)
    assert uninstall(gimp) == []
    assert foreign.is_dir()


def test_what_is_not_installed_is_said(gimp) -> None:
    assert faults_of(gimp) == ["It is not installed."]


def spoil_setup(place: Path, **changes) -> None:
    setup = json.loads((place / "worker.json").read_text())
    (place / "worker.json").write_text(json.dumps({**setup, **changes}))


@pytest.mark.parametrize(
    ("spoil", "about"),
    [
        (lambda place: (place / "worker_client.py").unlink(), "worker_client.py is missing"),
        (lambda place: (place / "pixels.py").write_text(""), "pixels.py was changed since it was installed"),
        (lambda place: (place / "worker.json").unlink(), "not set up: .*worker.json is missing"),
        (lambda place: (place / "worker.json").write_text("{"), "worker.json is damaged"),
        (lambda place: spoil_setup(place, version="0.0.1"), "version 0.0.1, but this program"),
        (lambda place: spoil_setup(place, command=["/no/python"]), "/no/python does not exist"),
        (lambda place: spoil_setup(place, command=[sys.executable, "-c", "exit(5)"]), "status 5"),
        (lambda place: spoil_setup(place, command=[sys.executable, "-c", "print(3)"]), "something unexpected"),
        pytest.param(lambda place: (place / "rwdenoise.py").chmod(0o644), "is not executable", marks=POSIX),
    ],
)
def test_what_is_wrong_is_said_and_installing_mends_it(gimp, spoil, about) -> None:
    (place,) = install_all(gimp)
    spoil(place)
    ((_, (fault,)),) = examine(gimp)
    assert re.search(about, fault.message)
    assert fault.hint
    install_all(gimp)
    assert faults_of(gimp) == []


def test_another_program_of_another_version(gimp) -> None:
    (place,) = install_all(gimp)
    other = 'import json; print(json.dumps({"v": 1, "event": "ready", "version": "7.0"}), flush=True); input()'
    spoil_setup(place, command=[sys.executable, "-c", other])
    (message,) = faults_of(gimp)
    assert "another rwdenoise, version 7.0" in message


def test_every_plug_in_has_one_script() -> None:
    for name in ("rwdenoise", "gimpfu", "rwdenoise-raw"):
        folder = plug_ins_folder() / name
        scripts = [path.name for path in folder.glob("*.py") if path.read_bytes().startswith(b"#!")]
        assert scripts == [PlugIn(folder).script]


@pytest.fixture
def command(tmp_path: Path, monkeypatch):
    """Return what runs ``rwdenoise gimp`` for a user with one GIMP."""
    profile = tmp_path / "profile"
    profile.mkdir()
    for name, value in {"HOME": tmp_path, "XDG_CONFIG_HOME": tmp_path / "none", "GIMP3_DIRECTORY": profile}.items():
        monkeypatch.setenv(name, str(value))
    return lambda *arguments: CliRunner().invoke(cli, ["gimp", *arguments])


def test_the_command_from_beginning_to_end(command, tmp_path: Path) -> None:
    place = tmp_path / "profile" / "plug-ins" / "rwdenoise"
    absent = command("status")
    assert (absent.exit_code, "gimp install" in absent.output) == (1, True)
    installed = command("install", "--raw-loader")
    assert (installed.exit_code, str(place) in installed.output) == (0, True)
    assert "Filters > Enhance" in installed.output
    well = command("status")
    assert (well.exit_code, well.output.count("ok ")) == (0, 2)
    (place / "settings.py").unlink()
    wrong = command("status")
    assert wrong.exit_code == 1
    assert "settings.py is missing" in wrong.output
    removed = command("uninstall")
    assert (removed.exit_code, removed.output.count("removed")) == (0, 2)
    assert list((tmp_path / "profile").iterdir()) == []
    assert "nothing was installed" in command("uninstall").output


def test_without_a_gimp_the_command_says_what_to_do(command, tmp_path: Path) -> None:
    (tmp_path / "profile").rmdir()
    for name in ("install", "status", "uninstall"):
        result = command(name)
        assert result.exit_code == 1
        assert f"gimp {name} --into FOLDER" in result.output
    into = ("--into", str(tmp_path / "2.10" / "plug-ins"))
    misspelled = command("install", *into)
    assert misspelled.exit_code == 1
    assert "No such file" in misspelled.output
    (tmp_path / "2.10").mkdir()
    assert command("install", *into).exit_code == 0
    assert (tmp_path / "2.10" / "plug-ins" / "rwdenoise" / "rwdenoise.py").is_file()
    assert command("status", *into).exit_code == 0
    assert command("uninstall", *into).exit_code == 0
    assert not (tmp_path / "2.10" / "plug-ins").exists()
