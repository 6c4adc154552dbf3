"""How an API object behaves from Python, and the way every call goes.

Sections 2 and 8 of the facts: `hasattr` is always True, an unknown name yields None (MCP M), a method
newer than the version is an unknown name (section 14), `dir()` tells the truth. That each answer is a new
object which equals no other one, and that methods take no keywords, are our guesses, on the strict side.
"""

from __future__ import annotations

from typing import Any, Callable, ClassVar

from . import faults, journal
from .model import Memento, Model


class Spec:
    """A method: its function, first version, whether it changes anything."""

    def __init__(
        self, function: Callable[..., Any], since: tuple[int, ...], writes: bool, fails: Any
    ) -> None:
        self.function = function
        self.since = since
        self.writes = writes
        self.fails = fails


def api(since: tuple[int, ...] = (), writes: bool = False, fails: Any = False) -> Callable[..., Any]:
    """Marks a method of the API. FAILS: what it returns when it cannot."""

    def mark(function: Callable[..., Any]) -> Spec:
        return Spec(function, since, writes, fails)

    return mark


class ApiObject:
    """Base of what a script holds. SELF._host and SELF._model are the emulator's, under names that a
    script would not use.
    """

    _specs: ClassVar[dict[str, Spec]] = {}
    _kind = "Object"

    def __init_subclass__(cls) -> None:
        specs = dict(cls._specs)
        for name, value in list(vars(cls).items()):
            if isinstance(value, Spec):
                specs[name] = value
                delattr(cls, name)
        cls._specs = specs
        cls._kind = cls.__name__

    def __init__(self, host: Any, model: Any = None) -> None:
        object.__setattr__(self, "_host", host)
        object.__setattr__(self, "_model", model)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        spec = self._specs.get(name)
        host = self._host
        if spec is None or not host.build.at_least(*spec.since):
            return self._missing(name)
        return _Bound(self, name, spec)

    def _missing(self, name: str) -> Any:
        if not name.startswith("_"):
            self._host.journal.unknown.append((self._kind, name))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("scripts cannot set attributes of Resolve's objects: " + name)

    def __dir__(self) -> list[str]:
        return sorted(name for name, spec in self._specs.items() if self._host.build.at_least(*spec.since))

    def __repr__(self) -> str:
        return f"{self._kind} (0x{id(self):016X}) [App: 'Resolve']"

    def _describe(self) -> Any:
        model = self._model
        return {
            "object": self._kind,
            "id": getattr(model, "id", ""),
            "name": getattr(model, "name", "") or "",
        }

    def _listed(self, values: list[Any]) -> Any:
        """Section 7: lists may be None when empty. MR M"""
        return values if values else self._host.quirks["empty_list"]


class Ghost(Model):
    """What stands behind an item that was returned but never placed: its id is empty (section 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.id = ""
        self.name = ""
        self.deleted = True


def _in_floats(value: Any) -> Any:
    """VALUE with every whole number in it a float."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list):
        return [_in_floats(one) for one in value]
    if isinstance(value, dict):
        return {key: _in_floats(one) for key, one in value.items()}
    return value


class _Bound:
    """A method of one object, as `getattr` gives it."""

    def __init__(self, owner: ApiObject, name: str, spec: Spec) -> None:
        self._owner = owner
        self._name = owner._kind + "." + name
        self._spec = spec

    def __repr__(self) -> str:
        return f"<BlackmagicFusion.PyRemoteObject method {self._name}>"

    def __call__(self, *args: Any) -> Any:
        host = self._owner._host
        call = host.journal.begin(self._name, self._owner, args, self._spec.writes)
        try:
            call.result, result = None, self._run(call, list(args))
            if host.quirks["numbers"] == "float":
                result = _in_floats(result)
        except Exception as error:
            call.raised = repr(error)
            raise
        call.result = journal.plain(result)
        return result

    def _run(self, call: journal.Call, args: list[Any]) -> Any:
        host = self._owner._host
        if host.build.upsells(self._name):
            host.upsell(self._name)
            call.note = "upsell"
            return False
        if host.modal and (host.quirks["modal_blocks"] == "all" or self._spec.writes):
            call.note = "modal"
            return False
        fault = host.faults.due(self._name)
        if fault is not None:
            call.note = fault.action
            return self._befallen(fault, args)
        return self._do(args)

    def _do(self, args: list[Any]) -> Any:
        model = self._owner._model
        if isinstance(model, Model) and model.deleted and not isinstance(model, Ghost):
            return self._spec.fails  # a stale handle; our guess
        if isinstance(model, Ghost) and self._spec.writes and self._name != "TimelineItem.SetName":
            return False
        return self._spec.function(self._owner, *args)

    def _befallen(self, fault: faults.Fault, args: list[Any]) -> Any:
        host, action = self._owner._host, fault.action
        if action in ("false", "none", "empty"):
            return {"false": False, "none": None, "empty": []}[action]
        if action == "raises":
            raise RuntimeError("Resolve raised in " + self._name)
        if action == "modal":
            host.modal = "a box of a fault"
            return False
        if action == "does_nothing":
            return self._undone(args)
        if action == "denies":
            self._do(args)
            return self._spec.fails
        if action in ("vanish_on_save", "errors", "disk_full", "truncates"):
            return self._spec.function(self._owner, *args, fault=action)
        return self._altered(fault, args)

    def _undone(self, args: list[Any]) -> Any:
        """What the call would give, with everything put back."""
        host = self._owner._host
        if self._name == "Timeline.Export":
            return True
        before, page = Memento(host.project), host.page
        result = self._do(args)
        before.restore()
        host.page = page
        return result

    def _altered(self, fault: faults.Fault, args: list[Any]) -> Any:
        host, action = self._owner._host, fault.action
        if action == "hangs":
            host.faults.hang(fault.seconds)
            return self._do(args)
        if action == "one_short":
            return self._do(faults.one_short(args))
        if action in ("change", "before"):
            assert fault.change is not None
            changed = fault.change(args)
            return self._do(changed if action == "change" else args)
        moved = faults.shifted(self._name, args)
        result = self._do(moved)
        if moved is args and isinstance(result, (int, float)) and not isinstance(result, bool):
            return result + 1
        return result
