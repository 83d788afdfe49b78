"""Define the settings of the filter, with the names and ranges of the command line, without GIMP."""

from __future__ import annotations

#: Value of chroma that means "same as strength".
AS_STRENGTH = -1.0
QUALITIES = ("best", "fast")
DEVICES = ("auto", "cuda", "cuda:compiled", "mps", "openvino", "openvino:gpu", "openvino:npu", "cpu")
STEPS = (1, 100)

#: Name, label, description, default.
NUMBERS = (
    ("strength", "Strength", "Share of the noise to remove: 1 all, 0 none", 1.0),
    ("detail", "Detail", "Share of the structure lost with the noise to restore, from 0 to 1", 0.0),
    ("chroma", "Color noise", "Share of the color noise to remove, from 0 to 1; -1: same as strength", AS_STRENGTH),
)
WHOLE_NUMBERS = (("steps", "Steps", "Number of sampling steps, 1 to 100; each step costs one network pass", 2),)
WORDS = (
    ("quality", "Quality", "best, or fast for less computation", "best"),
    (
        "device",
        "Device",
        "Device that computes: auto selects the fastest available; 'rwdenoise doctor' lists them",
        "auto",
    ),
)
NAMES = tuple(argument[0] for argument in NUMBERS + WHOLE_NUMBERS + WORDS)

_CHOICES = {"quality": QUALITIES, "device": DEVICES}


def find_fault(settings: dict[str, object]) -> str | None:
    """Return the first fault of the settings, as a message for the user; None if they are valid.

    Parameters
    ----------
    settings : dict
        A value for each of `NAMES`.
    """
    for name, *_ in NUMBERS:
        value = settings[name]
        # This form of the comparison also catches NaN.
        if not (0 <= value <= 1 or (name == "chroma" and value == AS_STRENGTH)):
            also = ", or -1 (as strength)" if name == "chroma" else ""
            return f"{name} is {value}, but must be from 0 to 1{also}."
    low, high = STEPS
    if not low <= settings["steps"] <= high:
        return f"steps is {settings['steps']}, but must be from {low} to {high}."
    for name, choices in _CHOICES.items():
        if settings[name] not in choices:
            return f"{name} is {settings[name]!r}, but must be one of: {', '.join(choices)}."
    return None


def to_request(settings: dict[str, object]) -> dict[str, object]:
    """Return the settings as fields of a worker request.

    >>> to_request({"strength": 0.5, "chroma": -1.0})
    {'strength': 0.5, 'chroma': None}
    """
    as_strength = settings["chroma"] == AS_STRENGTH
    return {**settings, "chroma": None if as_strength else settings["chroma"]}
