"""The walls of the house: what a room may import, and what a client must not have to load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "daemon" / "foleyd"

GROUND = {
    "",
    "brief",
    "config",
    "cue",
    "engines.engine",
    "engines.registry",
    "errors",
    "files",
    "locks",
    "mapped",
    "refreshed",
    "request",
    "segments",
    "timebase",
    "tracks",
}

# Rooms that a room may import from, the ground floor and itself apart.
MAY = {
    "timeline": set(),
    "interchange": {"timeline"},
    "media": set(),
    "cache": set(),
    "engines": set(),
    "jobs": {"bench", "cache.drafts", "cache.store", "studio"},
    "server": {"jobs", "launch", "media.probe", "timeline", "timelines", "v1", "cache.store", "server"},
    # The command handles weights as files; what a model computes stays behind the engine's protocol.
    "selftest": {"media.loudness", "media.preview"},
    "plugins": set(),
    "dialog": set(),
    "cuesheet": {"media.loudness", "names", "ranges", "timeline", "v1"},
    "watch": {
        *(
            "client",
            "connection",
            "cuesheet",
            "interchange",
            "ranges",
            "refused",
            "timeline",
            "v1",
            "whole_file",
        ),
    },
    "cli": {
        *(
            "client",
            "cuesheet",
            "dialog",
            "interchange",
            "launch",
            "plugins",
            "ranges",
            "refused",
            "selftest",
            "server",
            "v1",
            "watch",
            "whole_file",
            "cli",
        ),
        *(f"engines.hunyuan.{name}" for name in ("licence", "models", "store")),
    },
}

# Packages from outside that a room must do without.
NEVER = {
    "timeline": {"av", "torch", "grpc", "PIL", "soundfile"},
    "interchange": {"av", "torch", "grpc", "PIL", "soundfile"},
    "media": {"torch", "PIL", "grpc", "opentimelineio"},
    "engines": {"grpc", "opentimelineio", "av", "soundfile"},
    "cache": {"grpc", "opentimelineio", "av", "torch"},
    "jobs": {"grpc", "torch", "opentimelineio", "av"},
    "server": {"torch", "opentimelineio", "av", "numpy"},
    "selftest": {"torch", "grpc", "opentimelineio", "av"},
    "cuesheet": {"torch", "opentimelineio", "av", "grpc", "scipy", "soundfile"},
    "watch": {"torch", "opentimelineio", "av", "numpy", "scipy", "PIL", "soundfile", "grpc"},
    "dialog": {"torch", "opentimelineio", "av", "numpy", "grpc"},
    "plugins": {"torch", "opentimelineio", "av", "numpy", "grpc"},
    "cli": {"torch", "opentimelineio", "av", "numpy", "scipy", "PIL", "soundfile"},
}


def imports_of(path: Path) -> set[str]:
    """Everything PATH imports, wherever in the file; ``from a import b`` counts as a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def files(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("room", sorted(MAY))
def test_nothing_calls_upward(room: str) -> None:
    for path in files(room):
        for module in imports_of(path):
            if not module.startswith("foleyd"):
                continue
            target = module.removeprefix("foleyd").removeprefix(".")
            allowed = GROUND | MAY[room] | {room}
            parts = target.split(".")
            heads = {".".join(parts[: count + 1]) for count in range(len(parts))}
            assert target in GROUND or heads & (allowed - {""}), f"{path.name} imports {module}"


@pytest.mark.parametrize("room", sorted(NEVER))
def test_rooms_do_without(room: str) -> None:
    for path in files(room):
        packages = {module.split(".")[0] for module in imports_of(path)}
        assert not packages & NEVER[room], f"{path.name} imports {packages & NEVER[room]}"


def test_a_client_loads_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "diffusers", "scipy", "av", "numpy", "opentimelineio", "PIL"]
    code = f"import sys, foleyd.client, foleyd.cli.main; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"


def test_the_daemon_itself_never_opens_media_nor_documents() -> None:
    heavy = ["torch", "scipy", "av", "opentimelineio", "PIL", "soundfile", "pydub"]
    code = f"import sys, foleyd.server.main; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"
