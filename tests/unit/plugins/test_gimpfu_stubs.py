"""The stubs of gimpfu; `scripts/gimp210 check` holds them against a real GIMP 2.10."""

import struct

import pytest

from rwdenoise.io.pictures.encodings import DISPLAY, encoding_of
from tests.stubs.fresh import fresh_gimp, host_of

SIZE = 4
WHOLE = slice(0, SIZE)


@pytest.fixture
def gimpfu():
    with fresh_gimp() as gimpfu:
        yield gimpfu


@pytest.fixture
def host(gimpfu):
    return host_of(gimpfu)


def layer_of(gimpfu, precision, type=0):
    """Return a layer that another plug-in has made."""
    base = type // 2
    image = gimpfu.pdb.gimp_image_new_with_precision(SIZE, SIZE, base, precision)
    layer = gimpfu.gimp.Layer(image, "layer", SIZE, SIZE, type)
    image.insert_layer(layer)
    host_of(gimpfu).precision_enabled = False
    return layer


def whole(layer, *, shadow=False):
    return layer.get_pixel_rgn(0, 0, SIZE, SIZE, shadow, shadow)


def register(gimpfu, name="denoise", params=(), function=print, **others):
    """Register a plug-in with a menu entry."""
    words = ("blurb", "help", "author", "copyright", "2026", "_Label...", "RGB*")
    gimpfu.register(name, *words, list(params), [], function, menu="<Image>/Filters", **others)


def test_constants_are_the_numbers_of_gimp(gimpfu):
    assert (gimpfu.PF_INT32, gimpfu.PF_FLOAT, gimpfu.PF_STRING, gimpfu.PF_COLOR) == (0, 3, 4, 10)
    assert (gimpfu.PF_IMAGE, gimpfu.PF_LAYER, gimpfu.PF_DRAWABLE, gimpfu.PF_VECTORS) == (13, 14, 16, 19)
    assert (gimpfu.PF_TOGGLE, gimpfu.PF_SLIDER, gimpfu.PF_SPINNER, gimpfu.PF_RADIO) == (1000, 1001, 1002, 1008)
    assert (gimpfu.PF_DIRNAME, gimpfu.PF_OPTION) == (1012, 1013)
    assert (gimpfu.PF_BOOL, gimpfu.PF_ADJUSTMENT, gimpfu.PF_INT) == (gimpfu.PF_TOGGLE, gimpfu.PF_SPINNER, 0)


@pytest.mark.parametrize(
    ("name", "installed"),
    [
        ("denoise", "python-fu-denoise"),
        ("plug-in-x", "plug-in-x"),
        ("file-x", "file-x"),
        ("python_fu_x", "python_fu_x"),
    ],
)
def test_names_get_a_prefix(gimpfu, host, name, installed):
    register(gimpfu, name)
    gimpfu.main()
    assert list(host.procedures) == [installed]
    assert host.menus == {installed: "<Image>/Filters"}


def test_installed_parameters_have_the_types_of_the_database(gimpfu, host):
    register(
        gimpfu,
        params=[(gimpfu.PF_SLIDER, "a", "_A", 1.0, (0, 1, 0.1)), (gimpfu.PF_RADIO, "b", "B", "x", (("X", "x"),))],
    )
    gimpfu.main()
    assert host.procedures["python-fu-denoise"][8] == [(0, "run-mode", "The run mode"), (3, "a", "A"), (4, "b", "B")]


@pytest.mark.parametrize(
    ("name", "param"),
    [
        ("den oise", (0, "size", "Size", 1)),
        ("denoise", (0, "si ze", "Size", 1)),
        ("denoise", (0, "size", "Size")),
        ("denoise", ("int", "size", "Size", 1)),
    ],
)
def test_wrong_registrations_are_refused(gimpfu, name, param):
    with pytest.raises(gimpfu.error):
        register(gimpfu, name, [param])


def test_menu_paths_outside_of_gimp_are_refused(gimpfu):
    gimpfu.register("x", *"abcdefg", [], [], print, menu="Filters")
    with pytest.raises(gimpfu.gimp.error, match="menu path"):
        gimpfu.main()


def test_full_path_as_label_is_deprecated_and_adds_image_and_drawable(gimpfu):
    with pytest.warns(DeprecationWarning, match="menu"):
        gimpfu.register("x", *"abcde", "<Image>/Filters/X", "*", [], [], print)
    assert [entry[1] for entry in gimpfu._registered_plugins_["python-fu-x"][8]] == ["image", "drawable"]


def test_regions_have_8_bits_until_precision_is_enabled(gimpfu):
    layer = layer_of(gimpfu, gimpfu.PRECISION_U16_LINEAR, gimpfu.RGBA_IMAGE)
    layer._pixels[:] = struct.pack("=4H", 32768, 0, 65535, 32768) * SIZE**2
    assert layer.bpp == 4
    # Half of the light is 188 with the sRGB curve; alpha has no curve.
    assert whole(layer)[0, 0] == bytes([188, 0, 255, 128])
    other = layer_of(gimpfu, gimpfu.PRECISION_U16_LINEAR, gimpfu.RGBA_IMAGE)
    gimpfu.pdb.gimp_plugin_enable_precision()
    assert other.bpp == 8
    assert len(whole(other)[WHOLE, WHOLE]) == 8 * SIZE**2


def test_plug_in_is_killed_that_enables_precision_too_late(gimpfu, host):
    layer = layer_of(gimpfu, gimpfu.PRECISION_FLOAT_LINEAR)

    def late(image, drawable):
        region = whole(drawable)
        gimpfu.pdb.gimp_plugin_enable_precision()
        region[0, 0]

    register(gimpfu, params=[(gimpfu.PF_IMAGE, "i", "I", None), (gimpfu.PF_DRAWABLE, "d", "D", None)], function=late)
    gimpfu.main()
    assert host.call("python-fu-denoise", gimpfu.RUN_NONINTERACTIVE, layer.image, layer) == "execution-error"
    assert "expected tile ack" in host.errors[0]


def test_who_asks_for_the_precision_gets_it(gimpfu):
    layer = layer_of(gimpfu, gimpfu.PRECISION_FLOAT_GAMMA)
    assert gimpfu.pdb.gimp_plugin_precision_enabled() == 0
    assert layer.image.precision == 650
    assert gimpfu.pdb.gimp_plugin_precision_enabled() == 1


@pytest.mark.parametrize(
    ("precision", "type", "name", "size"),
    [(150, 0, "R'G'B' u8", 3), (200, 1, "RGBA u16", 8), (650, 2, "Y' float", 4), (700, 3, "YA double", 16)],
)
def test_formats_are_babls(gimpfu, precision, type, name, size):
    layer = layer_of(gimpfu, precision, type)
    assert gimpfu.pdb.gimp_drawable_get_format(layer) == name
    assert layer.bpp == size


def test_shadow_changes_nothing_until_it_is_flushed_and_merged(gimpfu, host):
    layer = layer_of(gimpfu, gimpfu.PRECISION_U8_GAMMA)
    before = bytes(layer._pixels)
    whole(layer, shadow=True)[WHOLE, WHOLE] = b"\x07" * len(before)
    layer.merge_shadow(True)
    assert bytes(layer._pixels) == before
    layer.flush()
    assert bytes(layer._pixels) == before
    layer.merge_shadow(True)
    assert bytes(layer._pixels) == b"\x07" * len(before)
    host.undo(layer.image)
    assert bytes(layer._pixels) == before


def test_undo_group_is_one_step(gimpfu, host):
    layer = layer_of(gimpfu, gimpfu.PRECISION_U8_GAMMA)
    layer.image.undo_group_start()
    for value in (b"\x01", b"\x02"):
        whole(layer, shadow=True)[WHOLE, WHOLE] = value * 3 * SIZE**2
        layer.flush()
        layer.merge_shadow(True)
    layer.image.undo_group_end()
    host.undo(layer.image)
    assert not any(layer._pixels)
    with pytest.raises(gimpfu.gimp.error):
        layer.image.undo_group_end()


def test_merging_goes_as_far_as_the_selection(gimpfu):
    layer = layer_of(gimpfu, gimpfu.PRECISION_FLOAT_LINEAR, gimpfu.GRAY_IMAGE)
    gimpfu.pdb.gimp_plugin_enable_precision()
    mask = layer.create_mask(gimpfu.ADD_WHITE_MASK)
    mask._pixels[:] = struct.pack("=16f", *[0.0] * 8, *[0.25] * 4, *[1.0] * 4)
    gimpfu.pdb.gimp_image_select_item(layer.image, gimpfu.CHANNEL_OP_REPLACE, mask)
    assert layer.mask_bounds == (0, 2, 4, 4)
    whole(layer, shadow=True)[WHOLE, WHOLE] = struct.pack("=16f", *[0.5] * 16)
    layer.flush()
    layer.merge_shadow(True)
    assert struct.unpack("=16f", layer._pixels) == (*[0.0] * 8, *[0.125] * 4, *[0.5] * 4)


def test_selection_beside_the_layer_touches_nothing(gimpfu):
    layer = layer_of(gimpfu, gimpfu.PRECISION_U8_GAMMA)
    layer.set_offsets(2, 0)
    gimpfu.pdb.gimp_image_select_rectangle(layer.image, gimpfu.CHANNEL_OP_REPLACE, 0, 0, 2, 2)
    assert gimpfu.pdb.gimp_drawable_mask_intersect(layer)[0] == 0
    with pytest.raises(gimpfu.gimp.error, match="selection bounds"):
        layer.mask_intersect()


def test_locked_pixels_are_not_merged_and_kill_who_writes_them(gimpfu):
    layer = layer_of(gimpfu, gimpfu.PRECISION_U8_GAMMA)
    group = gimpfu.pdb.gimp_layer_group_new(layer.image)
    layer.image.insert_layer(group)
    layer.image.insert_layer(layer, group)
    gimpfu.pdb.gimp_item_set_lock_content(group, 1)
    with pytest.raises(gimpfu.gimp.error, match="merge the shadow"):
        layer.merge_shadow(True)
    whole(layer)[0, 0] = b"abc"
    with pytest.raises(BaseException, match="locked drawable") as caught:
        layer.flush()
    assert not isinstance(caught.value, Exception)


def test_groups_are_not_merged(gimpfu):
    image = gimpfu.gimp.Image(SIZE, SIZE)
    with pytest.raises(gimpfu.gimp.error, match="merge the shadow"):
        gimpfu.gimp.GroupLayer(image).merge_shadow(True)


@pytest.mark.parametrize(
    ("key", "data", "error"),
    [
        ((WHOLE, SIZE), b"", IndexError),
        ((slice(0, SIZE + 1), 0), b"", IndexError),
        ((0, 0), b"12", TypeError),
        ((0, 0), bytearray(3), TypeError),
        (0, b"123", TypeError),
    ],
)
def test_regions_refuse_what_does_not_fit(gimpfu, key, data, error):
    region = whole(layer_of(gimpfu, gimpfu.PRECISION_U8_GAMMA))
    with pytest.raises(error):
        region[key] = data


def test_procedures_check_what_they_get(gimpfu):
    pdb = gimpfu.pdb
    with pytest.raises(TypeError, match="wrong number"):
        pdb.gimp_item_is_group()
    with pytest.raises(TypeError, match="wrong parameter type"):
        pdb.gimp_item_is_group(3)
    with pytest.raises(gimpfu.gimp.error, match="procedure not found"):
        _ = pdb.gimp_nothing
    with pytest.raises(KeyError):
        pdb["gimp-nothing"]
    with pytest.raises(RuntimeError):
        pdb.gimp_image_new_with_precision(SIZE, SIZE, gimpfu.RGB, 7)


@pytest.mark.parametrize("type", [0, 2])
def test_image_without_a_profile_is_srgb(gimpfu, type):
    gamma, linear = (layer_of(gimpfu, precision, type).image for precision in (150, 200))
    assert gimpfu.pdb.gimp_image_get_color_profile(gamma) == (0, ())
    _, data = gimpfu.pdb.gimp_image_get_effective_color_profile(gamma)
    assert encoding_of(bytes(data), gray=type == 2, floating=False) is DISPLAY
    _, data = gimpfu.pdb.gimp_image_get_effective_color_profile(linear)
    assert encoding_of(bytes(data), gray=type == 2, floating=False) is not DISPLAY


def test_dialog_gives_values_which_are_remembered(gimpfu, host):
    heard = []
    params = [(gimpfu.PF_IMAGE, "image", "Image", None), (gimpfu.PF_SLIDER, "a", "A", 0.5, (0, 1, 0.1))]
    register(gimpfu, params=params, function=lambda *arguments: heard.append(arguments))
    gimpfu.main()
    image, name = gimpfu.gimp.Image(SIZE, SIZE), "python-fu-denoise"
    host.call(name, gimpfu.RUN_INTERACTIVE, image, None)
    host.answer = lambda values: [value / 2 for value in values]
    host.call(name, gimpfu.RUN_INTERACTIVE, image, None)
    host.answer = lambda values: None
    host.call(name, gimpfu.RUN_INTERACTIVE, image, None)
    host.call(name, gimpfu.RUN_WITH_LAST_VALS, image, None)
    host.call(name, gimpfu.RUN_NONINTERACTIVE, image, 0.125)
    assert host.errors == []
    assert heard == [(image, 0.5), (image, 0.25), (image, 0.25), (image, 0.125)]


def test_fail_says_why_and_ends_the_plug_in(gimpfu, host):
    register(gimpfu, function=lambda: gimpfu.fail("no luck"))
    gimpfu.main()
    assert host.call("python-fu-denoise", gimpfu.RUN_NONINTERACTIVE) == "execution-error"
    assert host.call("python-fu-denoise") == "calling-error"
    assert host.messages == ["no luck"]


def test_what_is_held_against_a_real_gimp_holds_here(gimpfu, host):
    import facts

    facts.make_images()
    host.precision_enabled = False
    told = facts.tell_facts(list(host.images.values()), ["PF_OPTION", "PRECISION_U16_GAMMA"])
    assert told["constants"] == {"PF_OPTION": 1013, "PRECISION_U16_GAMMA": 250}
    assert all(same for _, _, (_, same, _) in told["native"])
    assert len(told["native"]) == 48
