"""Feed damaged files to every reader: only our own errors are allowed, no crash and no hang.

``python -m tests.fuzz --runs 20000 --seed 1`` prints a table; the same arguments give the same inputs.
"""
