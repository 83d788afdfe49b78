"""Inject faults while a batch of photos is processed, and count the photos lost: none may be.

``python -m tests.faults`` injects every fault often enough for a reliable count, and prints a table;
``python -m tests.faults --runs 200 sigkill`` injects one fault 200 times. `test_faults.py` is the short version.
"""
