"""Work with other people's parsers, in a child process with limits of time, memory and output.

Both ends are here: :func:`convert` starts the child, :func:`main` is what it runs.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from foleyd.brief import Notice
from foleyd.errors import FailedWork, Failure, FoleyError, failure_of
from foleyd.interchange.errors import InterchangeError
from foleyd.interchange.kinds import KIND_NAMES

TIME_LIMIT = 300
MEMORY_LIMIT = 4 * 1024**3
OUTPUT_LIMIT = 256 * 1024**2
_REPORT = "report.json"
_OUTPUT = "output"


def convert(task: str, path: Path, *, rate: Fraction | None = None) -> tuple[bytes, tuple[Notice, ...]]:
    """What TASK (``read-fcp7``, ``read-edl``, ``read-aaf``, ``write-fcp7``) makes of the file at PATH.

    Raises InterchangeError, NotWritable, TimelineError; also when the child dies or takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="foleyd-") as folder:
        command = [sys.executable, "-P", "-m", "foleyd.interchange.child", task, str(path), folder]
        if rate is not None:
            command.append(f"{rate.numerator}/{rate.denominator}")
        try:
            ended = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TIME_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InterchangeError(
                f"{path.name} takes longer than {TIME_LIMIT // 60} minutes to read; "
                "export a shorter timeline, or as .otio"
            ) from None
        report = Path(folder, _REPORT)
        if ended.returncode or not report.exists():
            raise InterchangeError(
                f"{path.name} brought its reader down: it is damaged or takes more than "
                f"{MEMORY_LIMIT >> 30} GiB of memory; export it again, or as .otio"
            )
        said = json.loads(report.read_text(encoding="utf-8"))
        if "failure" in said:
            raise FailedWork(Failure(**said["failure"]))
        return Path(folder, _OUTPUT).read_bytes(), tuple(Notice(**notice) for notice in said["notices"])


def main(arguments: Sequence[str]) -> int:
    """TASK PATH FOLDER [RATE]: puts ``output`` and ``report.json`` into FOLDER."""
    task, path, folder = arguments[0], Path(arguments[1]), Path(arguments[2])
    rate = Fraction(arguments[3]) if len(arguments) > 3 else None
    _limit()
    report: dict[str, object]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            output, notices = _task(task)(path, rate)
        if len(output) > OUTPUT_LIMIT:
            raise InterchangeError(f"{path.name} becomes too large; export a shorter timeline")
        Path(folder, _OUTPUT).write_bytes(output)
        report = {"notices": [{"what": n.what, "where": n.where, "fix": n.fix} for n in notices]}
    except FoleyError as error:
        report = {"failure": _as_data(failure_of(error))}
    except Exception as error:
        refused = InterchangeError(_sentence(task, path.name, error))
        report = {"failure": _as_data(failure_of(refused))}
    Path(folder, _REPORT).write_text(json.dumps(report), encoding="utf-8")
    return 0


Task = Callable[[Path, Fraction | None], tuple[bytes, list[Notice]]]


def _task(name: str) -> Task:
    """The work called NAME; only its own adapter is loaded."""
    if name == "read-fcp7":
        from foleyd.interchange.fcp7 import read_fcp7

        return lambda path, _: read_fcp7(path)
    if name == "write-fcp7":
        from foleyd.interchange.fcp7_writing import write_fcp7

        return lambda path, _: write_fcp7(path.read_bytes(), path.name)
    if name == "read-edl":
        from foleyd.interchange.edl import read_edl

        return read_edl
    from foleyd.interchange.aaf import read_aaf

    return lambda path, _: read_aaf(path)


def _limit() -> None:
    """What the child may take; systems without such limits have the parent's clock alone."""
    if os.name == "nt":
        return
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_LIMIT),
        (resource.RLIMIT_CPU, TIME_LIMIT),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (soft, hard))


def _as_data(failure: Failure) -> dict[str, str]:
    return {name: str(getattr(failure, name)) for name in Failure.__slots__}


def _sentence(task: str, name: str, error: Exception) -> str:
    """A parser's complaint as a sentence; those that speak of Python's types help nobody."""
    words = " ".join(str(error).split())[:200]
    if isinstance(error, MemoryError | RecursionError):
        words = "it is nested or repeated beyond all measure"
    elif isinstance(error, TypeError | AttributeError | KeyError | IndexError | AssertionError) or not words:
        words = "a part is missing or of the wrong kind"
    kind = KIND_NAMES[task.partition("-")[2]]
    if task.startswith("write"):
        return f"{name} cannot be written as {kind} ({words}); write it as .otio"
    return f"{name} cannot be read as {kind} ({words}); export it again, or as .otio"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
