"""One job from request to printed result, for the commands that make sound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from foleyd.cli.as_json import result_json
from foleyd.cli.cancelling import Cancelling
from foleyd.cli.exits import DONE, PARTLY
from foleyd.cli.show import (
    Display,
    failed_text,
    next_lines,
    open_display,
    print_lines,
    result_lines,
    show_event,
)
from foleyd.errors import CancelledWork
from foleyd.v1 import foleyd_pb2 as pb

if TYPE_CHECKING:
    from foleyd.client import Daemon


def run_job(daemon: Daemon, request: pb.GenerateRequest, *, as_json: bool) -> int:
    """Has DAEMON do REQUEST, shows it on the way, prints the result, and returns the exit code.

    Ctrl-C cancels the job and waits for it to say so. Raises RequestRefused when it fails and
    CancelledWork when it was cancelled.
    """
    with Cancelling() as cancelling:
        cancelling.carry_out(daemon, job=True)
        job_id, result = _follow(daemon, request, cancelling)
    if as_json:
        print(json.dumps(result_json(job_id, result)))
    else:
        print_lines([*result_lines(result), *next_lines(result)])
    return PARTLY if result.failed_cues else DONE


def _follow(daemon: Daemon, request: pb.GenerateRequest, cancelling: Cancelling) -> tuple[str, pb.Result]:
    from foleyd.refused import RequestRefused

    display, shown = open_display(), set[str]()
    try:
        for event in daemon.generate(request):
            cancelling.accepted(event.job_id)
            match event.WhichOneof("event"):
                case "done":
                    _show_failed(event.done, shown, display)
                    return event.job_id, event.done
                case "cue_failed":
                    shown.add(event.cue_failed.cue_id)
                case "failed":
                    raise RequestRefused(event.failed)
                case "cancelled":
                    raise CancelledWork(f"job {event.job_id} was cancelled ({event.cancelled.reason})")
            show_event(event, display)
    finally:
        display.close()
    raise AssertionError("a job's stream ends with a terminal event")


def _show_failed(result: pb.Result, shown: set[str], display: Display) -> None:
    for failed in result.failed_cues:
        if failed.cue_id not in shown:
            display.line(failed_text(failed))
