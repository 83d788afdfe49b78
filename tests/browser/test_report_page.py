"""Test reports in a real browser; errors on the page and requests of any kind fail the test."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rwdenoise.view.report.content import Bounds
from rwdenoise.view.report.page import Overview, Page
from tests.made_up import CROP, HEIGHT, MARK, WIDTH, comparison, photo_full_of_detail

STAGE = ".whole .pictures"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 3}
HOSTILE = '"><script>document.title="hacked"</script></noscript><img src=x onerror=alert(1)>&amp;\u202e{{7*7}}.NEF'


def names(page) -> list[str]:
    # Not their inner text, which is empty until the browser has laid out a card outside the screen.
    return page.locator(".cards .name:visible").all_text_contents()


def middle(page, selector: str = STAGE) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def clip(page) -> float:
    """Return the position, as a fraction of the stage, from which the result is shown."""
    style = page.locator(".whole .layer.after").evaluate("layer => layer.style.clipPath")
    return float(re.fullmatch(r"inset\(0(?:px)? 0(?:px)? 0(?:px)? ([\d.]+)%\)", style)[1]) / 100


def place(page, layer: str = "after", figure: str = ".whole") -> dict[str, float]:
    """Return the position of a picture on the screen, including its hidden parts."""
    return page.locator(f"{figure} .layer.{layer} img").first.evaluate(
        "image => (({x, y, width, height}) => ({x, y, width, height}))(image.getBoundingClientRect())"
    )


def under(page, at: tuple[float, float]) -> tuple[float, float]:
    """Return the point of the picture, as fractions of its size, at a point of the screen."""
    box = place(page)
    return (at[0] - box["x"]) / box["width"], (at[1] - box["y"]) / box["height"]


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds; the page's security policy blocks Playwright's own function for this."""
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_for_photo(page, name: str) -> None:
    """Wait until a photo is open: a click or a key press takes effect with a delay."""
    page.locator(".photo h2:visible", has_text=re.compile(f"^{re.escape(name)}$")).wait_for()


class TestIndex:
    def test_all_photos_with_thumbnails(self, opened, batch) -> None:
        with opened(batch) as page:
            assert names(page) == ["b.NEF", "a10.NEF", "a9.NEF"]
            assert page.locator(".cards img").first.evaluate("image => image.naturalWidth") > 0
            assert page.locator(".photo:visible").count() == 0

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            ("name", ["a9.NEF", "a10.NEF", "b.NEF"]),
            ("iso", ["a10.NEF", "b.NEF", "a9.NEF"]),
            ("seconds", ["a9.NEF", "b.NEF", "a10.NEF"]),
            ("structure", ["a10.NEF", "a9.NEF", "b.NEF"]),
        ],
    )
    def test_sorting(self, opened, batch, order, expected) -> None:
        with opened(batch) as page:
            page.select_option(".order", order)
            assert names(page) == expected
            page.click(".direction")
            assert names(page) == expected[::-1]

    def test_finding(self, opened, batch) -> None:
        with opened(batch) as page:
            page.fill("input[type=search]", "A1")
            assert names(page) == ["a10.NEF"]
            page.fill("input[type=search]", "nothing")
            assert page.locator(".none").is_visible()

    def test_failures_say_code_message_and_hint(self, opened, batch) -> None:
        with opened(batch) as page:
            words = page.locator(".failures").inner_text()
        for expected in ("card/broken.NEF", "corrupt-photo", "broken.NEF is cut off.", "Copy the photo again."):
            assert expected in words

    def test_there_and_back_again(self, opened, batch) -> None:
        with opened(batch) as page:
            page.select_option(".order", "name")
            page.click(".cards a >> nth=0")
            wait_for_photo(page, "a9.NEF")
            page.keyboard.press("ArrowRight")
            wait_for_photo(page, "a10.NEF")
            page.click(".photo.open .next")
            wait_for_photo(page, "b.NEF")
            page.keyboard.press("Escape")
            assert names(page) == ["a9.NEF", "a10.NEF", "b.NEF"]
            assert page.locator(".content").count() == 0  # Photos that are not shown are not loaded.
            page.go_back()
            wait_for_photo(page, "b.NEF")


class TestViewer:
    def test_the_slider_moves(self, opened, single) -> None:
        with opened(single) as page:
            assert clip(page) == 0.5
            x, y = middle(page)
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x - 200, y, steps=4)
            page.mouse.up()
            width = page.locator(STAGE).bounding_box()["width"]
            assert clip(page) == pytest.approx(0.5 - 200 / width, abs=0.01)

    def test_the_slider_moves_by_keyboard(self, opened, single) -> None:
        with opened(single) as page:
            handle = page.locator(".whole .handle")
            handle.focus()
            page.keyboard.press("ArrowLeft")
            assert clip(page) == pytest.approx(0.48)
            assert handle.get_attribute("aria-valuenow") == "48"
            page.keyboard.press("End")
            assert clip(page) == 1

    def test_the_wheel_zooms_around_the_pointer(self, opened, single) -> None:
        with opened(single) as page:
            x, y = middle(page)
            at = x + 60, y - 40
            before, size = under(page, at), place(page)["width"]
            page.mouse.move(*at)
            for _ in range(3):
                page.mouse.wheel(0, -150)
            eventually(lambda: place(page)["width"] > 2 * size)
            assert under(page, at) == pytest.approx(before, abs=0.003)

    def test_at_its_smallest_the_wheel_scrolls_on(self, opened, single) -> None:
        with opened(single) as page:
            page.mouse.move(*middle(page))
            page.mouse.wheel(0, 200)
            eventually(lambda: page.evaluate("scrollY") > 0)

    def test_before_and_after_are_panned_together(self, opened, single) -> None:
        with opened(single) as page:
            page.keyboard.press("d")
            assert place(page, "after")["x"] > place(page, "before")["x"]
            for _ in range(4):
                page.keyboard.press("+")
            x, y = middle(page)
            start = place(page, "before"), place(page, "after")
            page.mouse.move(x - 100, y)
            page.mouse.down()
            page.mouse.move(x - 40, y + 30, steps=3)
            page.mouse.up()
            for layer, old in zip(("before", "after"), start, strict=True):
                assert place(page, layer)["x"] - old["x"] == pytest.approx(60, abs=1)
                assert place(page, layer)["y"] - old["y"] == pytest.approx(30, abs=1)

    def test_crops_are_shown_in_their_own_pixels_and_move_together(self, opened, single) -> None:
        with opened(single) as page:
            assert place(page, figure=".crop")["width"] == CROP
            page.locator(".crop").first.scroll_into_view_if_needed()
            page.locator(".crop .pictures").first.dblclick()
            page.mouse.wheel(0, -300)
            eventually(lambda: page.locator(".crop.zoomed").count() == 2)
            widths = page.locator(".crop .after img").evaluate_all(
                "all => all.map(i => i.getBoundingClientRect().width)"
            )
            assert widths[0] == widths[1] > CROP
            assert page.locator(".whole.zoomed").count() == 0

    def test_zoom_by_keys(self, opened, single) -> None:
        with opened(single) as page:
            fitting = place(page)["width"]
            page.keyboard.press("+")
            assert place(page)["width"] == pytest.approx(1.5 * fitting, rel=0.01)
            page.keyboard.press("0")
            assert place(page)["width"] == fitting

    def test_the_zoom_is_told_in_pixels_of_the_photo(self, opened, single) -> None:
        with opened(single) as page:
            scale = place(page)["width"] / WIDTH
            assert page.locator("output").inner_text() == f"{round(100 * scale * 0.5)} %"

    def test_what_was_removed_is_marked(self, opened, single) -> None:
        with opened(single) as page:
            marks = page.locator(".whole .layer.after .marks")
            assert not marks.is_visible()
            page.keyboard.press("m")
            assert marks.is_visible()
            page.keyboard.press("r")
            assert page.locator(".whole .layer:visible").count() == 1
            box = page.locator(".whole .layer.removed rect").bounding_box()
            picture = place(page, "removed")
            assert (box["x"] - picture["x"]) / picture["width"] == pytest.approx(MARK.left / WIDTH, abs=0.01)
            assert (box["y"] - picture["y"]) / picture["height"] == pytest.approx(MARK.top / HEIGHT, abs=0.01)

    def test_before_while_a_key_is_held(self, opened, single) -> None:
        with opened(single) as page:
            page.keyboard.down("b")
            assert not page.locator(".whole .layer.after").is_visible()
            page.keyboard.up("b")
            assert page.locator(".whole .layer.after").is_visible()


class TestTouch:
    def toucher(self, page) -> Callable[..., None]:
        """Return a function that touches the screen with any number of fingers."""
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            touches = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(points)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

        return touch

    def test_dragging_moves_the_slider(self, opened, single) -> None:
        with opened(single, **PHONE) as page:
            x, y = middle(page)
            touch = self.toucher(page)
            touch("touchStart", (x, y))
            for step in range(1, 6):
                touch("touchMove", (x + 20 * step, y))
            touch("touchEnd")
            eventually(lambda: clip(page) > 0.7)

    def test_pinching_zooms(self, opened, single) -> None:
        with opened(single, **PHONE) as page:
            x, y = middle(page)
            before, size = under(page, (x, y)), place(page)["width"]
            touch = self.toucher(page)
            touch("touchStart", (x - 30, y), (x + 30, y))
            for step in range(1, 6):
                touch("touchMove", (x - 30 - 12 * step, y), (x + 30 + 12 * step, y))
            touch("touchEnd")
            page.wait_for_timeout(50)
            assert place(page)["width"] == pytest.approx(3 * size, rel=0.1)
            assert under(page, (x, y)) == pytest.approx(before, abs=0.02)

    def test_side_by_side_is_one_below_the_other(self, opened, single) -> None:
        with opened(single, **PHONE) as page:
            page.click("button:text('Side by side')")
            assert place(page, "after")["y"] > place(page, "before")["y"] + place(page, "before")["height"]

    def test_nothing_is_wider_than_the_screen(self, opened, batch) -> None:
        with opened(batch, **PHONE) as page:
            for _ in range(2):
                assert page.evaluate("document.documentElement.scrollWidth") <= 390
                page.locator(".cards a").first.evaluate("link => link.click()")


class TestTheme:
    def ground(self, page) -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    def test_it_follows_the_system_and_the_button(self, opened, single) -> None:
        with opened(single, color_scheme="dark") as page:
            dark = self.ground(page)
            page.click(".theme")
            light = self.ground(page)
            page.reload()
            assert self.ground(page) == light != dark
        with opened(single, color_scheme="light") as page:
            assert self.ground(page) == light


class TestSafety:
    def test_names_are_only_text(self, opened, tmp_path) -> None:
        path = tmp_path / "report.html"
        hostile = replace(
            comparison(HOSTILE, title=HOSTILE, marks=1),
            about=HOSTILE,
            warnings=(HOSTILE,),
            facts=((HOSTILE, ((HOSTILE, HOSTILE),)),),
        )
        with Page(path) as page:
            page.add(hostile)
            page.add(hostile)
            page.write(Overview(HOSTILE, [(HOSTILE, HOSTILE)], notes=[HOSTILE]))
        with opened(path) as page:
            assert page.title() == HOSTILE
            assert names(page) == [HOSTILE] * 2
            page.click(".cards a >> nth=0")
            wait_for_photo(page, HOSTILE)
            assert page.locator(".facts dd").inner_text() == HOSTILE
            assert page.evaluate("document.querySelectorAll('script, [onerror]').length") == 1

    def test_the_policy_lets_nothing_else_run_or_load(self, chromium, single) -> None:
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(single.as_uri())
            page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'hacked = 1'}))")
            page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))")
            assert page.evaluate("typeof hacked") == "undefined"
            assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')") == "refused"


def test_without_script_all_photos_are_plain_pictures(opened, batch) -> None:
    with opened(batch, java_script_enabled=False) as page:
        assert page.locator(".photo h2:visible").count() == 3
        assert page.locator(".view img:visible").count() == 3 * 3 * 3
        assert page.locator(".layer.removed rect").count() == 3
        assert page.locator("button:visible, .tools:visible").count() == 0
        assert page.locator(".failures").is_visible()


def test_200_photos_open_in_under_2_seconds(opened, tmp_path) -> None:
    """The photos have more detail than typical photos, whose report takes about 60 MB."""
    path, bounds = tmp_path / "report.html", Bounds.for_photos(200)
    large = photo_full_of_detail(bounds.longest, bounds.quality)
    photo = comparison("photo.NEF")
    removed = photo_full_of_detail(bounds.longest // 2, bounds.quality)
    whole = replace(photo.views[0], before=large, after=large, removed=removed)
    with Page(path) as report:
        for number in range(200):
            report.add(replace(photo, name=f"{number}.NEF", views=(whole, *photo.views[1:])))
        report.write(Overview("Denoising report"))
    assert path.stat().st_size > 90e6
    seconds = []
    for _ in range(4):  # Retried: the machine may be busy.
        with opened(path) as page:
            seconds.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
            page.click(".cards a >> nth=199")
            page.locator(".live.whole").wait_for()
    assert min(seconds) < 2


def test_a_report_is_one_file_and_knows_itself(single: Path) -> None:
    text = single.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", text)
    assert "http://" not in text
    assert "https://" not in text
