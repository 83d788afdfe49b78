"""Show the dialog of the filter: the settings, and a crop before and after denoising that follows them."""

from __future__ import annotations

from collections.abc import Callable

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
gi.require_version("GimpUi", "3.0")
import pixels
from gi.repository import Gdk, GdkPixbuf, Gimp, GimpUi, GLib, GObject, Gtk
from preview import Preview
from settings import AS_STRENGTH, DEVICES, NAMES, NUMBERS, QUALITIES, STEPS, WHOLE_NUMBERS, WORDS
from worker_client import Worker, WorkerError

# Edge lengths in px: of the crop, shown at 100 %, and of the thumbnail of the layer.
_CROP = 360
_NAVIGATOR = 240
_SPACE = 12
_POLL_MILLISECONDS = 50
# Gray checkerboard under transparent pixels, as in GIMP.
_CHECK, _LIGHT, _DARK = 8, 0x999999, 0x666666
# Colors as red, green, blue and alpha.
_BLACK, _WHITE = 0x000000FF, 0xFFFFFFFF
_SLIDER = 120

_LABELS = {name: label for name, label, *_ in NUMBERS + WHOLE_NUMBERS + WORDS}
_HELP = {name: blurb for name, _, blurb, _ in NUMBERS + WHOLE_NUMBERS + WORDS}
_CHOICES = {"quality": QUALITIES, "device": DEVICES}
# Mnemonics that the dialog's own buttons do not use.
_MNEMONICS = {"strength": "t", "detail": "e", "chroma": "n", "quality": "Q", "steps": "p", "device": "v"}


def settings_of(config: Gimp.ProcedureConfig) -> dict[str, object]:
    """Return all settings in a procedure config."""
    return {name: config.get_property(name) for name in NAMES}


def ask(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, drawable: Gimp.Drawable, worker: Worker) -> bool:
    """Show the dialog with a preview; return whether the user wants to denoise. The worker is idle afterward."""
    GimpUi.init(procedure.get_name())
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Denoise photo")
    dialog.set_ok_label("_Denoise")
    view = _View(config, drawable, worker, on_fault=lambda: dialog.set_response_sensitive(Gtk.ResponseType.OK, False))
    dialog.get_content_area().pack_start(view.widget, True, True, 0)
    view.widget.show_all()
    view.start()
    agreed = dialog.run()
    dialog.hide()
    view.stop()
    if agreed:
        view.free_worker()
    dialog.destroy()
    # No main loop runs after this to remove the dialog from the screen.
    Gdk.Display.get_default().flush()
    return agreed


class _View:
    """Content of the dialog, except its buttons."""

    def __init__(
        self, config: Gimp.ProcedureConfig, drawable: Gimp.Drawable, worker: Worker, *, on_fault: Callable[[], None]
    ) -> None:
        self._config = config
        self._worker = worker
        self._on_fault = on_fault
        self._drawable = drawable
        self._preview = Preview(worker, drawable, show=self._show_after, say=self._say)
        self._area = _crop_around(drawable, *_middle(pixels.selected_area(drawable)))
        self._before, self._after = Gtk.Image(), Gtk.Image()
        self._status = Gtk.Label(xalign=0, wrap=True, max_width_chars=1)
        self._navigator = _Navigator(drawable, self._move_to)
        self._timer = 0
        self.widget = Gtk.Box(spacing=_SPACE, border_width=_SPACE)
        left = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=_SPACE)
        left.add(self._navigator.widget)
        left.add(_controls(config))
        self.widget.add(left)
        self.widget.add(_titled("Before", self._before, Gtk.Label(xalign=0)))
        self.widget.add(_titled("After", self._after, self._status))

    def start(self) -> None:
        """Show the crop and start following the settings."""
        self._config.connect("notify", lambda *_: self._ask_again())
        self._move_to(*_middle(self._area))
        try:
            self._worker.start()
        except WorkerError as error:
            self._give_up(error)
        else:
            self._timer = GLib.timeout_add(_POLL_MILLISECONDS, self._tick)

    def stop(self) -> None:
        """Stop following the settings."""
        if self._timer:
            GLib.source_remove(self._timer)

    def free_worker(self) -> None:
        """Wait until the preview job has ended."""
        self._preview.forget()

    def _move_to(self, x: float, y: float) -> None:
        self._area = _crop_around(self._drawable, x, y)
        self._navigator.frame(self._area)
        before = _pixbuf(pixels.to_screen(self._drawable, self._area), self._area)
        self._before.set_from_pixbuf(before)
        # Shown until the denoised crop arrives; an empty picture would flicker.
        self._after.set_from_pixbuf(before)
        self._ask_again()

    def _ask_again(self) -> None:
        try:
            self._preview.want(self._area, settings_of(self._config))
        except WorkerError as error:
            self._give_up(error)

    def _tick(self) -> bool:
        try:
            self._preview.tick()
        except WorkerError as error:
            self._give_up(error)
            self._timer = 0
            return GLib.SOURCE_REMOVE
        return GLib.SOURCE_CONTINUE

    def _give_up(self, error: WorkerError) -> None:
        self._say(str(error))
        self._on_fault()

    def _show_after(self, area: pixels.Area, data: bytes) -> None:
        if area == self._area:
            self._after.set_from_pixbuf(_pixbuf(pixels.to_screen(self._drawable, area, data), area))

    def _say(self, text: str) -> None:
        self._status.set_text(text)


class _Navigator:
    """Thumbnail of the layer; a click or a drag moves the crop."""

    def __init__(self, drawable: Gimp.Drawable, move_to: Callable[[float, float], None]) -> None:
        self._scale = min(1, _NAVIGATOR / max(drawable.get_width(), drawable.get_height()))
        self._thumbnail = _pixbuf(*pixels.to_thumbnail(drawable, self._scale))
        self._move_to = move_to
        self._picture = Gtk.Image()
        self.widget = Gtk.EventBox(halign=Gtk.Align.CENTER, tooltip_text="Click or drag to move the preview")
        self.widget.add(self._picture)
        self.widget.add_events(Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON_MOTION_MASK)
        for signal in ("button-press-event", "motion-notify-event"):
            self.widget.connect(signal, self._point)

    def frame(self, area: pixels.Area) -> None:
        """Draw a frame around the crop."""
        # Drawn without cairo: not every GIMP installation has its Python binding.
        picture = self._thumbnail.copy()
        edges = [round(edge * self._scale) for edge in (area.x, area.y, area.x + area.width, area.y + area.height)]
        _frame(picture, *edges, _BLACK)
        _frame(picture, edges[0] + 1, edges[1] + 1, edges[2] - 1, edges[3] - 1, _WHITE)
        self._picture.set_from_pixbuf(picture)

    def _point(self, _widget: Gtk.Widget, event: Gdk.Event) -> bool:
        self._move_to(event.x / self._scale, event.y / self._scale)
        return True


def _frame(picture: GdkPixbuf.Pixbuf, *edges_and_color: int) -> None:
    """Draw the outline of a rectangle, given by left, top, right, bottom and color."""
    left, top, right, bottom, color = edges_and_color
    _fill(picture, left, top, right, top + 1, color)
    _fill(picture, left, bottom - 1, right, bottom, color)
    _fill(picture, left, top, left + 1, bottom, color)
    _fill(picture, right - 1, top, right, bottom, color)


def _fill(picture: GdkPixbuf.Pixbuf, *edges_and_color: int) -> None:
    """Fill the part of a rectangle inside the picture, given by left, top, right, bottom and color."""
    left, top, right, bottom, color = edges_and_color
    left, top = max(0, left), max(0, top)
    width, height = min(right, picture.get_width()) - left, min(bottom, picture.get_height()) - top
    if width > 0 and height > 0:
        picture.new_subpixbuf(left, top, width, height).fill(color)


def _controls(config: Gimp.ProcedureConfig) -> Gtk.Grid:
    grid = Gtk.Grid(row_spacing=6, column_spacing=6)
    *chroma, follow = _chroma_slider(config)
    rows = {
        "strength": _slider(_bound(config, "strength")),
        "detail": _slider(_bound(config, "detail")),
        "chroma": chroma,
        "as strength": [follow],
        "quality": [_combo(config, "quality")],
        "steps": [Gtk.SpinButton(adjustment=_bound(config, "steps", *STEPS, step=1))],
        "device": [_combo(config, "device")],
    }
    for row, (name, widgets) in enumerate(rows.items()):
        if name in _LABELS:
            grid.attach(_label(name, widgets[0]), 0, row, 1, 1)
        for column, widget in enumerate(widgets, start=1):
            widget.set_tooltip_text(_HELP.get(name))
            grid.attach(widget, column, row, 3 - len(widgets), 1)
    return grid


def _label(name: str, widget: Gtk.Widget) -> Gtk.Label:
    letter = _MNEMONICS[name]
    label = Gtk.Label(label=_LABELS[name].replace(letter, f"_{letter}", 1), use_underline=True, xalign=0)
    label.set_mnemonic_widget(widget)
    return label


def _bound(config: Gimp.ProcedureConfig, name: str, low: float = 0, high: float = 1, *, step: float = 0.05) -> object:
    """Return an adjustment that is bound to a setting in both directions."""
    adjustment = Gtk.Adjustment(lower=low, upper=high, step_increment=step, page_increment=step * 2)
    both = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
    config.bind_property(name, adjustment, "value", both)
    return adjustment


def _slider(adjustment: Gtk.Adjustment) -> tuple[Gtk.Widget, ...]:
    spin = Gtk.SpinButton(adjustment=adjustment, digits=2)
    return spin, Gtk.Scale(adjustment=adjustment, draw_value=False, hexpand=True, width_request=_SLIDER)


def _chroma_slider(config: Gimp.ProcedureConfig) -> tuple[Gtk.Widget, ...]:
    """Return the widgets of a slider, and a check box that makes it follow the strength."""
    adjustment = Gtk.Adjustment(lower=0, upper=1, step_increment=0.05, page_increment=0.1)
    follow = Gtk.CheckButton(label="as stren_gth", use_underline=True)

    def read(*_: object) -> None:
        chroma = config.get_property("chroma")
        follow.set_active(chroma == AS_STRENGTH)
        adjustment.set_value(config.get_property("strength") if chroma == AS_STRENGTH else chroma)

    def write(*_: object) -> None:
        chroma = AS_STRENGTH if follow.get_active() else adjustment.get_value()
        if config.get_property("chroma") != chroma:
            config.set_property("chroma", chroma)

    slider = _slider(adjustment)
    for widget in slider:
        follow.bind_property(
            "active", widget, "sensitive", GObject.BindingFlags.INVERT_BOOLEAN | GObject.BindingFlags.SYNC_CREATE
        )
    read()
    for name in ("strength", "chroma"):
        config.connect(f"notify::{name}", read)
    follow.connect("toggled", write)
    adjustment.connect("value-changed", write)
    return (*slider, follow)


def _combo(config: Gimp.ProcedureConfig, name: str) -> Gtk.Widget:
    combo = Gtk.ComboBoxText()
    for choice in _CHOICES[name]:
        combo.append(choice, choice)
    both = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
    config.bind_property(name, combo, "active-id", both)
    return combo


def _titled(title: str, picture: Gtk.Image, below: Gtk.Label) -> Gtk.Box:
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
    box.add(Gtk.Label(label=title, xalign=0))
    picture.set_size_request(_CROP, _CROP)
    box.add(picture)
    box.add(below)
    return box


def _middle(area: pixels.Area) -> tuple[float, float]:
    return area.x + area.width / 2, area.y + area.height / 2


def _crop_around(drawable: Gimp.Drawable, x: float, y: float) -> pixels.Area:
    """Return the crop around a point, moved inside the drawable."""
    width, height = min(_CROP, drawable.get_width()), min(_CROP, drawable.get_height())
    left = round(min(max(0, x - width / 2), drawable.get_width() - width))
    top = round(min(max(0, y - height / 2), drawable.get_height() - height))
    return pixels.Area(left, top, width, height)


def _pixbuf(data: bytes, area: pixels.Area) -> GdkPixbuf.Pixbuf:
    """Return 8-bit sRGB with alpha as a picture over a checkerboard."""
    bytes_ = GLib.Bytes.new(data)
    width, height = area.width, area.height
    colors = GdkPixbuf.Pixbuf.new_from_bytes(bytes_, GdkPixbuf.Colorspace.RGB, True, 8, width, height, 4 * width)
    return colors.composite_color_simple(width, height, GdkPixbuf.InterpType.NEAREST, 255, _CHECK, _LIGHT, _DARK)
