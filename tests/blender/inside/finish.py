"""How scripts inside Blender end: one line of JSON, then out, whatever timers and threads are left."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any


def finish(main: Callable[[], Any]) -> None:
    """Runs MAIN, prints what it returns as the last line and leaves at once."""
    try:
        answer = main()
        sys.stdout.write("\n" + json.dumps(answer) + "\n")
        code = 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
