"""Which DaVinci Resolve runs, asked from outside by its own library, in a child: that may hang or crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from foleyd.plugins.davinci_places import System, library, scripting

SECONDS = 20.0
_MARK = "FOLEYD "
_QUESTION = f"""
import importlib.machinery, importlib.util, json, os, sys
sys.path.insert(0, sys.argv[1])
try:
    try:
        import DaVinciResolveScript as script
    except ImportError:
        path = os.environ["RESOLVE_SCRIPT_LIB"]
        loader = importlib.machinery.ExtensionFileLoader("fusionscript", path)
        script = importlib.util.module_from_spec(importlib.util.spec_from_loader("fusionscript", loader))
        loader.exec_module(script)
    resolve = script.scriptapp("Resolve")
    said = [resolve.GetProductName(), resolve.GetVersionString()] if resolve is not None else None
except BaseException as error:
    said = "%s: %s" % (type(error).__name__, " ".join(str(error).split()))
print({_MARK!r} + json.dumps(said), flush=True)
os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """PRODUCT and VERSION of the Resolve that answered; else "" and WHY (also "": it is not reachable)."""

    product: str = ""
    version: str = ""
    why: str = ""


def ask_edition(system: System, application: Path) -> Answer:
    """What the Resolve at APPLICATION says it is. Never hangs, starts nothing, raises nothing."""
    python = sys.base_prefix
    environment = {
        **os.environ,
        "RESOLVE_SCRIPT_API": str(scripting(system, application)),
        "RESOLVE_SCRIPT_LIB": str(library(system, application)),
        # Else the library may load another Python's on Windows, and end the process.
        "FUSION_PYTHON3_HOME": python,
        "PYTHON3HOME": python,
    }
    modules = scripting(system, application) / "Modules"
    with tempfile.TemporaryFile() as out:  # no pipe: a grandchild could hold it open
        try:
            child = subprocess.Popen(
                [sys.executable, "-c", _QUESTION, str(modules)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=os.path.abspath(os.sep),
            )
        except OSError as error:
            return Answer(why=str(error.strerror or error))
        try:
            code = child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            with suppress(subprocess.TimeoutExpired):
                child.wait(SECONDS)
            return Answer(why=f"no answer in {SECONDS:g} s")
        out.seek(0)
        return _answer(out.read().decode(errors="replace"), code)


def _answer(text: str, code: int) -> Answer:
    line = next((line for line in text.splitlines() if line.startswith(_MARK)), None)
    if line is None:
        return Answer(why=f"its scripting library ended the process that asked (exit code {code})")
    said = json.loads(line.removeprefix(_MARK))
    if isinstance(said, list):
        return Answer(str(said[0]), str(said[1]))
    return Answer(why=said or "")
