"""Entry point of ``foley``: every way out of a command is a sentence and an exit code."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress

from foleyd.cli.exits import CANCELLED, DONE, OTHER, WRONG, error_json, exit_code, printable

DEBUG_VARIABLE = "FOLEYD_DEBUG"

_INTERRUPTED = 130
"""What typer makes of KeyboardInterrupt."""


def main() -> None:
    """Runs ``foley`` with the process's arguments and exits."""
    # Libraries warn their users, who are not ours.
    warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a letter must not cost the result.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _close_stdout()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code; prints its error, if any. Raises nothing."""
    as_json = "--json" in arguments or arguments[:1] in (["call"], ["dialog"])
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _tell(as_json, "CANCELLED", "CANCELLED", "cancelled")
    except BrokenPipeError:
        return _close_stdout()
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        return _explain(error, as_json)


def _run(arguments: Sequence[str]) -> int:
    import typer

    from foleyd.cli.app import app

    command = typer.main.get_command(app)
    words = list(arguments) or ["--help"]
    if words == ["--version"]:
        words = ["version"]
    try:
        code = command.main(words, prog_name="foley", standalone_mode=False)
    except typer.Abort:
        return CANCELLED
    except typer.Exit as leave:
        return int(leave.exit_code)
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    return code if isinstance(code, int) else DONE


def _explain(error: Exception, as_json: bool) -> int:
    from foleyd.errors import FoleyError, failure_of

    if isinstance(error, FoleyError):
        failure = failure_of(error)
        return _tell(as_json, failure.code, failure.reason, str(error), failure.fix)
    usage = getattr(error, "format_message", None)
    if usage is not None:
        context = getattr(error, "ctx", None)
        return _usage(usage(), context.command_path if context else "foley", as_json)
    message = f"unexpected error ({type(error).__name__}: {error}); set {DEBUG_VARIABLE}=1 to see where"
    return _tell(as_json, "INTERNAL", "INTERNAL", message)


def _usage(message: str, command: str, as_json: bool) -> int:
    _tell(as_json, "INVALID_ARGUMENT", "USAGE", message, f"{command} --help")
    return WRONG


def _tell(as_json: bool, code: str, reason: str, message: str, fix: str = "") -> int:
    if message:
        print(printable(f"foley: {message}{f' (try: {fix})' if fix else ''}"), file=sys.stderr)
    if as_json:
        print(json.dumps(error_json(code, reason, message)), flush=True)
    return exit_code(code)


def _close_stdout() -> int:
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OTHER
