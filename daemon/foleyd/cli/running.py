"""One job from request to printed result, for the commands that make sound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from foleyd.cli.as_json import result_json
from foleyd.cli.cancelling import Cancelling
from foleyd.cli.exits import done_code
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
    job_id, result = follow_job(daemon, request)
    if as_json:
        print(json.dumps(result_json(job_id, result)))
    else:
        print_lines([*result_lines(result), *next_lines(result)])
    return done_code(result)


def follow_job(daemon: Daemon, request: pb.GenerateRequest) -> tuple[str, pb.Result]:
    """As :func:`run_job`, but prints no result: returns it, with the job's id."""
    with Cancelling() as cancelling:
        cancelling.carry_out(daemon, job=True)
        return _follow(daemon, request, cancelling)


def _follow(daemon: Daemon, request: pb.GenerateRequest, cancelling: Cancelling) -> tuple[str, pb.Result]:
    from foleyd.refused import RequestRefused

    display, failed = open_display(), _FailedCues()
    try:
        for event in daemon.generate(request):
            cancelling.accepted(event.job_id)
            match event.WhichOneof("event"):
                case "done":
                    failed.waiting += event.done.failed_cues
                    failed.show(display)
                    return event.job_id, event.done
                case "cue_failed":
                    failed.waiting.append(event.cue_failed)
                    continue
                case "take_ready":
                    failed.show(display)
                case "failed":
                    raise RequestRefused(event.failed)
                case "cancelled":
                    raise CancelledWork(f"job {event.job_id} was cancelled ({event.cancelled.reason})")
            show_event(event, display)
    finally:
        display.close()
    raise AssertionError("a job's stream ends with a terminal event")


class _FailedCues:
    """Cues that failed. They are shown once something else succeeds: a job that fails says why itself."""

    def __init__(self) -> None:
        self.waiting: list[pb.CueFailed] = []
        self._shown: set[str] = set()

    def show(self, display: Display) -> None:
        """Those not shown before."""
        for failed in self.waiting:
            if failed.cue_id not in self._shown:
                self._shown.add(failed.cue_id)
                display.line(failed_text(failed))
        self.waiting.clear()
