"""Which photos are meant, and where their results go."""

import unicodedata
from pathlib import Path

import pytest

from rwdenoise.errors import SettingsError
from rwdenoise.io.formats import OUTPUT_SUFFIXES, RAW_SUFFIXES
from rwdenoise.jobs.plan import expand_sources, plan_outputs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> list[Path]:
    paths = [Path(name) for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def targets(names: list[str], output: str | None = None, format: str | None = None) -> list[str]:
    return [target.as_posix() for _, target in plan_outputs([Path(name) for name in names], output, format)]


class TestExpandSources:
    def test_named_files_stay_whatever_their_suffix_and_even_if_missing(self, folder) -> None:
        assert expand_sources(["b.txt", "a.NEF", "missing"]) == [Path("b.txt"), Path("a.NEF"), Path("missing")]

    def test_each_file_once(self, folder) -> None:
        touch("d/a.NEF")
        assert expand_sources(["d/a.NEF", "d", "d/*.NEF", "./d/a.NEF"]) == [Path("d/a.NEF")]

    def test_a_folder_is_walked_for_raw_suffixes_of_any_case(self, folder) -> None:
        touch("d/z.nef", "d/a/b.Cr3", "d/a.NEF", "d/note.txt", "d/a.jpg", "d/a.xmp")
        assert expand_sources(["d"]) == [Path("d/a/b.Cr3"), Path("d/a.NEF"), Path("d/z.nef")]

    def test_pictures_are_meant_where_there_is_no_raw(self, folder) -> None:
        touch("d/b.jpg", "d/b-denoised.jpg", "d/a/c.TIF", "d/a/d.txt")
        assert expand_sources(["d"]) == [Path("d/a/c.TIF"), Path("d/b.jpg")]
        touch("d/a/e.NEF")
        assert expand_sources(["d"]) == [Path("d/a/e.NEF")]

    def test_hidden_files_and_folders_are_left_out(self, folder) -> None:
        touch("d/._a.NEF", "d/.trash/b.NEF", "d/c.NEF")
        assert expand_sources(["d"]) == [Path("d/c.NEF")]
        assert expand_sources(["d/*.NEF"]) == [Path("d/c.NEF")]
        assert expand_sources(["d/._a.NEF"]) == [Path("d/._a.NEF")]

    def test_results_of_earlier_calls_are_no_sources(self, folder) -> None:
        touch("d/a.NEF", "d/a.dng", "d/b.dng", "d/b-denoised.dng", "d/c.NEF", "d/c.CR2", "d/c-NEF.dng", "d/e.dng")
        assert [path.name for path in expand_sources(["d"])] == ["a.NEF", "b.dng", "c.CR2", "c.NEF", "e.dng"]

    def test_the_folder_of_results_is_not_walked(self, folder) -> None:
        touch("d/a.NEF", "d/out/a.dng", "d/out.d/b.NEF")
        assert expand_sources(["d"], results="d/out") == [Path("d/a.NEF"), Path("d/out.d/b.NEF")]
        assert expand_sources(["d"], results="d") == [Path("d/a.NEF"), Path("d/out/a.dng"), Path("d/out.d/b.NEF")]

    def test_loops_of_links_end(self, folder) -> None:
        touch("d/a.NEF")
        Path("d/again").symlink_to(".")
        Path("d/loop.NEF").symlink_to("loop.NEF")
        assert expand_sources(["d"]) == [Path("d/a.NEF"), Path("d/loop.NEF")]

    def test_without_recursion_only_the_folders_own_photos_are_taken(self, folder) -> None:
        touch("d/a.NEF", "d/e/b.NEF")
        assert expand_sources(["d"], recursive=False) == [Path("d/a.NEF")]
        assert expand_sources(["d/*"], recursive=False) == [Path("d/a.NEF"), Path("d/e/b.NEF")]

    def test_links_that_leave_the_folder_are_not_followed_unless_asked(self, folder) -> None:
        touch("d/a.NEF", "out/b.NEF", "out/deep/c.NEF")
        Path("d/near.NEF").symlink_to("a.NEF")
        Path("d/far.NEF").symlink_to(folder / "out/b.NEF")
        Path("d/gone.NEF").symlink_to("../out/gone.NEF")
        Path("d/link").symlink_to("../out")
        assert expand_sources(["d"]) == [Path("d/a.NEF"), Path("d/near.NEF")]
        assert [path.as_posix() for path in expand_sources(["d"], follow_links=True)] == [
            *("d/a.NEF", "d/far.NEF", "d/gone.NEF", "d/link/b.NEF", "d/link/deep/c.NEF", "d/near.NEF")
        ]
        assert expand_sources(["d/far.NEF"]) == [Path("d/far.NEF")]

    def test_a_folder_to_which_two_links_lead_is_walked_once(self, folder) -> None:
        touch("d/a.NEF", "out/b.NEF")
        Path("d/one").symlink_to("../out")
        Path("d/two").symlink_to("../out")
        Path("out/round").symlink_to("../out")
        Path("out/back").symlink_to("../d")
        assert len(expand_sources(["d"], follow_links=True)) == 2

    def test_a_folder_beside_with_the_same_beginning_is_outside(self, folder) -> None:
        touch("d2/b.NEF", "d/a.NEF")
        Path("d/far.NEF").symlink_to("../d2/b.NEF")
        assert expand_sources(["d"]) == [Path("d/a.NEF")]

    def test_results_of_a_template_are_no_sources(self, folder) -> None:
        touch("d/a.NEF", "d/dn/a.dng", "d/c.CR2", "d/c.NEF", "d/dn/c-CR2.dng", "d/dn/d.dng")
        template = "{folder}/dn/{stem}{suffix}"
        found = expand_sources(["d"], results=template)
        assert [path.as_posix() for path in found] == ["d/a.NEF", "d/c.CR2", "d/c.NEF", "d/dn/d.dng"]
        touch("j/a.JPG", "j/dn/a.JPG", "j/dn/a.png")
        assert expand_sources(["j"], results=template, format="png") == [Path("j/a.JPG")]

    def test_the_folder_of_a_template_is_not_walked(self, folder) -> None:
        touch("d/a.NEF", "d/out/2026/a.dng")
        assert expand_sources(["d"], results="d/out/{parent}/{stem}{suffix}") == [Path("d/a.NEF")]

    def test_a_named_link_to_a_folder_is_walked(self, folder) -> None:
        touch("d/a.NEF")
        Path("link").symlink_to("d")
        assert expand_sources(["link"]) == [Path("link/a.NEF")]

    def test_a_folder_without_photos_stands_for_itself(self, folder) -> None:
        touch("d/note.txt")
        assert expand_sources(["d"]) == [Path("d")]

    def test_patterns(self, folder) -> None:
        touch("a.NEF", "b.NEF", "c.txt", "deep/er/d.NEF")
        assert expand_sources(["*.NEF"]) == [Path("a.NEF"), Path("b.NEF")]
        assert expand_sources([str(folder / "[b].NEF")]) == [folder / "b.NEF"]
        assert expand_sources(["**/d.NEF"]) == [Path("deep/er/d.NEF")]
        assert expand_sources(["?.txt", "de*"]) == [Path("c.txt"), Path("deep/er/d.NEF")]

    @pytest.mark.parametrize("name", ["*.CR2", "a**b.NEF", "[", "nothing/*.NEF"])
    def test_a_pattern_without_a_match_stands_for_itself(self, folder, name) -> None:
        assert expand_sources([name]) == [Path(name)]

    def test_a_file_that_looks_like_a_pattern_is_taken_by_its_name(self, folder) -> None:
        touch("IMG[1].NEF", "IMG1.NEF")
        assert expand_sources(["IMG[1].NEF"]) == [Path("IMG[1].NEF")]

    def test_names_in_any_script(self, folder) -> None:
        names = ["d/a b.NEF", "d/two\nlines.NEF", "d/фото.NEF", "d/写真.NEF"]
        touch(*names)
        assert sorted(expand_sources(["d"])) == sorted(map(Path, names))


class TestPlanOutputs:
    def test_beside_each_source(self) -> None:
        assert targets(["x/IMG.NEF", "IMG.1.cr3", "plain"]) == ["x/IMG.dng", "IMG.1.dng", "plain.dng"]

    def test_the_suffix_fits_the_format(self) -> None:
        assert [targets(["a.NEF"], format=name) for name in OUTPUT_SUFFIXES] == [
            ["a.dng"],
            ["a.tif"],
            ["a.jpg"],
            ["a.png"],
            ["a.webp"],
        ]

    def test_a_dng_gets_another_name_in_its_own_folder_only(self) -> None:
        assert targets(["x/IMG.dng", "x/IMG2.DNG"]) == ["x/IMG-denoised.dng", "x/IMG2-denoised.DNG"]
        assert targets(["x/IMG.dng"], "y/") == ["y/IMG.dng"]
        assert targets(["x/IMG.dng"], format="tiff") == ["x/IMG.tif"]

    def test_same_stem_other_suffix(self) -> None:
        assert targets(["A.NEF", "A.CR2", "B.NEF"]) == ["A-NEF.dng", "A-CR2.dng", "B.dng"]

    def test_never_onto_another_source(self) -> None:
        assert targets(["A.NEF", "A.dng"]) == ["A-NEF.dng", "A-denoised.dng"]
        assert targets(["A.dng", "A-denoised.dng"]) == ["A-denoised-2.dng", "A-denoised-denoised.dng"]

    def test_same_name_in_two_folders_into_one(self, tmp_path) -> None:
        assert targets(["x/A.NEF", "y/A.NEF"], f"{tmp_path}") == [
            f"{tmp_path.as_posix()}/A-NEF.dng",
            f"{tmp_path.as_posix()}/A-NEF-2.dng",
        ]

    def test_names_that_differ_in_case_only_are_one_file_on_some_systems(self) -> None:
        result = targets(["A.NEF", "a.nef"])
        assert len({name.casefold() for name in result}) == 2

    def test_one_photo_into_a_file(self) -> None:
        assert targets(["a.NEF"], "x/b.dng") == ["x/b.dng"]
        assert targets(["a.NEF"], "b.TIFF", "tiff") == ["b.TIFF"]

    def test_what_counts_as_a_folder(self, tmp_path) -> None:
        (tmp_path / "real.dng").mkdir()
        assert targets(["a.NEF"], f"{tmp_path}/real.dng") == [f"{tmp_path.as_posix()}/real.dng/a.dng"]
        assert targets(["a.NEF"], "new/") == ["new/a.dng"]
        assert targets(["a.NEF"], "new") == ["new/a.dng"]
        assert targets(["a.NEF", "b.NEF"], "new") == ["new/a.dng", "new/b.dng"]

    def test_several_photos_do_not_fit_into_one_file(self) -> None:
        with pytest.raises(SettingsError, match=r"2 photos .* a single file \(out\.dng"):
            targets(["a.NEF", "b.NEF"], "out.dng")

    def test_the_file_must_end_like_the_format(self) -> None:
        with pytest.raises(SettingsError, match=r"out\.jpg should be in the format dng"):
            targets(["a.NEF"], "out.jpg", "dng")

    def test_a_picture_keeps_its_format_and_the_spelling_of_its_suffix(self) -> None:
        assert targets(["a.JPG", "b.tiff", "c.png"]) == ["a-denoised.JPG", "b-denoised.tiff", "c-denoised.png"]
        assert targets(["a.JPG", "d.webp"], "out/") == ["out/a.JPG", "out/d.webp"]

    def test_a_picture_of_a_kind_that_is_only_read_becomes_a_tiff(self) -> None:
        assert targets(["a.heic", "b.AVIF"]) == ["a.tif", "b.tif"]

    def test_the_name_of_the_file_says_its_format(self) -> None:
        assert targets(["a.NEF"], "out.tif") == ["out.tif"]

    def test_a_template(self) -> None:
        template = "{folder}/dn/{stem}{suffix}"
        assert targets(["x/A.NEF", "y/A.NEF", "b.JPG"], template) == ["x/dn/A.dng", "y/dn/A.dng", "dn/b.JPG"]
        assert targets(["x/A.NEF"], template, "tiff") == ["x/dn/A.tif"]
        assert targets(["x/A.NEF", "x/B.NEF"], "out/{parent}-{stem}.jpg") == ["out/x-A.jpg", "out/x-B.jpg"]

    def test_results_of_a_template_do_not_collide(self) -> None:
        assert targets(["A.NEF", "A.CR2"], "{folder}/dn/{stem}{suffix}") == ["dn/A-NEF.dng", "dn/A-CR2.dng"]

        assert targets(["x/A.NEF", "y/B.NEF"], "out/{ext}") == ["out/NEF-NEF.dng", "out/NEF-NEF-2.dng"]
        assert targets(["x/A.dng", "x/A.NEF"], "{folder}/{stem}{suffix}") == ["x/A-denoised.dng", "x/A-NEF.dng"]

    def test_the_template_must_end_like_the_format(self) -> None:
        with pytest.raises(SettingsError, match=r"out/\{stem\}\.jpg should be in the format dng"):
            targets(["a.NEF"], "out/{stem}.jpg", "dng")

    def test_a_bad_template_is_refused_even_without_photos(self) -> None:
        with pytest.raises(SettingsError, match="template"):
            targets([], "{nothing}")

    def test_names_that_differ_in_composition_only_are_one_file_on_some_systems(self) -> None:
        result = targets(["x/caf\u00e9.NEF", "y/cafe\u0301.NEF"], "out/")
        assert len({unicodedata.normalize("NFC", name) for name in result}) == 2

    def test_no_sources_no_plan(self) -> None:
        assert targets([]) == []


def test_the_common_cameras_are_known() -> None:
    common = (
        "nef nrw cr2 cr3 crw arw srf sr2 raf orf rw2 raw pef dng iiq mrw kdc dcr erf 3fr mef mos x3f rwl srw gpr fff"
    )
    assert {f".{suffix}" for suffix in common.split()} <= RAW_SUFFIXES
