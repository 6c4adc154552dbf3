"""A test bench in place of DaVinci Resolve, written from the facts on its scripting alone (README.md)."""

from __future__ import annotations

from .builder import add_clip, build_project, build_timeline
from .builds import LUA_211, VERSIONS, Build, lua_prelude
from .host import Host, NotListed
from .mix import Mix, mix
from .snapshot import snapshot

__all__ = [
    "LUA_211",
    "VERSIONS",
    "Build",
    "Host",
    "Mix",
    "NotListed",
    "add_clip",
    "build_project",
    "build_timeline",
    "lua_prelude",
    "mix",
    "snapshot",
]
