# SPDX-License-Identifier: Apache-2.0
"""Jobs under way: each a child process that is polled, its progress in plain words, and its end.

Nothing here waits but :meth:`Jobs.wait` and, shortly, :meth:`Jobs.close`. Standard library only, Python 3.8
syntax.
"""

from __future__ import annotations

import textwrap
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Callable, List

from .foley_answers import lost
from .foley_call import POLL_SECONDS, Call, FoleyMissing, PrivateFolder, Refused, sweep
from .foley_requests import Ask, AskWrong, Shown, check_ask, generate_request

__all__ = ["ENDED", "JobView", "Jobs"]

ENDED = frozenset({"done", "failed", "cancelled"})
CHILDREN = 4
"""Children that run at a time; the daemon queues what it is asked."""
HISTORY = 20
"""Jobs that are over and still shown."""
STAGES = {
    "spot": "reading the edit",
    "look_up": "looking for what is made already",
    "load": "loading the engine",
    "see": "looking at the picture",
    "hear": "making sound",
    "conform": "cutting the sound to length",
    "place": "writing the files",
}
_TITLE = 60
_CANCEL_SECONDS = 15.0
"""A child that was told to cancel is ended after this."""
_CLOSE_SECONDS = 2.0
_WAIT_SECONDS = 0.02

Find = Callable[[], List[str]]


@dataclass
class JobView:
    """A job as the panel shows it."""

    id: str
    title: str
    ask: Ask
    scene_name: str = ""
    zero: int = 0
    """Scene frame of record frame 0."""
    state: str = "starting"
    """rendering, starting, queued, running; done, failed or cancelled when it is over."""
    fraction: float = 0.0
    words: str = ""
    """What is being done."""
    eta: float | None = None
    """Seconds left, where that is known."""
    error: str = ""
    """Where it failed: a sentence with the fix."""
    detail: str = ""
    """What else is known of the failure, for a log."""
    result: dict[str, Any] | None = None
    """foleyd.v1.Result once it is done."""
    warnings: list[str] = field(default_factory=list)
    engine: str = ""
    """The engine that makes it, once that is chosen."""
    job_id: str = ""
    """The daemon's name for it; "" until it is accepted."""


@dataclass
class _Work:
    """A job's view with what runs for it."""

    view: JobView
    request: dict[str, Any] | None = None
    call: Call | None = None
    sequence: int = 0
    resumed: bool = False
    failed: bool = False
    cancelled_because: str = ""
    """The daemon's word for why it was cancelled."""
    cancel_wished: float | None = None


class Jobs:
    """All jobs of this session. FIND gives the command when a child is started (FoleyMissing: that job
    fails with its sentence); PARENT is where the temporary files go, "" for the system's place."""

    def __init__(self, find: Find, parent: str = "") -> None:
        self._find = find
        self._parent = parent
        self._folder: PrivateFolder | None = None
        self._works: dict[str, _Work] = {}
        self._asides: list[Call] = []
        self._changed: list[JobView] = []
        sweep(parent)

    # ------------------------------------------------------------------------------------- asking

    def submit(self, ask: Ask, program: Shown, scene_name: str = "") -> JobView:
        """A new job for ASK over PROGRAM; its child starts with one of the next polls. Raises AskWrong."""
        request = generate_request(ask, program)
        work = self._add(ask, scene_name, "starting", "starting")
        work.request, work.view.zero = request, program.zero
        return work.view

    def hold(self, ask: Ask, scene_name: str = "") -> JobView:
        """A new job of which something must be rendered first; start or fail goes on. Raises AskWrong."""
        check_ask(ask)
        return self._add(ask, scene_name, "rendering", "rendering what the editor alone can show").view

    def start(self, job: str, program: Shown) -> None:
        """The rendering of a held JOB is done: PROGRAM has it. One that was cancelled stays so."""
        work = self._works[job]
        if work.view.state != "rendering":
            return
        try:
            work.request, work.view.zero = generate_request(work.view.ask, program), program.zero
        except AskWrong as wrong:
            self._finish(work, "failed", str(wrong))
        else:
            self._set(work.view, "starting", "starting")

    def fail(self, job: str, sentence: str) -> None:
        """The rendering of a held JOB failed for the reason in SENTENCE."""
        work = self._works[job]
        if work.view.state == "rendering":
            self._finish(work, "failed", sentence)

    def cancel(self, job: str) -> None:
        """Cancels JOB wherever it is; it is over with one of the next polls."""
        work = self._works.get(job)
        if work is None or work.view.state in ENDED or work.cancel_wished is not None:
            return
        if work.call is None:
            self._finish(work, "cancelled")
            return
        work.cancel_wished, work.view.words = time.monotonic(), "cancelling"
        if work.resumed:
            self._cancel_aside(work)
        else:
            work.call.cancel()

    def forget(self, job: str) -> None:
        """Takes JOB off the list if it is over."""
        work = self._works.get(job)
        if work is not None and work.view.state in ENDED:
            del self._works[job]

    def _add(self, ask: Ask, scene_name: str, state: str, words: str) -> _Work:
        text = ask.cues[0][2] if ask.cues else ask.prompt
        title = textwrap.shorten(text, _TITLE, placeholder="…")
        work = _Work(JobView(uuid.uuid4().hex, title, ask, scene_name, state=state, words=words))
        self._works[work.view.id] = work
        return work

    # ------------------------------------------------------------------------------------ looking

    @property
    def views(self) -> list[JobView]:
        """In the order they were asked for; of those that are over the last 20."""
        return [work.view for work in self._works.values()]

    @property
    def active(self) -> list[JobView]:
        """Those that are not over."""
        return [view for view in self.views if view.state not in ENDED]

    def poll(self) -> list[JobView]:
        """Brings everything up to date; returns the jobs whose state changed since the last poll."""
        self._advance()
        changed, self._changed = self._changed, []
        return changed

    def wait(self, job: str, timeout: float) -> JobView:
        """JOB once it is over, or as it is after TIMEOUT seconds. For tests and hosts without a window."""
        view, end = self._works[job].view, time.monotonic() + timeout
        while view.state not in ENDED and time.monotonic() < end:
            self._advance()
            time.sleep(_WAIT_SECONDS)
        return view

    def close(self) -> None:
        """Cancels everything, gives it a moment to end well, ends the children and removes their files."""
        for view in self.active:
            self.cancel(view.id)
        end = time.monotonic() + _CLOSE_SECONDS
        while (self.active or self._asides) and time.monotonic() < end:
            self._advance()
            time.sleep(_WAIT_SECONDS)
        for work in self._works.values():
            if work.call is not None:
                work.call.close()
                self._finish(work, "cancelled")
        for call in self._asides:
            call.close()
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    # ---------------------------------------------------------------------------------- following

    def _advance(self) -> None:
        running = [work for work in self._works.values() if work.call is not None]
        for work in running:
            self._follow(work, POLL_SECONDS / len(running))
        for call in list(self._asides):
            call.poll()
            if call.done:
                call.close()
                self._asides.remove(call)
        self._start_next()

    def _start_next(self) -> None:
        """Starts one child at most, so that no poll takes long."""
        waiting = [
            w for w in self._works.values() if w.view.state in {"starting", "queued"} and w.call is None
        ]
        if not waiting:
            return
        if sum(work.call is not None for work in self._works.values()) < CHILDREN:
            first = waiting[0]
            assert first.request is not None
            if self._run(first, "Generate", first.request):
                self._set(first.view, "starting", "starting foley")
        else:
            for number, work in enumerate(waiting):
                self._set(work.view, "queued", _queue_words(CHILDREN + number))

    def _run(self, work: _Work, method: str, request: dict[str, Any]) -> bool:
        try:
            work.call = self._call(method, request)
        except (FoleyMissing, Refused) as error:
            self._fail(work, error)
        return work.call is not None

    def _call(self, method: str, request: dict[str, Any]) -> Call:
        command = self._find()
        if self._folder is None:
            self._folder = PrivateFolder(self._parent)
        return Call(command, method, request, self._folder.path)

    def _follow(self, work: _Work, seconds: float) -> None:
        call = work.call
        assert call is not None
        for event in call.poll(seconds):
            self._take(work, event)
        late = work.cancel_wished is not None and time.monotonic() - work.cancel_wished > _CANCEL_SECONDS
        if call.done or late:
            call.close()
            work.call = None
            self._end(work, call.error)

    def _take(self, work: _Work, event: dict[str, Any]) -> None:
        view = work.view
        view.job_id = event.get("job_id", view.job_id)
        work.sequence = event.get("sequence", work.sequence)
        if "queued" in event:
            self._set(view, "queued", _queue_words(event["queued"]["position"]))
        elif "stage" in event:
            stage = event["stage"]
            self._set(view, "running", _stage_words(stage))
            view.fraction, view.eta = stage["fraction"], _seconds(stage.get("eta"))
        elif "engine_chosen" in event:
            view.engine = event["engine_chosen"]["name"]
        elif "warning" in event:
            _warn(view, _warning_sentence(event["warning"]))
        elif "cue_failed" in event:
            _warn(view, f"a part could not be made: {event['cue_failed']['status']['message']}")
        elif "done" in event:
            view.result = event["done"]
        elif "cancelled" in event:
            work.cancelled_because = event["cancelled"]["reason"] or "request"
        work.failed = "failed" in event
        if work.cancel_wished is not None:
            view.words = "cancelling"

    def _end(self, work: _Work, error: Refused | None) -> None:
        """The child is gone: the job is over, or is taken up again where only the connection was lost."""
        view = work.view
        if view.result is not None:
            view.fraction = 1.0
            self._finish(work, "done")
        elif work.cancelled_because and (work.cancel_wished or work.cancelled_because != "disconnect"):
            self._finish(work, "cancelled")
        elif work.cancel_wished is not None or (error is not None and error.code == "CANCELLED"):
            if not (work.cancelled_because or work.failed or work.resumed) and view.job_id:
                self._cancel_aside(work)  # nobody has told the daemon yet, as far as is known here
            self._finish(work, "cancelled")
        elif _only_lost(error) and not work.failed and view.job_id and not work.resumed:
            self._resume(work)
        else:
            self._fail(work, error if error is not None else lost())

    def _resume(self, work: _Work) -> None:
        """The job lives on in the daemon's ledger: it is watched from the event that was seen last."""
        work.resumed = True
        request = {"job_id": work.view.job_id, "after_sequence": work.sequence}
        if self._run(work, "WatchJob", request):
            work.view.words = "the connection was lost; taking it up again"

    def _cancel_aside(self, work: _Work) -> None:
        with suppress(FoleyMissing, Refused):  # without a foley to tell it there is nothing more to do
            self._asides.append(self._call("CancelJob", {"job_id": work.view.job_id}))

    def _fail(self, work: _Work, error: FoleyMissing | Refused) -> None:
        if isinstance(error, Refused):
            work.view.detail = error.detail
            self._finish(work, "failed", error.sentence)
        else:
            self._finish(work, "failed", str(error))

    def _finish(self, work: _Work, state: str, error: str = "") -> None:
        work.call, work.request = None, None
        work.view.error, work.view.eta = error, None
        self._set(work.view, state, state)
        over = [view.id for view in self.views if view.state in ENDED]
        for job in over[:-HISTORY]:
            del self._works[job]

    def _set(self, view: JobView, state: str, words: str) -> None:
        if view.state != state:
            view.state = state
            if view not in self._changed:
                self._changed.append(view)
        view.words = words


def _only_lost(error: Refused | None) -> bool:
    """Whether the daemon or the child went away; one that was told to stop is left stopped."""
    return error is None or (error.code == "UNAVAILABLE" and error.reason != "STOPPING")


def _queue_words(position: int) -> str:
    if position == 0:
        return "about to begin"
    return f"waiting, {position} job{'s' * (position > 1)} ahead"


def _stage_words(stage: dict[str, Any]) -> str:
    name, words = str(stage["name"]), stage["words"]
    told = STAGES.get(name, name)
    if words:
        told = f"{told}: {words}"
    if stage["steps"]:
        told = f"{told}, step {stage['step']} of {stage['steps']}"
    return told


def _seconds(duration: str | None) -> float | None:
    """Seconds of a google.protobuf.Duration's JSON, "3.5s"."""
    return float(duration.rstrip("s")) if duration else None


def _warning_sentence(warning: dict[str, str]) -> str:
    where = f"{warning['where']}: " if warning["where"] and warning["where"] not in warning["what"] else ""
    fix = f"; {warning['fix']}" if warning["fix"] else ""
    return f"{where}{warning['what']}{fix}"


def _warn(view: JobView, sentence: str) -> None:
    if sentence not in view.warnings:
        view.warnings.append(sentence)
