"""Damaged files through every reader: only errors of ours may come out, and nothing may crash or hang.

``python -m tests.fuzz --runs 20000 --seed 1`` prints a table; the same numbers give the same inputs.
"""
