"""What may be chosen, the same words and ranges as the command line's; it needs nothing of GIMP."""

from __future__ import annotations

#: The value of chroma that means: the same share as the strength.
AS_STRENGTH = -1.0
QUALITIES = ("best", "fast")
DEVICES = ("auto", "cuda", "cuda:compiled", "mps", "openvino", "openvino:gpu", "openvino:npu", "cpu")
STEPS = (1, 100)

#: Name, what people read, what it does, default.
NUMBERS = (
    ("strength", "Strength", "How much of the noise to remove: 1 all of it, 0 none", 1.0),
    ("detail", "Detail", "How much to give back of the structure that went with the noise, from 0 to 1", 0.0),
    ("chroma", "Color noise", "How much of the color noise to remove, from 0 to 1; -1: as strength", AS_STRENGTH),
)
WHOLE_NUMBERS = (("steps", "Steps", "Steps of the diffusion, 1 to 100; each costs one pass of the network", 2),)
WORDS = (
    ("quality", "Quality", "best, or fast with less arithmetic", "best"),
    (
        "device",
        "Device",
        "What computes: auto takes the fastest that is here; 'rwdenoise doctor' lists the others",
        "auto",
    ),
)
NAMES = tuple(argument[0] for argument in NUMBERS + WHOLE_NUMBERS + WORDS)

_CHOICES = {"quality": QUALITIES, "device": DEVICES}


def find_fault(settings: dict[str, object]) -> str | None:
    """Return what is wrong with the settings, in words for people; None if nothing is.

    Parameters
    ----------
    settings : dict
        A value for each of `NAMES`.
    """
    for name, *_ in NUMBERS:
        value = settings[name]
        # Written so that a number that is none (nan) is found, too.
        if not (0 <= value <= 1 or (name == "chroma" and value == AS_STRENGTH)):
            also = ", or -1 (as strength)" if name == "chroma" else ""
            return f"{name} is {value}, and should be from 0 to 1{also}."
    low, high = STEPS
    if not low <= settings["steps"] <= high:
        return f"steps is {settings['steps']}, and should be from {low} to {high}."
    for name, choices in _CHOICES.items():
        if settings[name] not in choices:
            return f"{name} is {settings[name]!r}, and should be one of: {', '.join(choices)}."
    return None


def to_request(settings: dict[str, object]) -> dict[str, object]:
    """Return the settings in the worker's words.

    >>> to_request({"strength": 0.5, "chroma": -1.0})
    {'strength': 0.5, 'chroma': None}
    """
    as_strength = settings["chroma"] == AS_STRENGTH
    return {**settings, "chroma": None if as_strength else settings["chroma"]}
