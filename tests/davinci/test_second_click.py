"""A click while a window of an earlier click is open: nothing is done, and that window comes to the front."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from foley_davinci import foley_generate
from foley_davinci.dialog_window import DialogWindow
from foley_davinci.one_dialog import TO_FRONT
from foley_davinci.ui_manager import UiManagerWindow
from foley_davinci.windows import WindowBusy, WindowLost

from davinci.canned import GOOD, canned_stage, laid
from davinci.stage import Stage
from davinci.windows_at_hand import WithDialog, question
from resolve_emulator.builds import Build

PROGRESS = ("Making 2 sounds", "drawing sound", 0.5, 12.0)
OPEN_WINDOW = foley_generate.open_window


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return canned_stage(monkeypatch, tmp_path)


def test_a_second_click_brings_the_window_to_the_front_and_asks_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOLEYD_COMMAND", "/bin/false")
    windows = []

    def editor(screen: Any) -> None:
        windows.append(screen.windows())
        if len(windows) == 1:
            foley_generate.run("generate", stage.host.menu_globals())
        screen.press("Cancel")

    stage.host.ui.user = editor
    before = stage.snapshot()
    foley_generate.run("generate", stage.host.menu_globals())
    assert windows == [["FoleyAsk"]]
    assert "Foley - Generate: a window of Foley is open already" in capsys.readouterr().out
    assert stage.snapshot() == before


@pytest.mark.parametrize("own", [True, False], ids=["Resolve's own window", "foley's dialog"])
@pytest.mark.parametrize("entry", ["remove", "redo", "markers"])
def test_a_second_click_does_nothing_whatever_its_entry(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own: bool, entry: str
) -> None:
    monkeypatch.setenv("FOLEYD_COMMAND", "/bin/false")
    stage.click("generate", {"prompt": "steps", "folder": "/sound"})
    assert laid(stage) == GOOD
    before = stage.snapshot()
    if own:
        monkeypatch.setattr(stage.host.ui, "user", lambda screen: None)
        first: Any = UiManagerWindow(stage.host.fusion(), stage.host.menu_globals()["bmd"])
        first.progress("Foley", "drawing", 0.5, None)
    else:
        stage.host.build = Build("21.0", "free")
        first = DialogWindow(["/bin/false"])
        first.claim()
    monkeypatch.setattr(foley_generate, "open_window", OPEN_WINDOW)
    foley_generate.run(entry, stage.host.menu_globals())
    assert f"{foley_generate.TITLES[entry]}: a window of Foley is open already" in capsys.readouterr().out
    assert stage.snapshot() == before
    first.close()


def test_a_second_dialog_is_not_opened_and_the_first_comes_to_the_front(tmp_path: Path) -> None:
    at_hand = WithDialog(tmp_path, [("close",)])
    at_hand.window.claim()
    at_hand.window.progress(*PROGRESS)
    assert at_hand.window._folder is not None
    folder = Path(at_hand.window._folder.path)
    for _ in range(2):
        second = WithDialog(tmp_path, [("close",)])
        with pytest.raises(WindowBusy, match="open already"):
            second.window.claim()
        with pytest.raises(WindowBusy, match="open already"):
            second.window.tell("Done", [])
        assert (folder / TO_FRONT).exists()
        (folder / TO_FRONT).unlink()
        second.window.close()
    at_hand.window.tell("Done", [])
    at_hand.window.close()
    second = WithDialog(tmp_path, [("close",)])
    second.window.tell("Done", [])
    second.window.close()


def test_a_dialog_that_is_lost_is_in_nobodys_way(tmp_path: Path) -> None:
    lost = WithDialog(tmp_path, [("generate",)], "no tkinter")
    with pytest.raises(WindowLost):
        lost.window.ask(question())
    at_hand = WithDialog(tmp_path, [("close",)])
    at_hand.window.tell("Done", [])
    at_hand.window.close()


def test_the_dialog_of_another_process_is_not_doubled_until_that_process_is_gone(tmp_path: Path) -> None:
    code = (
        "import sys, time, types\n"
        "package = types.ModuleType('foley_davinci')\n"
        "package.__path__ = sys.argv[1:]\n"
        "sys.modules['foley_davinci'] = package\n"
        "from foley_davinci.one_dialog import OneDialog\n"
        "one = OneDialog()\n"
        "one.take()\n"
        "print('taken', flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, *sys.modules["foley_davinci"].__path__]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"taken\n"
        at_hand = WithDialog(tmp_path, [("close",)])
        with pytest.raises(WindowBusy):
            at_hand.window.claim()
        other.kill()  # without a last word
    at_hand.window.claim()
    at_hand.window.tell("Done", [])
    at_hand.window.close()


def test_where_there_is_no_place_for_a_lock_the_dialog_opens_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "file"))
    at_hand = WithDialog(tmp_path, [("close",)])
    at_hand.window.claim()
    at_hand.window.tell("Done", [])
    at_hand.window.close()
