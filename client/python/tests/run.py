#!/usr/bin/env python3
"""Runs the tests of this folder from a checkout. Exit code 77: PyTorch is missing, nothing ran."""

import os
import sys
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))

try:
    import numpy  # noqa: F401
    import torch  # noqa: F401
except ImportError as error:
    print(f"SKIPPED: {error}; install the Debian packages python3-torch and python3-numpy")
    sys.exit(77)

sys.path[:0] = [FOLDER, os.path.dirname(FOLDER)]
tests = unittest.defaultTestLoader.discover(FOLDER, top_level_dir=FOLDER)
result = unittest.TextTestRunner(verbosity=2).run(tests)
sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
