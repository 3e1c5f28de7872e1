"""Tests run side by side, one process for each core: each takes one thread, and so do its children.

Two processes with a thread for each core wait for each other more than they compute.
"""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"
