"""What goes wrong while many photos are in work, and the count of photos lost by it: 0.

``python -m tests.faults`` strikes with every fault as often as it takes to believe the count, and prints a table;
``python -m tests.faults --runs 200 sigkill`` one of them, so many times. `test_faults.py` is the short version.
"""
