"""``foley call``: one method of the daemon, the request as JSON, an answer as JSON on each line.

This is how hosts that load nothing but the standard library talk to the daemon.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleyd.cli.cancelling import Cancelling, stdin_lines
from foleyd.cli.exits import (
    CANCELLED,
    DONE,
    InputError,
    InputNotFound,
    OutputTaken,
    done_code,
    error_json,
    exit_code,
    plain_text,
)
from foleyd.cli.link import daemon as open_daemon
from foleyd.errors import FoleyError, failure_of

if TYPE_CHECKING:
    from google.protobuf.descriptor import MethodDescriptor
    from google.protobuf.message import Message

    from foleyd.client import Daemon

_JOB_METHODS = frozenset({"Generate"})
_FIELD_AT_FAULT = re.compile(r"Failed to parse (\w+) field: ")
_PYTHON_SPEAKING = re.compile(r"\bobject (?:is|has|of|cannot|does)\b|\w+Error\b|'\w+' and '\w+'|bytes-like")
_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_COMPLAINT = 200
_NEVER_START = frozenset({"StopServer"})


def call(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="A method of foleyd.v1.Foley.")],
    request: Annotated[
        str, typer.Option("--request", metavar="FILE|-", help='JSON of the request; "-": one line of stdin.')
    ],
    events: Annotated[
        Path | None,
        typer.Option("--events", metavar="FILE", help="Write answers to this new file, not to stdout."),
    ] = None,
    cancel_file: Annotated[
        Path | None,
        typer.Option("--cancel-file", metavar="FILE", help="Cancel when this file appears."),
    ] = None,
    cancel_on_eof: Annotated[bool, typer.Option("--cancel-on-eof", help="Cancel when stdin ends.")] = False,
) -> int:
    """Talks to the daemon in JSON, for plugins.

    Calls METHOD of foleyd.v1.Foley and prints one JSON object per line.

    Cancel by SIGINT or SIGTERM, the line "cancel" on stdin, or the cancel file. Cancelling
    Generate cancels the job; cancelling WatchJob only stops watching. The exit code is the meaning of
    the last line.
    """
    sink = _Sink(events)
    try:
        return _call(method, request, sink, cancel_file, cancel_on_eof)
    except FoleyError as error:
        return sink.error(error)
    finally:
        sink.close()


class _Sink:
    """Where the lines go: stdout, or a new file readable by its user alone."""

    def __init__(self, path: Path | None) -> None:
        self._own = path is not None
        if path is None:
            sys.stdout.flush()
            self._descriptor = sys.stdout.fileno()
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(path, flags, 0o600)
        except FileExistsError:
            raise OutputTaken(f"{path} exists already; name a new file for the events") from None
        except OSError as error:
            raise InputError(f"{path} cannot be written ({error.strerror}); name another file") from error

    def write(self, answer: dict[str, Any]) -> None:
        """One object as one line, in one write, so that a reader never sees half of it."""
        line = json.dumps(answer, separators=(",", ":")).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def error(self, error: FoleyError) -> int:
        """ERROR as the last line; returns its exit code."""
        failure = failure_of(error)
        self.write(error_json(failure.code, failure.reason, failure.message, _details(error)))
        return exit_code(failure.code)

    def close(self) -> None:
        """Closes the file, if it is one."""
        if self._own:
            os.close(self._descriptor)


def _call(name: str, request: str, sink: _Sink, cancel_file: Path | None, cancel_on_eof: bool) -> int:
    method = _method(name)
    lines = stdin_lines()
    with Cancelling() as cancelling:
        message = _parse(method, _request_text(request, lines))
        cancelling.watch_lines(lines, on_eof=cancel_on_eof)
        if cancel_file is not None:
            cancelling.watch_file(cancel_file)
        with open_daemon(start=name not in _NEVER_START) as daemon:
            cancelling.check()
            cancelling.carry_out(daemon, job=name in _JOB_METHODS)
            code = DONE
            for answer in _answers(daemon, method, message):
                if hasattr(answer, "job_id") and name in _JOB_METHODS:
                    cancelling.accepted(answer.job_id)
                sink.write(message_json(answer))
                code = _meaning(answer)
            return code


def _answers(daemon: Daemon, method: MethodDescriptor, request: Any) -> Iterator[Any]:
    if method.name == "Generate":
        return daemon.generate(request)
    if method.name == "WatchJob":
        return daemon.watch(request.job_id, request.after_sequence)
    return daemon.answers(method.name, request, streams=method.server_streaming)


def _meaning(answer: Any) -> int:
    """The exit code that an answer stands for when it is the last."""
    from foleyd.refused import RequestRefused
    from foleyd.v1 import foleyd_pb2 as pb

    if not isinstance(answer, pb.JobEvent):
        return DONE
    match answer.WhichOneof("event"):
        case "failed":
            return exit_code(RequestRefused(answer.failed).failure.code)
        case "cancelled":
            return CANCELLED
        case "done":
            return done_code(answer.done)
    return DONE


def _method(name: str) -> MethodDescriptor:
    from foleyd.v1 import foleyd_pb2 as pb

    methods = pb.DESCRIPTOR.services_by_name["Foley"].methods_by_name
    plain_text(name, "the method")
    if name not in methods:
        raise InputError(f"there is no method {name!r}; there are {', '.join(methods)}")
    return methods[name]


def _request_text(request: str, lines: Iterator[bytes]) -> bytes:
    if request == "-":
        return next(lines, b"")
    try:
        return Path(request).read_bytes()
    except FileNotFoundError:
        raise InputNotFound(f"the request file {request} does not exist") from None
    except OSError as error:
        raise InputError(f"the request file {request} cannot be read ({error.strerror})") from error


def _parse(method: MethodDescriptor, text: bytes) -> Message:
    """The request of METHOD in TEXT; unknown fields are refused."""
    from google.protobuf import json_format, message_factory

    message = message_factory.GetMessageClass(method.input_type)()
    try:
        plain = text.decode("utf-8-sig")
        if not plain.lstrip().startswith("{"):
            raise ValueError("it is no JSON object")
        return json_format.Parse(plain, message)
    except (json_format.ParseError, ValueError, RecursionError) as error:
        field, why = _complaint(error, method)
        raise InputError(
            f"the request is not the JSON of {method.input_type.name}: {why}; correct {field or 'that'}",
            field=field,
        ) from error


def _complaint(error: Exception, method: MethodDescriptor) -> tuple[str, str]:
    """The field of METHOD's request at fault ("" when it is the whole) and what is wrong with it.

    The parser's words about Python's types are left out.
    """
    if isinstance(error, UnicodeDecodeError):
        return "", "it is not UTF-8 text"
    if isinstance(error, RecursionError) or "recursion depth" in str(error):
        return "", "it is nested too deeply"
    text = str(error).partition("\n")[0]
    names = [_snake_case(name) for name in _FIELD_AT_FAULT.findall(text)]
    field = ".".join(names) if _is_field(method.input_type, names) else ""
    why = _FIELD_AT_FAULT.sub("", text).removeprefix("Failed to load JSON: ").rstrip(".")
    if _PYTHON_SPEAKING.search(why):
        why = "a value is of the wrong kind"
    return field, why[:_LONGEST_COMPLAINT]


def _is_field(message: Any, names: Sequence[str]) -> bool:
    """Whether NAMES lead to a field of MESSAGE: the parser leaves out fields that exclude one another."""
    for name in names:
        if message is None or name not in message.fields_by_name:
            return False
        message = message.fields_by_name[name].message_type
    return bool(names)


def _snake_case(name: str) -> str:
    return _INNER_CAPITAL.sub("_", name).lower()


def message_json(message: Message) -> dict[str, Any]:
    """MESSAGE by the protobuf JSON rules: snake_case names, all plain fields present, int64 as text."""
    from google.protobuf import json_format

    # Known to the descriptor pool from here on, so that details of a status can be printed.
    from google.rpc import error_details_pb2  # noqa: F401

    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _details(error: FoleyError) -> list[dict[str, Any]]:
    """The details of ERROR's status; what is found here has those that the daemon would give."""
    from foleyd.server.status import status_of

    status = getattr(error, "status", None) or status_of(failure_of(error))
    details: list[dict[str, Any]] = []
    for detail in status.details:
        # A detail of a type that this version does not know cannot be printed.
        with suppress(TypeError):
            details.append(message_json(detail))
    return details
