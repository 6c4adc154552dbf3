"""``foley doctor``: each thing the main job needs, whether it is there, and what to do if not."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from foleyd import __version__
from foleyd.config import (
    CONFIG_FILE,
    HOME_VARIABLE,
    ConfigError,
    Folders,
    Settings,
    load_settings,
    make_private,
)
from foleyd.errors import FoleyError

if TYPE_CHECKING:
    from foleyd.plugins.record import Record

OK, NOTE, BAD = "ok", "note", "bad"

_OLDEST, _NEWEST = (3, 11), (3, 13)
_NATIVE = ("av", "numpy", "scipy.signal", "soxr", "opentimelineio", "grpc", "google.protobuf")
_EXTRAS = {"hunyuan": ("torch", "diffusers", "transformers"), "ray": ("ray",)}
_LITTLE_SPACE = 1024**3
_TOO_LITTLE_SPACE = 100 * 1024**2
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing: STATE is ok, note (something less than usual works) or bad; FIX says what to do."""

    name: str
    state: str
    detail: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """For scripts."""
        return asdict(self)


def examine(folders: Folders) -> Iterator[Check]:
    """Every check, in the order a person would mend them. Starts the daemon when none runs."""
    yield _python()
    yield from _packages()
    yield from _extras()
    yield from _models(folders)
    yield _ffmpeg()
    yield from _folders(folders)
    settings = None
    try:
        settings = load_settings(folders)
        yield Check("settings", OK, f"{folders.config / CONFIG_FILE}")
    except ConfigError as error:
        yield Check("settings", BAD, str(error), f"edit or remove {folders.config / CONFIG_FILE}")
    yield from _plugins(folders)
    if settings is not None:
        yield from _daemon(folders, settings)


def lines_of(checks: Sequence[Check]) -> list[str]:
    """CHECKS for a person, with a verdict at the end."""
    lines = []
    for check in checks:
        lines.append(f"{check.state:<5} {check.name}: {check.detail}")
        if check.fix and check.state != OK:
            lines.append(f"      -> {check.fix}")
    bad = sum(check.state == BAD for check in checks)
    lines.append("all is well" if not bad else f"{bad} thing{'s' if bad > 1 else ''} to mend")
    return lines


def _python() -> Check:
    version = sys.version_info[:2]
    shown = f"{sys.version.split()[0]} at {sys.executable}"
    if _OLDEST <= version <= _NEWEST:
        return Check("python", OK, shown)
    return Check("python", BAD, shown, "install foleyd with Python 3.11, 3.12 or 3.13")


def _packages() -> Iterator[Check]:
    try:
        required = metadata.requires("foleyd") or []
    except metadata.PackageNotFoundError:
        yield Check("packages", NOTE, "foleyd itself is not installed as a package", "pip install foleyd")
        return
    names = [_NAME.match(line) for line in required if ";" not in line]
    versions, missing = [], []
    for name in (match.group() for match in names if match):
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Check("packages", BAD, f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    else:
        yield Check("packages", OK, ", ".join(versions))
    for name in _NATIVE:
        try:
            importlib.import_module(name)
        except Exception as error:
            # A broken binary package can raise anything at all.
            reinstall = f"pip install --force-reinstall {name.partition('.')[0]}"
            yield Check(f"import {name}", BAD, f"{type(error).__name__}: {error}", reinstall)


def _extras() -> Iterator[Check]:
    for extra, packages in _EXTRAS.items():
        found = {package: _version(package) for package in packages}
        missing = _missing(extra)
        if missing:
            fix = f"{_install(extra)} (only if you want it)"
            yield Check(f"extra {extra}", NOTE, f"not installed: {', '.join(missing)}", fix)
        else:
            yield Check(f"extra {extra}", OK, ", ".join(f"{name} {found[name]}" for name in packages))


def _missing(extra: str) -> list[str]:
    return [package for package in _EXTRAS[extra] if _version(package) is None]


def _install(extra: str) -> str:
    return f"pip install 'foleyd[{extra}]'"


def _models(folders: Folders) -> Iterator[Check]:
    """How each model of hunyuan stands, and what it lacks to be used."""
    from foleyd.cli.show import size_text
    from foleyd.engines.hunyuan.licence import RECORD, acceptance
    from foleyd.engines.hunyuan.store import all_states, mend_command

    missing = _missing("hunyuan")
    for state in all_states(folders):
        name, problems, fixes = f"model {state.model.name}", [], []
        if missing:
            problems.append(f"not installed: {', '.join(missing)}")
            fixes.append(_install("hunyuan"))
        if not (state.folder / RECORD).exists():
            problems.append(f"absent ({state.model.summary})")
            fixes.append(f"{state.fix} (only if you want it)")
        elif not state.ready:
            problems.append(f"incomplete: {state.problem}")
            fixes.append(state.fix)
        elif acceptance(state.folder) is None:
            problems.append(f"its licence is not accepted; it is in {state.folder}")
            fixes.append(mend_command(folders, state.model.name))
        if problems:
            yield Check(name, NOTE, "; ".join(problems), ", then ".join(fixes))
        else:
            yield Check(name, OK, f"ready, {size_text(state.bytes)} in {state.folder}")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _ffmpeg() -> Check:
    found = shutil.which("ffmpeg")
    if found:
        return Check("ffmpeg", OK, found)
    return Check("ffmpeg", OK, "no such command; other formats are written by the encoders inside PyAV")


def _folders(folders: Folders) -> Iterator[Check]:
    for name in ("config", "state", "cache", "runtime"):
        folder: Path = getattr(folders, name)
        yield _folder(f"{name} folder", folder, private=name == "runtime")


def _folder(name: str, folder: Path, *, private: bool) -> Check:
    fix = f"make it writable, or set {HOME_VARIABLE} to a folder that is"
    try:
        if private:
            make_private(folder)
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(nearest, os.W_OK):
            return Check(name, BAD, f"{folder} is not writable", fix)
        free = shutil.disk_usage(nearest).free
    except (ConfigError, OSError) as error:
        return Check(name, BAD, str(error), fix)
    detail = f"{folder}, {free / 1024**3:.1f} GiB free"
    if free < _TOO_LITTLE_SPACE:
        return Check(name, BAD, detail, "free some space on that disk")
    return Check(name, NOTE if free < _LITTLE_SPACE else OK, detail, "free some space on that disk")


def _plugins(folders: Folders) -> Iterator[Check]:
    """The plugin in each Blender that is found and in DaVinci Resolve, and the record of foley."""
    from foleyd.cli.doctor_davinci import installed_davinci
    from foleyd.plugins.blender import known_places, state_of
    from foleyd.plugins.laying import ABSENT, FOREIGN
    from foleyd.plugins.record import read_record, record_path

    installed = False
    for place in known_places(folders):
        name, state = place.name.lower(), state_of(place)
        option = f"--version {place.version}" if place.version else f"--path {place.repository}"
        fix, where = f"foley install blender {option}", place.extension
        if state.kind == ABSENT:
            yield Check(name, NOTE, "the Foley extension is not installed", f"{fix} (only if you want it)")
        elif state.kind == FOREIGN:
            yield Check(name, NOTE, f"{where} is not foleyd's", f"move it away, then {fix}")
        elif not state.current:
            detail = f"extension {state.version} differs from this foleyd's ({__version__}), in {where}"
            yield Check(name, NOTE, detail, fix)
        else:
            yield Check(name, OK, f"extension {state.version} in {where}")
        installed |= state.kind not in (ABSENT, FOREIGN)
    yield from installed_davinci(folders)
    record = read_record(folders)
    if installed or record is not None:
        of = record.installed if record else {}
        plugin = "davinci" if of.get("davinci") and not of.get("blender") else "blender"
        yield record_check(record, record_path(folders), f"foley install {plugin}")


def record_check(record: Record | None, path: Path, fix: str) -> Check:
    """How the RECORD in PATH stands: whether the command in it is that of this foleyd, and runs."""
    from foleyd.plugins.record import try_command

    name = "plugins' record"
    if record is None:
        return Check(name, NOTE, f"{path} is missing or cannot be read; plugins may not find foley", fix)
    said, works = try_command(record)
    if not works:
        return Check(name, NOTE, f"{path} names a command that does not work: {said}", fix)
    if said != f"foleyd {__version__}":
        return Check(name, NOTE, f"{path} leads to {said}, this is foleyd {__version__}", fix)
    return Check(name, OK, f"{path}, its command works")


def _daemon(folders: Folders, settings: Settings) -> Iterator[Check]:
    from foleyd.client import connect
    from foleyd.launch import read_endpoint

    was_there = read_endpoint(folders) is not None
    begun = time.monotonic()
    try:
        with connect(folders, settings=settings) as daemon:
            took = time.monotonic() - begun
            info = daemon.server_info()
    except FoleyError as error:
        fix = getattr(error, "fix", "") or f"see the log: {folders.log}"
        yield Check(
            "daemon", BAD, str(error), f"see the log: {folders.log}" if fix == "foley doctor" else fix
        )
        return
    how = "answered" if was_there else "started and answered"
    detail = f"version {info.version}, process {info.pid}, at {info.address}, {how} in {took:.2f} s"
    same = info.version == __version__
    yield Check("daemon", OK if same else NOTE, detail, "" if same else "foley stop")
    for engine in info.engines:
        state = OK if engine.ready else NOTE
        shown = f"{engine.version}, ready. {engine.summary}" if engine.ready else engine.why_not
        yield Check(f"engine {engine.name}", state, shown.strip(), engine.why_not)
    if any(engine.ready for engine in info.engines):
        yield Check("main job", OK, f"engine {info.auto_engine.name}: {info.auto_engine.reason}")
    else:
        yield Check("main job", BAD, "no engine is ready", "mend one of the engines above")
