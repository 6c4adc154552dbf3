"""Feeds damaged input to every parser and reader, and to a real daemon; counts what should never happen.

    python -m benchmarks.fuzz [--seconds 60] [--seed 1] [--target NAME [--case N]] [--json FILE]

Targets: OTIO documents (read, spotted, given tracks, written; track by track), references, media files
(probed, played), Broadcast Wave, timecode and TIMEs, prompts and other words, foleyd.toml, the JSON of
``foley call``, and bytes and messages over gRPC. Each runs in a process of its own, so that a crash is
counted and not suffered. Exit code 1 when anything crashed, took longer than 5 s, or raised what is not one
of foleyd's own errors.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

TARGETS = ("otio", "tracks", "urls", "media", "bwf", "times", "words", "toml", "call", "service")
WEIGHTS = {"otio": 4, "media": 6, "service": 5}
HANG_SECONDS = 5.0
_START_SECONDS = 60.0
_ANSWER_SECONDS = 3 * HANG_SECONDS


@dataclass
class Tally:
    """What came of a target's cases. BAD are the first sentences on what should not have been."""

    runs: int = 0
    successes: int = 0
    typed: int = 0
    crashes: int = 0
    hangs: int = 0
    untyped: int = 0
    seconds: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)

    @property
    def failures(self) -> int:
        return self.crashes + self.hangs + self.untyped


class Child:
    """A process that runs cases of TARGET from FIRST on."""

    def __init__(self, target: str, seed: int, first: int, folder: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.fuzz_child", target, str(seed), str(first), str(folder)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            cwd=Path(__file__).parents[1],
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.strip())
        self._lines.put("")

    def line(self, seconds: float) -> str | None:
        """Its next line; "" when it is gone, None when it says nothing for SECONDS."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return None

    def next(self) -> str | None:
        """Runs a case: what it says of it, as :meth:`line`."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write("next\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return ""
        begun = self.line(_ANSWER_SECONDS)
        began = time.monotonic()
        said = self.line(_ANSWER_SECONDS) if begun else begun
        took = time.monotonic() - began
        return f"slow {took:.1f} s, then {said}" if said and took > HANG_SECONDS else said

    def leave(self) -> str | None:
        """Lets it end in its own way; its last word on that, if it has one."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        begun = self.line(30)
        return self.line(30) if begun else "ok"

    def end(self) -> int:
        """Ends it if it has not ended; its exit code."""
        try:
            return self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def run(target: str, seconds: float, seed: int, folder: Path, only: int | None = None) -> Tally:
    """Cases of TARGET for SECONDS, or the ONLY one."""
    first, most = (0, 10**9) if only is None else (only, 1)
    tally, number = Tally(), first
    folder.mkdir()
    while number < first + most and tally.seconds < seconds:
        child = Child(target, seed, number, folder)
        if child.line(_START_SECONDS) != "ready":
            raise RuntimeError(f"the process for {target} does not start; run it by hand")
        lost, began = False, time.monotonic() - tally.seconds
        while not lost and number < first + most and tally.seconds < seconds:
            said = child.next()
            lost = _count(tally, said, f"{target} case {number} of seed {seed}", child)
            number += 1
            tally.seconds = time.monotonic() - began
        if not lost:
            last = child.leave()
            if last != "ok":
                _note(tally, "untyped", f"{target} at the end: {last}")
        child.end()
    return tally


def _count(tally: Tally, said: str | None, name: str, child: Child) -> bool:
    """Counts what was SAID of a case; whether CHILD is lost."""
    tally.runs += 1
    if said is None:
        _note(tally, "hangs", f"{name}: silent for {_ANSWER_SECONDS:g} s")
    elif not said:
        _note(tally, "crashes", f"{name}: ended with {child.end()}")
    elif said == "ok":
        tally.successes += 1
    else:
        kind, _, words = said.partition(" ")
        if kind == "typed":
            tally.typed += 1
            tally.kinds[words] = tally.kinds.get(words, 0) + 1
        else:
            quiet = kind == "slow" or words.startswith("Quiet")
            _note(tally, "hangs" if quiet else "untyped", f"{name}: {words}")
    return not said


def _note(tally: Tally, kind: str, sentence: str) -> None:
    setattr(tally, kind, getattr(tally, kind) + 1)
    if len(tally.bad) < 20:
        tally.bad.append(sentence)


def run_all(seconds: float, seed: int, targets: tuple[str, ...] = TARGETS) -> dict[str, Tally]:
    """All TARGETS, SECONDS shared among them by what they cost."""
    whole = sum(WEIGHTS.get(target, 1) for target in targets)
    results = {}
    with tempfile.TemporaryDirectory() as name:
        for target in targets:
            share = seconds * WEIGHTS.get(target, 1) / whole
            results[target] = run(target, share, seed, Path(name) / target)
            _print(target, results[target])
    return results


def main() -> int:
    """Prints a table; 1 when anything happened that should not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=TARGETS)
    parser.add_argument("--case", type=int)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    print(_row("target", "runs", "fine", "refused", "crashes", "hangs", "untyped", "seconds"))
    if given.case is not None:
        with tempfile.TemporaryDirectory() as name:
            tally = run(given.target, 600, given.seed, Path(name) / given.target, given.case)
        results = {given.target: tally}
        _print(given.target, tally)
    else:
        results = run_all(given.seconds, given.seed, (given.target,) if given.target else TARGETS)
    whole = Tally()
    for tally in results.values():
        for name in ("runs", "successes", "typed", "crashes", "hangs", "untyped", "seconds"):
            setattr(whole, name, getattr(whole, name) + getattr(tally, name))
    _print("all", whole)
    if given.json:
        given.json.write_text(json.dumps({name: asdict(tally) for name, tally in results.items()}, indent=1))
    return 1 if whole.failures else 0


def _row(*cells: object) -> str:
    return "".join(f"{cell!s:>10}" for cell in cells)


def _print(name: str, tally: Tally) -> None:
    cells = (tally.runs, tally.successes, tally.typed, tally.crashes, tally.hangs, tally.untyped)
    print(_row(name, *cells, f"{tally.seconds:.1f}"), flush=True)
    for sentence in tally.bad[:10]:
        print(f"    {sentence}")


if __name__ == "__main__":
    sys.exit(main())
