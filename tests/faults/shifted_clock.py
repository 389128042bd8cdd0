"""The wall clock as Python sees it, shifted by as many seconds as a file says.

Put into a folder as `sitecustomize.py`: Python imports it first of all. The machine's clock is
everybody's, and stays as it is.
"""

import os
import time

_true_time, _place = time.time, os.environ["SHIFT_FILE"]


def _shifted() -> float:
    try:
        with open(_place) as file:  # noqa: PTH123 - pathlib is not imported this early
            return _true_time() + float(file.read() or 0)
    except OSError:
        return _true_time()


time.time = _shifted
