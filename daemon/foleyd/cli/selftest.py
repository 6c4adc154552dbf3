"""``foley selftest``: one clip through the daemon, what must hold of its sound, a report to paste."""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import DONE, OTHER, OutputTaken, exit_code, plain_text
from foleyd.cli.link import daemon as open_daemon
from foleyd.config import find_folders
from foleyd.errors import FoleyError, failure_of
from foleyd.files import new_file, output_error
from foleyd.timebase import SAMPLE_RATE

if TYPE_CHECKING:
    from foleyd.client import Daemon
    from foleyd.selftest.measure import Check, Sound, Timing
    from foleyd.selftest.report import Facts
    from foleyd.v1 import foleyd_pb2 as pb

REPORT = "report.md"
SEED = 1
_HANDLES = 0
_POLL_SECONDS = 0.1
_STALE_SECONDS = 6.0
_STAGES = ("spot", "look_up", "load", "see", "hear", "conform", "place")


def selftest(
    engine: Annotated[str, typer.Argument(metavar="ENGINE", help="An engine's name, or auto.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="A new folder for all of it; else a temporary one."),
    ] = None,
    steps: o.Steps = 0,
    option: o.EngineOptions = None,
    as_json: o.Json = False,
) -> int:
    """Tries an engine on a clip made on the spot.

    Measures what comes back and writes a report to paste in an issue. Exit code 1 when the sound is not what
    a take must be: finite, heard, of the right length and rate.
    """
    how = _how(plain_text(engine, "ENGINE"), steps, o.parse_options(option or ()))
    with _folder(out) as folder, open_daemon() as daemon:
        tried = _try(daemon, folder, how)
        path = _write_report(folder, tried.report)
    if as_json:
        print(json.dumps(tried.as_json(path)))
    else:
        _show(tried, path)
    return DONE if tried.sound_is_right else OTHER


@dataclass(frozen=True, slots=True)
class _Tried:
    """What became of it."""

    facts: Facts
    result: pb.Result
    sound: Sound
    timing: Timing
    checks: list[Check]
    report: str

    @property
    def sound_is_right(self) -> bool:
        from foleyd.selftest.measure import FAILED

        return all(check.state != FAILED for check in self.checks)

    def as_json(self, path: Path) -> dict[str, Any]:
        """For scripts. Times are seconds unless they say otherwise."""
        from foleyd.selftest.machine import cards, versions

        timing = self.timing
        return {
            "ok": self.sound_is_right,
            "checks": [asdict(check) for check in self.checks],
            "sound": asdict(self.sound),
            "onsets": {
                "moments_s": list(timing.moments),
                "found_s": list(timing.found),
                "matched": len(timing.met),
                "missed": timing.missed,
                "extra": timing.extra,
                "offsets_ms": list(timing.offsets_ms),
                "median_ms": timing.median_ms,
                "worst_ms": timing.worst_ms,
                "chance": round(timing.chance, 2),
            },
            "job": asdict(self.facts),
            "versions": versions(),
            "cards": cards(),
            "take": self.result.takes[0].path,
            "preview": self.result.preview_path or None,
            "report": str(path),
        }


def _how(engine: str, steps: int, options: dict[str, str]) -> o.How:
    return o.How(
        engine=engine,
        options=options,
        preset="",
        steps=steps,
        guidance=0.0,
        handles=_HANDLES,
        loudness="",
        formats=(),
        mix=False,
        preview=True,
        picture=True,
    )


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """The folder for everything. What we put into it is taken away again when nothing came of it."""
    from foleyd.selftest.clip import NAME

    folder = _new_folder(out)
    try:
        yield folder
    except BaseException:
        if not (folder / REPORT).exists():
            (folder / NAME).unlink(missing_ok=True)
            with suppress(OSError):  # the user's own things are in it
                folder.rmdir()
        raise


def _new_folder(out: Path | None) -> Path:
    from foleyd.cli.requests import absolute

    if out is None:
        return Path(tempfile.mkdtemp(prefix="foley-selftest-"))
    folder = absolute(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OutputTaken(f"{folder} is not empty; choose a new folder with --out")
    except OSError as error:
        raise output_error(folder, error) or error from error
    return folder


def _write_report(folder: Path, text: str) -> Path:
    path = folder / REPORT
    with new_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _try(daemon: Daemon, folder: Path, how: o.How) -> _Tried:
    """The clip through the daemon, and what was measured. A failure leaves a report too, where that helps."""
    from foleyd.cli.running import follow_job
    from foleyd.selftest import clip, measure, report

    film = clip.write_clip(folder, secrets.randbits(32))
    before = _engines(daemon)
    try:
        job_id, result = follow_job(daemon, _request(daemon, film, folder, how))
    except FoleyError as error:
        _report_failure(error, daemon, folder, how)
        raise
    take, name = result.takes[0], result.engine.name
    engine = _standing(daemon, name)
    facts = _facts(daemon.job(job_id), result, engine, how, was_loaded=before[name].loaded)
    sound, timing = measure.listen(Path(take.path), clip.MOMENTS, clip.SECONDS)
    expected = measure.Expected(SAMPLE_RATE, engine.channels, clip.TAKE_SAMPLES, clip.SECONDS)
    checks = measure.check(sound, timing, expected)
    return _Tried(
        facts, result, sound, timing, checks, report.success(facts, checks, timing, _private(folder))
    )


def _request(daemon: Daemon, film: Path, folder: Path, how: o.How) -> pb.GenerateRequest:
    from foleyd.cli import requests
    from foleyd.cli.generate import program_of_file
    from foleyd.selftest.clip import PROMPT
    from foleyd.v1 import foleyd_pb2 as pb

    selection = pb.Selection(program=program_of_file(daemon, film))
    rule = requests.cue_rule(o.Wanted((PROMPT,), "", "", takes=1, seed=SEED))
    return requests.generate_request(selection, rule, how, requests.output(how, folder))


def _engines(daemon: Daemon) -> Mapping[str, pb.EngineInfo]:
    return {engine.name: engine for engine in daemon.server_info().engines}


def _standing(daemon: Daemon, name: str) -> pb.EngineInfo:
    """How the engine of NAME stands after its job; an empty message for one that is not known.

    Where a job ends just now, or others run, the daemon may answer from before it was loaded.
    """
    from foleyd.v1 import foleyd_pb2 as pb

    deadline = time.monotonic() + _STALE_SECONDS
    while True:
        info = daemon.server_info()
        engine = next((engine for engine in info.engines if engine.name == name), pb.EngineInfo())
        if engine.loaded or not info.running_jobs or time.monotonic() > deadline:
            return engine
        time.sleep(_POLL_SECONDS)


def _facts(job: pb.Job, result: pb.Result, engine: pb.EngineInfo, how: o.How, *, was_loaded: bool) -> Facts:
    from foleyd.cli.call import message_json
    from foleyd.cli.show import warning_text
    from foleyd.selftest.report import Facts

    model = message_json(result.takes[0].provenance).get("model", {})
    return Facts(
        engine=f"{result.engine.name} {result.engine.version}",
        request=_asked(how),
        device=engine.device,
        profile=engine.profile,
        note=engine.note,
        seconds={stage: job.stage_seconds[stage] for stage in _STAGES if stage in job.stage_seconds},
        queue_seconds=job.queue_wait_seconds,
        was_loaded=was_loaded,
        peak_memory=job.peak_memory_bytes,
        peak_device_memory=job.peak_device_memory_bytes,
        model={name: str(value) for name, value in model.items()},
        warnings=tuple(warning_text(warning).removeprefix("warning: ") for warning in result.warnings),
    )


def _asked(how: o.How) -> str:
    """What is asked for, in words."""
    from foleyd.selftest.clip import PROMPT

    asked = [f'"{PROMPT}"', f"seed {SEED}", *(f"{name}={value}" for name, value in how.options.items())]
    return ", ".join([*asked, f"steps={how.steps}"] if how.steps else asked)


def _report_failure(error: FoleyError, daemon: Daemon, folder: Path, how: o.How) -> None:
    """Leaves a report in FOLDER and says so, unless ERROR is the user's to mend, or their wish."""
    from foleyd.launch import logged_defect
    from foleyd.selftest.report import Facts, failure

    failed = failure_of(error)
    if exit_code(failed.code) != OTHER:
        return
    facts = Facts(engine=how.engine, request=_asked(how))
    with suppress(FoleyError):  # the daemon may be gone
        engine = _standing(daemon, how.engine)
        if engine.name:
            name = f"{engine.name} {engine.version}"
            facts = replace(
                facts, engine=name, device=engine.device, profile=engine.profile, note=engine.note
            )
    trace = logged_defect(find_folders(), failed.message)
    text = failure(facts, failed.reason, failed.message, trace, _private(folder))
    print(f"a report to paste in an issue: {_write_report(folder, text)}", file=sys.stderr)


def _private(folder: Path) -> dict[str, str]:
    """What must not be in a report, and what stands for it."""
    folders = find_folders()
    named = {str(getattr(folders, name)): f"<{name}>" for name in folders.__struct_fields__}
    return {str(folder): "<out>", str(Path.home()): "~", str(Path.cwd()): ".", **named}


def _show(tried: _Tried, path: Path) -> None:
    from foleyd.cli.show import print_lines
    from foleyd.selftest.measure import LOOK
    from foleyd.selftest.report import verdict

    lines = [verdict(tried.result.engine.name, tried.checks), ""]
    for check in tried.checks:
        lines.append(f"{check.state:<7} {check.name}: {check.detail}")
        if check.hint and check.state == LOOK:
            lines.append(f"        -> {check.hint}")
    lines += [
        "",
        f"look and listen       {tried.result.preview_path}",
        f"the take              {tried.result.takes[0].path}",
        f"to paste in an issue  {path}, which says:",
        "",
        *tried.report.splitlines(),
    ]
    print_lines(lines)
