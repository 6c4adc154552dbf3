"""The Lua entry, in hosts that have what DaVinci Resolve's have: of the free 21.1 as little as that has."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lupa import lua51, luajit21

from foleyd.plugins.davinci_entries import lua_string, watch_entry

RUNTIMES = {"LuaJIT": luajit21.LuaRuntime, "Lua 5.1": lua51.LuaRuntime}

# What scripts of the free edition 21.1 lack.
SANDBOX = """
io, require, package, ffi, debug, arg, UIManager = nil
os.execute, os.remove, os.rename, os.exit, os.tmpname, os.getenv = nil
"""

# Calls are recorded with the name of the object; what is not known is nil, as there.
HOST = """
local record, export, seen = ...
local timeline = {
    GetName = function(self) record("GetName") return name end,
    Export = function(self, path, kind, subtype)
        record("Export", path, kind, subtype)
        return export(path)
    end,
}
local project = {
    GetCurrentTimeline = function(self) record("GetCurrentTimeline") return open and timeline end,
}
local manager = {GetCurrentProject = function(self) record("GetCurrentProject") return project end}
host = {
    EXPORT_OTIO = "the OTIO kind", EXPORT_NONE = "no subtype",
    GetProjectManager = function(self) record("GetProjectManager") return manager end,
}
resolve = host
bmd = {
    gettime = function() return 1234.5678 end,
    fileexists = function(path) return seen(path) end,
    direxists = function(path) return seen(path) end,
}
"""


class Host:
    """A Lua state with a Resolve in it: an open timeline, and a folder that exports really go to."""

    def __init__(self, kind: str, folder: Path, sandbox: str = SANDBOX) -> None:
        self.lua = RUNTIMES[kind](encoding="utf-8")
        self.folder = folder
        self.calls: list[tuple[Any, ...]] = []
        self.printed: list[str] = []
        self.export: Callable[[str], Any] = self.write
        table = self.lua.globals()
        table.name, table.open, table.print = "My cut", True, self.printed.append
        self.run(HOST, self.record, self._export, lambda path: Path(path).exists())
        self.run(sandbox)

    def run(self, text: str, *arguments: Any) -> Any:
        return self.lua.execute(text, *arguments)

    def record(self, *call: Any) -> None:
        self.calls.append(call)

    def _export(self, path: str) -> Any:
        return self.export(path)

    def write(self, path: str) -> bool:
        with Path(path).open("x") as file:
            file.write("{}")
        return True

    def send(self) -> str:
        """Chooses the entry; what it said, once as print and once as its value."""
        self.printed.clear()
        words = self.run(watch_entry(self.folder))
        assert self.printed == [f"Foley: {words}"]
        return str(words)

    @property
    def exported(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture(params=RUNTIMES)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    folder = tmp_path / 'wätch "it\'s" 見'
    folder.mkdir()
    return Host(request.param, folder)


def test_the_open_timeline_is_exported_into_the_folder_and_nothing_else_is_done(host: Host) -> None:
    said = host.send()
    (name,) = host.exported
    assert name.startswith("My cut ")
    assert name.endswith(".otio")
    path = str(host.folder / name)
    assert host.calls == [
        ("GetProjectManager",),
        ("GetCurrentProject",),
        ("GetCurrentTimeline",),
        ("GetName",),
        ("Export", path, "the OTIO kind", "no subtype"),
    ]
    assert said == f"My cut was sent as {path}; foley answers in the same folder, where it watches that"


def test_no_file_is_ever_written_twice(host: Host) -> None:
    host.run('os.date = function() return "2026-09-08 10-11-12" end')
    for _ in range(3):
        host.send()
    stem = "My cut 2026-09-08 10-11-12"
    assert host.exported == [f"{stem} (2).otio", f"{stem} (3).otio", f"{stem}.otio"]


def test_without_a_calendar_the_clock_tells_exports_apart_and_without_both_a_number(host: Host) -> None:
    host.run("os = nil")
    host.send()
    host.run("bmd.gettime = nil")
    host.send()
    host.send()
    assert host.exported == ["My cut (2).otio", "My cut 1234568.otio", "My cut.otio"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("two\nlines\ttab\x00nul\x7f", "two_lines_tab_nul"),
        ("../../etc/passwd", "etc_passwd"),
        (".hidden.", "hidden"),
        ("CON.mov", "CON_mov"),
        ("  ", "timeline"),
        ("...", "timeline"),
        ("Schnitt für 見", "Schnitt für 見"),
        ("é" * 100, "é" * 40),
        ("見" * 100, "見" * 26),
        ("x" * 500, "x" * 80),
    ],
)
def test_names_are_such_that_every_system_takes_them(name: str, stem: str, host: Host) -> None:
    host.lua.globals().name = name
    host.run('os.date = function() return "D" end')
    host.send()
    assert host.exported == [f"{stem} D.otio"]


@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_any_name_makes_a_plain_file_of_the_folder(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    host = Host("LuaJIT", tmp_path_factory.mktemp("watch"))
    host.lua.globals().name = name
    assert " was sent as " in host.send()
    (made,) = host.exported
    assert not set(made) & set('<>:"/\\|?*' + "".join(map(chr, range(32))))
    assert len(made.encode()) < 120
    assert not made.startswith((".", " "))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("open = false", "no timeline is open"),
        ("host.GetProjectManager = function() return nil end", "no timeline is open"),
        ("host.GetProjectManager = function() error('gone') end", "the timeline could not be sent: "),
        ("host.GetProjectManager = nil", "the timeline could not be sent: "),
        ("host.EXPORT_OTIO = nil", "18.5 is the first that can"),
        ("resolve = nil", "DaVinci Resolve does not answer"),
        ("resolve, bmd = nil, nil", "DaVinci Resolve does not answer"),
        ("bmd.fileexists = function() return true end", "too many exports of My cut"),
    ],
)
def test_what_is_amiss_is_one_sentence_and_nothing_is_exported(change: str, words: str, host: Host) -> None:
    host.run(change)
    assert words in host.send()
    assert host.exported == []
    assert all(call[0] != "Export" for call in host.calls)


@pytest.mark.parametrize("answer", [True, False, None])
def test_what_resolve_says_of_an_export_proves_nothing(answer: bool | None, host: Host) -> None:
    host.export = lambda path: answer
    assert "DaVinci Resolve did not write " in host.send()
    host.export = lambda path: (host.write(path), answer)[1]
    assert " was sent as " in host.send()


def test_a_watch_folder_that_is_gone_is_named(host: Host) -> None:
    host.export = lambda path: False
    host.folder.rmdir()
    assert f"the watch folder {host.folder}/ is not there" in host.send()


def test_where_no_file_can_be_looked_for_resolve_is_believed(host: Host) -> None:
    host.run("bmd = nil")
    assert " was sent as " in host.send()
    host.export = lambda path: False
    assert "did not write" in host.send()


def test_a_host_without_print_changes_nothing(host: Host) -> None:
    host.lua.globals().print = None
    assert " was sent as " in str(host.run(watch_entry(host.folder)))


@pytest.mark.parametrize(
    "change",
    [
        "Resolve, resolve = function() return host end, nil",
        "resolve = function() return host end",
        "resolve, bmd.scriptapp = nil, function(name) return name == 'Resolve' and host end",
    ],
)
def test_older_hosts_give_their_resolve_in_other_ways(change: str, host: Host) -> None:
    host.run(change)
    assert " was sent as " in host.send()


@pytest.mark.parametrize("kind", RUNTIMES)
def test_a_host_with_all_of_lua_and_none_of_bmd_looks_with_io(kind: str, tmp_path: Path) -> None:
    host, seen = Host(kind, tmp_path, "bmd = nil"), tmp_path / "My cut D.otio"
    host.run('os.date = function() return "D" end')
    seen.write_text("of before")
    assert "My cut D (2).otio" in host.send()
    assert seen.read_text() == "of before"
    host.export = lambda path: True
    assert "did not write" in host.send()


def test_the_entry_leaves_no_global_behind(host: Host) -> None:
    before = set(host.lua.globals().keys())
    host.send()
    assert set(host.lua.globals().keys()) == before


@pytest.mark.parametrize("kind", RUNTIMES)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_safe_in_quotes(kind: str, text: str) -> None:
    quoted = lua_string(text)
    assert set(quoted) <= set(string.printable) - set("\n\r\t\v\f")
    assert RUNTIMES[kind](encoding="utf-8").eval(quoted) == text


@pytest.mark.parametrize("kind", RUNTIMES)
def test_windows_folders_keep_their_backslashes(kind: str) -> None:
    lua, paths = RUNTIMES[kind](encoding="utf-8"), []
    lua.execute(HOST, lambda *_: None, paths.append, lambda path: False)
    lua.execute('name, open, print = "cut", true, function() end; os.date = nil; bmd.gettime = nil')
    for folder in ("D:\\watch\\new 見", "D:\\"):
        text = watch_entry(PureWindowsPath(folder))
        text.encode("ascii")
        lua.execute(text)
    assert paths == ["D:\\watch\\new 見\\cut.otio", "D:\\cut.otio"]
