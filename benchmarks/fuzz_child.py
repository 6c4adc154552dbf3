"""The process that a fuzz run may lose: runs cases of one target and tells of each on stdout.

    python -m benchmarks.fuzz_child TARGET SEED FIRST FOLDER

Lines: ``begin N``, then ``ok``, ``typed REASON`` or ``untyped WHERE``. A case depends on SEED,
TARGET and N alone.
"""

from __future__ import annotations

import os
import resource
import sys
import time
import traceback
from pathlib import Path
from random import Random

MEMORY = 6 * 1024**3


def main(target: str, seed: str, first: str, folder: str) -> None:
    """Runs until stdin ends or it is killed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    place = Path(folder)
    case, typed = _load(target, place)
    print("ready", file=out)
    number = int(first)
    for line in sys.stdin:
        if line.strip() != "next":
            break
        print(f"begin {number}", file=out)
        try:
            case(Random(f"{seed} {target} {number}"), place)
        except typed as error:
            print(f"typed {type(error).__name__}", file=out)
        except Exception as error:
            print(f"untyped {_where(error)}", file=out)
        else:
            print("ok", file=out)
        number += 1
    if target == "service":
        _close(place, out)


def _load(target: str, place: Path):  # type: ignore[no-untyped-def]
    """The target's function, warm, and the errors that are its good right."""
    if target == "service":
        from benchmarks.fuzz_service import Refused, service, start_service

        start_service(place)
        return service, (Refused,)
    from foleyd.errors import FoleyError
    from foleyd.timebase import TimeError

    if target in _SELF_TESTS:
        return _SELF_TESTS[target], (FoleyError, TimeError)
    from benchmarks.fuzz_targets import TARGETS

    return TARGETS[target], (FoleyError, TimeError)


def _mistake(random: Random, folder: Path) -> None:
    raise ZeroDivisionError("a mistake")


def _own(random: Random, folder: Path) -> None:
    from foleyd.errors import RequestError

    raise RequestError("it is refused")


_SELF_TESTS = {
    "test-crash": lambda random, folder: os.abort(),
    "test-hang": lambda random, folder: time.sleep(60),
    "test-mistake": _mistake,
    "test-own": _own,
    "test-fine": lambda random, folder: None,
}
"""Cases of known outcome, so that tests can see each of them counted."""


def _close(place: Path, out) -> None:  # type: ignore[no-untyped-def]
    from benchmarks.fuzz_service import close_service

    print("begin -1", file=out)
    try:
        close_service(place)
    except Exception as error:
        print(f"untyped {_where(error)}", file=out)
    else:
        print("ok", file=out)


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames][-4:]
    return f"{type(error).__name__}: {str(error)[:200]} at {' > '.join(ours)}".replace("\n", " ")


if __name__ == "__main__":
    main(*sys.argv[1:])
