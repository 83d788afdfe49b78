# -*- coding: utf-8 -*-
"""Report the progress of a denoising and the time left as text. For Python 2.7 and 3.

The installer copies this file into the folder of each plug-in.
"""

import math
import time

# Least time before an estimate: the first tiles also warm up caches and are not representative.
_SECONDS_TO_WATCH = 2.0
_SECONDS_PER_MINUTE = 60
#: Monotonic clock in seconds if Python has one, else the system time.
_now = getattr(time, "monotonic", time.time)


class Progress(object):
    """Converts counts of finished parts to a fraction and a text with the time left.

    Parameters
    ----------
    layers : int
        Number of layers, which are denoised one after the other.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(self, layers=1, clock=_now):
        self._layers = layers
        self._clock = clock
        self._first = None

    def at(self, done, total, layer=0):
        """Return the finished fraction of all layers, 0 to 1, and a text for the user; layers count from 0."""
        share = (layer + done / float(max(1, total))) / self._layers
        text = "Denoising" if self._layers == 1 else "Denoising layer %d of %d" % (layer + 1, self._layers)
        left = self._seconds_left(share)
        return share, text if left is None else "%s: %s left" % (text, _in_words(left))

    def _seconds_left(self, share):
        now = self._clock()
        self._first = self._first or (now, share)
        since, share_then = self._first
        if now - since < _SECONDS_TO_WATCH or share <= share_then:
            return None
        return (now - since) * (1 - share) / (share - share_then)


def _in_words(seconds):
    """Return a time as text, rounded up to seconds or minutes.

    >>> _in_words(12.1), _in_words(90)
    ('13 s', '2 min')
    """
    if seconds < _SECONDS_PER_MINUTE:
        return "%d s" % math.ceil(seconds)
    return "%d min" % math.ceil(seconds / _SECONDS_PER_MINUTE)
