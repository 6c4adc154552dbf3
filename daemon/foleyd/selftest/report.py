"""The report of a selftest, in Markdown, to paste in an issue: figures, versions, and no paths of anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from foleyd.selftest.machine import cards, computer, versions
from foleyd.selftest.measure import FAILED, LOOK, Check, Timing

_PATH = re.compile(r"(?<![\w.:/<])(?:[A-Za-z]:)?[/\\](?:[^\s/\\:;,()'\"|]+[/\\])+")
"""The folders of an absolute path."""
_LONGEST_TRACE = 80
_MEBIBYTE = 1024 * 1024
_OF_THE_WEIGHTS = ("model", "weights_source", "weights_revisions", "weights_digest")
_OF_THE_TAKE = ("precision", "memory_profile", "steps", "guidance_scale", "sync_crop")
_ABOUT = "8 s, 25 fps, 400x400: a ball crosses the picture three times and bounces at known frames"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the daemon says of the job. SECONDS of work by stage, memory in bytes (0: not known).

    MODEL is the engine's own provenance of the take, REQUEST what was asked of it besides the clip.
    """

    engine: str
    request: str = ""
    device: str = ""
    profile: str = ""
    note: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    queue_seconds: float = 0.0
    was_loaded: bool = False
    peak_memory: int = 0
    peak_device_memory: int = 0
    model: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def verdict(engine: str, checks: Sequence[Check]) -> str:
    """CHECKS in one line."""
    failed = [check.name for check in checks if check.state == FAILED]
    look = [check.name for check in checks if check.state == LOOK]
    if failed:
        return f"selftest {engine}: failed ({', '.join(failed)})"
    if look:
        return f"selftest {engine}: it works; look at {', '.join(look)}"
    return f"selftest {engine}: all is well"


def times_text(facts: Facts) -> str:
    """Seconds by stage, with what was waited for."""
    stages = [f"{name.replace('_', ' ')} {seconds:.2f} s" for name, seconds in facts.seconds.items()]
    loaded = ", was loaded before" if facts.was_loaded else ""
    return f"{', '.join(stages)}; waited {facts.queue_seconds:.2f} s in the queue{loaded}"


def memory_text(facts: Facts) -> str:
    """The job's peaks."""
    text = f"{facts.peak_memory / _MEBIBYTE:.0f} MiB of the machine's at most"
    if facts.peak_device_memory:
        text += f", {facts.peak_device_memory / _MEBIBYTE:.0f} MiB of the card's"
    return text


def moments_text(timing: Timing) -> str:
    """Each moment and how much later its sound is."""
    met = dict(timing.met)
    return ", ".join(
        f"{moment:.2f} s {f'{1000 * (met[moment] - moment):+.0f} ms' if moment in met else 'missed'}"
        for moment in timing.moments
    )


def success(facts: Facts, checks: Sequence[Check], timing: Timing, private: Mapping[str, str]) -> str:
    """The report on a take. PRIVATE are texts that must not be in it, with what stands for each."""
    found = ", ".join(f"{time:.2f}" for time in timing.found) or "none"
    rows = [
        f"**{verdict(facts.engine.split()[0], checks)}**",
        "",
        "| check | | |",
        "| --- | --- | --- |",
        *(f"| {check.name} | {check.state} | {check.detail} |" for check in checks),
        "",
        f"- moments: {moments_text(timing)}",
        f"- onsets found, seconds: {found}",
        f"- times: {times_text(facts)}",
        f"- memory: {memory_text(facts)}",
        *_engine_rows(facts),
        *_machine_rows(),
        f"- warnings: {'; '.join(facts.warnings) or 'none'}",
        f"- clip: {_ABOUT}",
    ]
    return _without("\n".join(rows) + "\n", private)


def failure(facts: Facts, reason: str, message: str, trace: str, private: Mapping[str, str]) -> str:
    """The report on a job that failed with REASON and MESSAGE; TRACE is what the daemon's log has of it.

    PRIVATE as in :func:`success`.
    """
    rows = [
        f"**selftest {facts.engine.split()[0]}: no sound came back**",
        "",
        f"- {reason}: {message}",
        *_engine_rows(facts),
        *_machine_rows(),
        f"- clip: {_ABOUT}",
        *(["", "```", *trace.splitlines()[-_LONGEST_TRACE:], "```"] if trace else []),
    ]
    return _without("\n".join(rows) + "\n", private)


def _engine_rows(facts: Facts) -> list[str]:
    place = f" on {facts.device}" if facts.device else ""
    place += f", profile {facts.profile}" if facts.profile else ""
    rows = [f"- engine: {facts.engine}{place}", f"- request: {facts.request}"]
    if facts.note:
        rows.append(f"- loaded: {facts.note}")
    weights = {name: facts.model[name] for name in _OF_THE_WEIGHTS if facts.model.get(name)}
    if "weights_source" in weights and weights["weights_source"].startswith("import "):
        weights["weights_source"] = "imported from files"
    rows += [f"- {name.replace('_', ' ')}: {value}" for name, value in weights.items()]
    made = [f"{name.replace('_', ' ')} {facts.model[name]}" for name in _OF_THE_TAKE if name in facts.model]
    return [*rows, f"- made with: {', '.join(made)}"] if made else rows


def _machine_rows() -> list[str]:
    return [
        f"- versions: {', '.join(f'{name} {version}' for name, version in versions().items())}",
        f"- machine: {computer()}",
        f"- cards: {'; '.join(cards()) or 'no NVIDIA card found'}",
    ]


def _without(text: str, private: Mapping[str, str]) -> str:
    """TEXT without what is PRIVATE, and without the folders of any other absolute path."""
    for secret in sorted(private, key=len, reverse=True):
        text = text.replace(secret, private[secret])
    return _PATH.sub("…/", text)
