"""A real daemon in a folder of its own, with the engine for the tests on its path."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import grpc

from foleyd.client import Daemon, connect
from foleyd.config import Folders, find_folders
from foleyd.launch import read_endpoint
from foleyd.v1 import foleyd_pb2 as pb

FAKE_ENGINE = Path(__file__).parent / "fake_engine"
RATE = Fraction(25)


class House:
    """Starts, kills and stops daemons of one home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        os.environ["FOLEYD_HOME"] = str(home)
        self.folders: Folders = find_folders()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, settings: str = "") -> Daemon:
        """A daemon, ready to answer."""
        if settings:
            self.folders.config.mkdir(parents=True, exist_ok=True)
            (self.folders.config / "foleyd.toml").write_text(settings)
        path = os.pathsep.join([str(FAKE_ENGINE), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "foleyd.server", "--to-log", *arguments],
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )
        wait_for(self._own)
        return self.connect()

    def _own(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the daemon left"
        endpoint = read_endpoint(self.folders)
        return endpoint is not None and endpoint.pid == self.process.pid

    def connect(self) -> Daemon:
        """A connection to the daemon that runs."""
        return connect(self.folders, start=False)

    def kill(self) -> None:
        """SIGKILL, as an out-of-memory killer would; its worker notices by itself."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    @property
    def log(self) -> str:
        """All the daemon has logged."""
        return self.folders.log.read_text()


def wait_for(condition: Any, seconds: float = 20.0) -> Any:
    """What CONDITION returns once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return value


def request(
    media: Path,
    frames: int,
    *,
    prompt: str | Sequence[str] = "clicks",
    rate: Fraction = RATE,
    start: int = 0,
    ranges: Iterable[tuple[int, int]] = (),
    folder: Path | None = None,
    engine: str = "fake",
    takes: int = 1,
    **options: object,
) -> pb.GenerateRequest:
    """A request for one shot that is the whole of MEDIA."""
    message = pb.GenerateRequest(request_id=uuid.uuid4().hex, client="tests")
    program = message.selection.program
    program.name = media.stem
    program.rate.num, program.rate.den = rate.numerator, rate.denominator
    program.start_timecode.frames = start
    shot = program.shots.add(duration_frames=frames)
    shot.media.path = str(media)
    for first, last in ranges:
        message.selection.ranges.add(start_frame=first, end_frame=last)
    message.rule.prompts.extend([prompt] if isinstance(prompt, str) else prompt)
    message.rule.takes = takes
    message.rule.seed = 1
    message.engine.name = engine
    message.engine.options.update({name: str(value) for name, value in options.items()})
    message.output.folder = str(folder) if folder else ""
    return message


def finish(daemon: Daemon, message: pb.GenerateRequest) -> list[pb.JobEvent]:
    """All events of a job, the terminal one last."""
    return list(daemon.generate(message))


def kinds(events: Iterable[pb.JobEvent]) -> list[str]:
    """What kind each event is, progress left out."""
    found = [event.WhichOneof("event") or "" for event in events]
    return [kind for kind in found if kind != "stage"]


def refusal(error: grpc.RpcError) -> str:
    """The code of a refused call."""
    return str(error.code().name)
