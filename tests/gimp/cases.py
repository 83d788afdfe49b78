"""Define the cases to test in GIMP: images of every kind, and their pixels."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rwdenoise.photo.color import encode_extended_srgb
from rwdenoise.simulation.scene import draw_scene
from tests.profiles import ADOBE_RGB_COLUMNS, gamma_curve, rgb_profile

SIZE = (250, 170)
"""Width and height of the layers, in px."""
# Selections in px of the image; the layers have the offset (20, 15).
RECTANGLE = ["rectangle", 150, 110, 60, 40]
FEATHERED = ["feathered", 90, 60, 110, 80, 20.0]

TYPES = {
    "U8": np.uint8, "U16": np.uint16, "U32": np.uint32,
    "HALF": np.float16, "FLOAT": np.float32, "DOUBLE": np.float64,
}  # fmt: skip
CURVES = ("LINEAR", "NON_LINEAR", "PERCEPTUAL")

Case = dict[str, Any]


def kind_cases() -> list[Case]:
    """Return all number types with all tone curves, color and gray, with and without alpha; half with a selection."""
    return [
        _case(
            f"{base} {kind} {curve}{' alpha' * alpha}",
            base,
            f"{kind}_{curve}",
            alpha=alpha,
            selection=RECTANGLE if alpha == (base == "RGB") else ["none"],
        )
        for kind in TYPES
        for curve in CURVES
        for base in ("RGB", "GRAY")
        for alpha in (False, True)
    ]


def place_cases(folder: Path) -> list[Case]:
    """Return cases for every place of pixels, every kind of selection, and the settings."""
    profile = folder / "adobe.icc"
    profile.write_bytes(rgb_profile(gamma_curve(563 / 256), columns=ADOBE_RGB_COLUMNS))
    detailed = {"strength": 0.7, "chroma": 1.0, "detail": 0.5, "steps": 2}
    return [
        _case("nothing selected", "RGB", "U16_NON_LINEAR"),
        _case("feathered", "RGB", "U16_NON_LINEAR", selection=FEATHERED),
        _case("feathered float", "RGB", "FLOAT_LINEAR", selection=FEATHERED, alpha=True),
        _case("wide gamut", "RGB", "U16_NON_LINEAR", selection=RECTANGLE, profile=str(profile)),
        _case("group child", "RGB", "U8_NON_LINEAR", where="group child"),
        _case("mask", "RGB", "U8_NON_LINEAR", where="mask", selection=RECTANGLE),
        _case("channel", "RGB", "U16_NON_LINEAR", where="channel"),
        _case("three layers", "RGB", "U8_NON_LINEAR", layers=3, selection=RECTANGLE),
        _case("settings", "RGB", "U16_NON_LINEAR", arguments=detailed),
        _case("tiny", "RGB", "U8_NON_LINEAR", size=(3, 2)),
        _case("many strips", "GRAY", "U8_NON_LINEAR", size=(20, 600)),
    ]


def drawn_cases(folder: Path) -> list[Case]:
    """Return layers that GIMP 3.2 renders from another source: a file, and a path."""
    photo = folder / "photo.png"
    Image.fromarray(stored(noisy_scene(SIZE[1], SIZE[0]), "U8")).save(photo)
    plain = {"base": "RGB", "precision": "U8_NON_LINEAR", "alpha": True}
    return [_case("link", **plain, where="link", file=str(photo)), _case("vector", **plain, where="vector")]


def idle_cases() -> list[Case]:
    """Return calls with strength 0; one has a selection that GIMP blends in linear light."""
    nothing = {"strength": 0.0}
    return [
        _case("strength 0 u8", "RGB", "U8_NON_LINEAR", arguments=nothing),
        _case("strength 0 float", "RGB", "FLOAT_NON_LINEAR", arguments=nothing, selection=FEATHERED, alpha=True),
    ]


def refused_cases() -> list[Case]:
    """Return calls that are refused; the error message contains the last word of the case's name."""
    plain = ("RGB", "U8_NON_LINEAR")
    wrong = {
        "strength": 1.5, "detail": -0.1, "chroma": 2.0, "steps": 0, "quality": "fsat", "device": "gpu",
    }  # fmt: skip
    return [
        _case("an image that is indexed", *plain, where="indexed"),
        _case("a layer group", *plain, where="group"),
        _case("a layer that is locked", *plain, where="locked"),
        _case("a layer in a group that is locked", *plain, where="locked group"),
        _case("outside the selection", *plain, selection=["rectangle", 0, 0, 10, 10]),
        _case("no layer", *plain, layers=0),
        *[_case(f"wrong {name}", *plain, arguments={name: value}) for name, value in wrong.items()],
    ]


def store_pixels(cases: list[Case], folder: Path) -> None:
    """Write the pixels of each case's layers to files, and add the paths to the case."""
    for case in cases:
        data = _pixels(case)
        case["pixels"] = [str(folder / f"{case['name']}-{index}.pixels") for index in range(max(1, case["layers"]))]
        for index, path in enumerate(case["pixels"]):
            Path(path).write_bytes(np.roll(data, 7 * index, axis=1).tobytes())


def _case(name: str, base: str, precision: str, **more: Any) -> Case:
    return {"name": name, "base": base, "precision": precision, "size": SIZE, "layers": 1, **more}


def _pixels(case: Case) -> np.ndarray:
    """Return the noisy scene in the format of the case, shape (height, width, channels)."""
    width, height = case["size"]
    gray = case["base"] == "GRAY" or case.get("where") in ("mask", "channel")
    photo = noisy_scene(max(64, height), max(64, width))[:height, :width]
    colors = photo[..., 1:2] if gray else photo
    if case.get("alpha") and case.get("where") not in ("mask", "channel"):
        alpha = np.linspace(0, 1, width, dtype=np.float32)
        colors = np.concatenate([colors, np.broadcast_to(alpha[:, None], (height, width, 1))], axis=2)
    return stored(colors, case["precision"])


def stored(colors: np.ndarray, precision: str) -> np.ndarray:
    """Return colors, 0 black and 1 white, as GIMP stores them at this precision."""
    kind = TYPES[precision.split("_")[0]]
    if np.issubdtype(kind, np.floating):
        return colors.astype(kind)
    return np.rint(colors.clip(0, 1).astype(np.float64) * np.iinfo(kind).max).astype(kind)


@cache
def noisy_scene(height: int, width: int) -> np.ndarray:
    """Return the built-in test scene with noise, shape (height, width, 3), including values outside 0 to 1."""
    rng = np.random.default_rng(5)
    scene = encode_extended_srgb(draw_scene(height, width, rng=rng)).transpose(1, 2, 0)
    return (scene + rng.normal(0, 0.05, scene.shape)).astype(np.float32)
