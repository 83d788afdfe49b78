# -*- coding: utf-8 -*-
"""How far the work is, and how long it still takes, in words. For Python 2.7 and 3.

The file is copied beside each plug-in when it is installed.
"""

import math
import time

# Sooner than this the first tiles, which also warm caches up, say too little.
_SECONDS_TO_WATCH = 2.0
_SECONDS_PER_MINUTE = 60
#: Seconds that only ever grow, where Python has them.
_now = getattr(time, "monotonic", time.time)


class Progress(object):
    """Turns parts that are done into a share and a text with the time left.

    Parameters
    ----------
    layers : int
        How many there are to do, one after the other.
    clock : callable
        Returns seconds.
    """

    def __init__(self, layers=1, clock=_now):
        self._layers = layers
        self._clock = clock
        self._first = None

    def at(self, done, total, layer=0):
        """Return the share of all that is done, 0 to 1, and what to say; layers count from 0."""
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
    """Return a time as people say it.

    >>> _in_words(12.1), _in_words(90)
    ('13 s', '2 min')
    """
    if seconds < _SECONDS_PER_MINUTE:
        return "%d s" % math.ceil(seconds)
    return "%d min" % math.ceil(seconds / _SECONDS_PER_MINUTE)
