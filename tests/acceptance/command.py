"""The foley command as a subprocess beside a real daemon, and what must hold of every refusal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from foleyd.v1 import foleyd_pb2 as pb
from house import FAKE_ENGINE, House, wait_for

# Progress and warnings, which may come before the sentence: "see:  12%", "hear 1/10:  51%, 3 s left".
_PROGRESS = re.compile(r"(engine: |warning: |heard |waiting for |[a-z ]+( \d+/\d+)?: +\d+%)")
_WORDS_OF_PROGRAMMERS = re.compile(
    r"Traceback|\bNone(Type)?\b|\b\w+(Error|Exception)\b|<class|\[Errno|Fraction\(|PosixPath|N\d+opentime"
)
_LONGEST_SENTENCE = 420
_COMMAND = [sys.executable, "-m", "foleyd"]


@dataclass(frozen=True)
class Answer:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line of stderr that is no progress; fails when there are more or none."""
        said = [line for line in self.err.splitlines() if not _PROGRESS.match(line)]
        assert len(said) == 1, f"not one sentence: {self.err}"
        return said[0]

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that is all of stdout."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    @property
    def last(self) -> dict[str, Any]:
        """The last line of stdout as JSON, as ``foley call`` prints it."""
        value = json.loads(self.out.splitlines()[-1])
        assert isinstance(value, dict)
        return value


class Foley:
    """Runs commands in WORK, beside the daemon of HOUSE."""

    def __init__(self, house: House, work: Path) -> None:
        self.house = house
        self.work = work
        path = os.pathsep.join([str(FAKE_ENGINE), os.environ.get("PYTHONPATH", "")])
        self._environment = {**os.environ, "PYTHONPATH": path}

    def run(self, *words: str | Path, stdin: str = "") -> Answer:
        """One command, to its end."""
        done = subprocess.run(
            [*_COMMAND, *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.work,
            env=self._environment,
            timeout=60,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def generate(self, video: str | Path, *words: str | Path, engine: str = "fake") -> Answer:
        """``foley generate --json`` of VIDEO into WORK/out, quick: no preview, no picture."""
        extras = ["--engine", engine, "--no-preview", "--no-picture", "--json"]
        prompt = [] if "--prompt" in words else ["--prompt", "rain"]
        return self.run("generate", video, "-o", self.work / "out", *prompt, *extras, *words)

    def generate_until(self, sign: str, act: Callable[[], object], *words: str | Path) -> Answer:
        """``foley generate``, with ACT done as soon as a line of stderr begins with SIGN."""
        with subprocess.Popen(
            [*_COMMAND, "generate", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.work,
            env=self._environment,
        ) as process:
            assert process.stderr is not None
            assert process.stdout is not None
            watchdog = threading.Timer(60, process.kill)
            watchdog.start()
            said = []
            for line in process.stderr:
                said.append(line)
                if line.startswith(sign):
                    act()
            out = process.stdout.read()
            watchdog.cancel()
        return Answer(process.returncode, out, "".join(said))

    def call(self, method: str, request: Mapping[str, Any] | str) -> Answer:
        """``foley call`` of METHOD with REQUEST as one line on stdin."""
        text = request if isinstance(request, str) else json.dumps(request)
        return self.run("call", method, "--request", "-", stdin=f"{text}\n")

    # -------------------------------------------------------------------------------------- health

    def info(self) -> pb.ServerInfo:
        """What the daemon says of itself."""
        with self.house.connect() as daemon:
            return daemon.server_info()

    def worker(self) -> psutil.Process:
        """The daemon's worker process."""
        assert self.house.process is not None
        children = psutil.Process(self.house.process.pid).children()
        (worker,) = [child for child in children if any("spawn_main" in word for word in child.cmdline())]
        return worker

    def memory(self) -> int:
        """Bytes that the daemon and its worker hold."""
        assert self.house.process is not None
        own: int = psutil.Process(self.house.process.pid).memory_info().rss
        return own + int(self.worker().memory_info().rss)

    def idle(self) -> bool:
        """Whether no job waits or runs."""
        info = self.info()
        return not info.queued_jobs and not info.running_jobs

    def leftovers(self) -> list[Path]:
        """What no refused job may leave: takes, folders for them, temporary files, files of its own."""
        ours = [*self.work.rglob(".foleyd-*"), *self.work.rglob("*.wav"), *self.work.glob("out*")]
        own = self.house.folders.takes
        return [*ours, *(own.iterdir() if own.exists() else ())]


@dataclass(frozen=True)
class Health:
    """The daemon before a test; :meth:`check` holds it against the daemon after it."""

    foley: Foley
    pid: int
    worker: int

    @classmethod
    def of(cls, foley: Foley) -> Health:
        """Now."""
        return cls(foley, foley.info().pid, foley.worker().pid)

    def check(self) -> None:
        """The same two processes answer, and nothing is under way."""
        wait_for(self.foley.idle)
        assert (self.foley.info().pid, self.foley.worker().pid) == (self.pid, self.worker)
        assert "Traceback" not in self.foley.house.log


def check_sentence(sentence: str, *words: str) -> None:
    """SENTENCE is one line for an editor, and says WORDS."""
    assert "\n" not in sentence
    assert not _WORDS_OF_PROGRAMMERS.search(sentence), sentence
    assert len(sentence) < _LONGEST_SENTENCE, sentence
    for word in words:
        assert word in sentence


def check_refused(answer: Answer, code: str, reason: str, *words: str) -> None:
    """ANSWER of a command with ``--json`` is a refusal: the same sentence for people and scripts."""
    assert answer.code == 2, answer
    error = answer.json["error"]
    assert (error["code"], error["reason"]) == (code, reason), error
    check_sentence(answer.sentence, *words)
    assert answer.sentence.startswith("foley: ")
    check_sentence(error["message"])


def check_call_refused(answer: Answer, code: str, reason: str, field: str, *words: str) -> None:
    """ANSWER of ``foley call`` is a refusal, before a job or as its end, with its details."""
    assert answer.code == 2, answer
    last = answer.last
    status = last.get("error") or last["failed"]
    numbers = {"INVALID_ARGUMENT": 3, "NOT_FOUND": 5, "ALREADY_EXISTS": 6, "FAILED_PRECONDITION": 9}
    assert status["code"] in (code, numbers[code]), status
    kinds = {detail["@type"].rpartition(".")[2]: detail for detail in status["details"]}
    assert (kinds["ErrorInfo"]["domain"], kinds["ErrorInfo"]["reason"]) == ("foleyd", reason), status
    violations = kinds.get("BadRequest", {}).get("field_violations", [])
    assert [violation["field"] for violation in violations] == ([field] if field else []), status
    check_sentence(status["message"], *words)
    assert not answer.err
