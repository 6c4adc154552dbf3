"""docs/errors.md lists every reason that foleyd can give, with its code, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import foleyd
from foleyd.cli.exits import exit_code
from foleyd.errors import FoleyError

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"
_ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]*)\| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)

# Reasons that no class has: given where no type of error is known.
LOOSE = {
    "DEFECT": "INTERNAL",
    "INTERNAL": "INTERNAL",
    "NOTHING_DELIVERABLE": "(its first cue's)",
    "USAGE": "INVALID_ARGUMENT",
}

# What the extra `hunyuan` brings.
EXTRA = {"accelerate", "diffusers", "huggingface_hub", "torch", "transformers", "triton"}

TKINTER = {"tkinter", "_tkinter"}

# Classes that say another's reason: failures come over the wire with their own, and an engine's are all one.
WITHOUT_OWN_REASON = {"FailedWork", "RequestRefused", "SightError"}


def every_error() -> Iterator[type[FoleyError]]:
    """Every class of error, after every module has been imported."""
    for module in pkgutil.walk_packages(foleyd.__path__, "foleyd."):
        if module.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            # Without the extra; the errors of such an engine are in modules that need none of it.
            extra = module.name.startswith("foleyd.engines.hunyuan.") and error.name in EXTRA
            # Without the system's tkinter; likewise.
            if not extra and not (module.name.startswith("foleyd.dialog.") and error.name in TKINTER):
                raise
    pending = [FoleyError]
    while pending:
        found = [kind for kind in pending.pop().__subclasses__() if kind.__module__.startswith("foleyd.")]
        yield from found
        pending += found


def listed() -> dict[str, str]:
    """The page's codes, by reason."""
    return {row[1]: row[2] for row in _ROW.finditer(PAGE.read_text())}


def test_every_reason_is_listed_with_its_code_and_nothing_else() -> None:
    given = {kind.reason: kind.code for kind in every_error() if "reason" in vars(kind)}
    assert listed() == given | LOOSE


def test_a_reason_has_one_code() -> None:
    codes: dict[str, set[str]] = {}
    for kind in every_error():
        codes.setdefault(kind.reason, set()).add(kind.code)
    assert {reason: found for reason, found in codes.items() if len(found) > 1} == {}


def test_every_class_of_error_has_a_reason_of_its_own() -> None:
    without = {kind.__name__ for kind in every_error() if "reason" not in vars(kind)}
    assert without == WITHOUT_OWN_REASON


def test_every_row_is_whole_and_has_its_exit_code() -> None:
    text = PAGE.read_text()
    rows = list(_ROW.finditer(text))
    assert len(rows) == text.count("\n| `") == len(listed())
    for row in rows:
        known = not row[2].startswith("(")
        assert row[3].strip() == (str(exit_code(row[2])) if known else ""), row[0]


def test_reasons_in_the_code_without_a_class_are_the_loose_ones() -> None:
    package = Path(foleyd.__path__[0])
    source = "\n".join(path.read_text() for path in package.rglob("*.py") if path.parent.name != "v1")
    for reason in LOOSE:
        assert f'"{reason}"' in source
