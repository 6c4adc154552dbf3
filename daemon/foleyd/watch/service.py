"""``foley watch`` as a service of the user: systemd on Linux, launchd on macOS."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from foleyd.config import HOME_VARIABLE, MODELS_VARIABLE
from foleyd.files import replace_file
from foleyd.watch.errors import ServiceError

UNIT = "foleyd-watch.service"
LABEL = "org.foleyd.watch"
_SECONDS = 30
_KEPT = (HOME_VARIABLE, MODELS_VARIABLE)


@dataclass(frozen=True, slots=True)
class Service:
    """The service of one user. PATH is its file; START, STOP and ASK are commands of the service manager.

    FIRST are those before START that end an earlier one, if there is any.
    """

    path: Path
    text: bytes
    start: Sequence[Sequence[str]]
    stop: Sequence[Sequence[str]]
    ask: Sequence[str]
    log: str
    first: Sequence[Sequence[str]] = ()


def service(folders: Sequence[Path], arguments: Sequence[str] = (), platform: str = sys.platform) -> Service:
    """The service that watches FOLDERS with ARGUMENTS of ``foley watch``. Raises ServiceError."""
    command = [sys.executable, "-m", "foleyd", "watch", *arguments, *map(str, folders)]
    if platform == "darwin":
        return _launchd(command)
    if platform.startswith("linux"):
        return _systemd(command)
    raise ServiceError(
        "foleyd puts up a service on Linux and macOS; here, let the Task Scheduler start this at log-on: "
        + subprocess.list2cmdline(command)
    )


def install(wanted: Service) -> None:
    """Writes WANTED's file, beside itself and renamed, and has it started now and at every log-in.

    Raises ServiceError; the file is there then, and the sentence says how to go on.
    """
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(wanted.path, wanted.text)
    except OSError as error:
        raise ServiceError(f"{wanted.path} cannot be written ({error.strerror})") from error
    for command in wanted.first:
        with suppress(ServiceError):
            _run(command, "", "")
    for done, command in enumerate(wanted.start):
        by_hand = " && ".join(map(shlex.join, wanted.start[done:]))
        _run(command, f"{wanted.path} is written, but ", by_hand)


def remove(wanted: Service) -> bool:
    """Stops the service and removes its file; False where there was none. Raises ServiceError."""
    if not wanted.path.exists():
        return False
    problem: ServiceError | None = None
    for command in wanted.stop:
        try:
            _run(command, "", shlex.join(command))
        except ServiceError as error:
            problem = error
    try:
        wanted.path.unlink()
    except OSError as error:
        raise ServiceError(f"{wanted.path} cannot be removed ({error.strerror})") from error
    if problem is not None:
        raise ServiceError(f"{wanted.path} is removed, but the service may run until you log out: {problem}")
    return True


def state(wanted: Service) -> str:
    """How the service stands, in a few words."""
    if not wanted.path.exists():
        return "not installed"
    if shutil.which(wanted.ask[0]) is None:
        return f"installed ({wanted.path}); {wanted.ask[0]} is not here, so whether it runs is not known"
    done = subprocess.run(wanted.ask, capture_output=True, text=True, timeout=_SECONDS, check=False)
    said = (done.stdout or done.stderr).strip().splitlines()
    running = done.returncode == 0
    return f"{'running' if running else 'not running'} ({said[0] if said and not running else wanted.path})"


def _run(command: Sequence[str], before: str, by_hand: str) -> None:
    """Runs COMMAND. Raises ServiceError, which begins with BEFORE and says what is to be done BY_HAND."""
    words = shlex.join(command)
    if shutil.which(command[0]) is None:
        raise ServiceError(
            f"{before}{command[0]} is not here; start foley watch at log-in by other means, or run: {by_hand}"
        )
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceError(f"{before}{words} did not work ({error}); try it by hand: {by_hand}") from error
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[:300] or f"exit code {done.returncode}"
        if "connect to bus" in said:
            said += " (systemd has no session of yours here; log in at the machine itself, or by ssh)"
        raise ServiceError(f"{before}{words} did not work: {said}; then run: {by_hand}")


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if os.environ.get(name)}


def _systemd(command: Sequence[str]) -> Service:
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    lines = [
        "[Unit]",
        "Description=foleyd's watch folders",
        "",
        "[Service]",
        # A command line has variables; the lines of the environment have none.
        f"ExecStart={' '.join(_quoted(word.replace('$', '$$')) for word in command)}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in _environment().items()),
        "Restart=on-failure",
        "RestartSec=10",
        # The daemon that it starts goes on with the jobs when the watch is stopped.
        "KillMode=process",
        "Nice=5",
        "",
        "[Install]",
        "WantedBy=default.target",
        "",
    ]
    control = ("systemctl", "--user")
    return Service(
        path=base / "systemd" / "user" / UNIT,
        text="\n".join(lines).encode(),
        start=((*control, "daemon-reload"), (*control, "enable", UNIT), (*control, "restart", UNIT)),
        stop=((*control, "disable", "--now", UNIT),),
        ask=(*control, "is-active", UNIT),
        log=f"journalctl --user -u {UNIT}",
    )


def _quoted(word: str) -> str:
    """WORD as systemd reads one: its specifiers are taken by the letter."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{plain}"'


def _launchd(command: Sequence[str]) -> Service:
    path = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    log = Path.home() / "Library" / "Logs" / "foleyd-watch.log"
    text = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "EnvironmentVariables": _environment(),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "AbandonProcessGroup": True,
            "StandardOutPath": str(log),
            "StandardErrorPath": str(log),
        }
    )
    domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
    return Service(
        path=path,
        text=text,
        start=(("launchctl", "bootstrap", domain, str(path)),),
        stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        # launchd takes no service twice.
        first=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        ask=("launchctl", "print", f"{domain}/{LABEL}"),
        log=str(log),
    )
