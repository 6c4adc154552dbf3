"""Finds the engines that are installed, and decides what "auto" means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

from foleyd.engines.engine import ENTRY_POINT_GROUP, Engine, EngineError, EngineNotReady, EngineUnknown
from foleyd.request import AUTO_ENGINE

AUTO_ORDER = ("hunyuan", "procedural")


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine to use and one sentence on why."""

    name: str
    reason: str


@cache
def installed_engines() -> tuple[str, ...]:
    """Names of the engines that are installed, sorted."""
    return tuple(sorted(point.name for point in entry_points(group=ENTRY_POINT_GROUP)))


def make_engine(name: str) -> Engine:
    """A new, unloaded engine. Raises EngineUnknown or EngineError when it cannot be imported."""
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name == name:
            try:
                engine = point.load()()
            except ImportError as error:
                raise EngineNotReady(
                    f"the engine {name!r} cannot be imported ({error})", fix=f"pip install 'foleyd[{name}]'"
                ) from error
            if not isinstance(engine, Engine):
                raise EngineError(f"{point.value} is not an engine; mend the package that brings it")
            return engine
    raise _unknown(name, installed_engines(), "name")


def check_installed(name: str) -> None:
    """Raises EngineUnknown unless there is an engine of NAME."""
    if name not in installed_engines():
        raise _unknown(name, installed_engines(), "name")


def _unknown(name: str, known: Iterable[str], field: str) -> EngineUnknown:
    return EngineUnknown(f"there is no engine {name!r}; installed are {', '.join(known)}", field=field)


def choose(wanted: str, readiness: Mapping[str, str], cautions: Mapping[str, str]) -> Choice:
    """The engine that WANTED means.

    READINESS: engine -> "" when ready, else what is missing. CAUTIONS: engine -> "" or why it should only
    be used when named. A named engine never falls back: it raises EngineUnknown or EngineNotReady instead.
    """
    if wanted not in ("", AUTO_ENGINE):
        if wanted not in readiness:
            raise _unknown(wanted, readiness, "engine.name")
        if readiness[wanted]:
            raise EngineNotReady(
                f"the engine {wanted} cannot be used: {readiness[wanted]}", field="engine.name"
            )
        caution = cautions.get(wanted, "")
        return Choice(wanted, f"{wanted}, as asked for" + (f", though {caution}" if caution else ""))
    against = {name: why or cautions.get(name, "") for name, why in readiness.items()}
    for name in _by_preference(readiness):
        if not against[name]:
            return Choice(name, f"{name}, {_why(name, against)}")
    raise EngineNotReady("no engine can be used; foley doctor says why")


def _by_preference(names: Iterable[str]) -> list[str]:
    known = [name for name in AUTO_ORDER if name in names]
    return known + sorted(name for name in names if name not in AUTO_ORDER)


def _why(name: str, against: Mapping[str, str]) -> str:
    if name == AUTO_ORDER[0]:
        return "the best engine here and ready"
    better = AUTO_ORDER[0]
    missing = against.get(better, "it is not installed in this version")
    return f"since {better} cannot be used: {missing}"
