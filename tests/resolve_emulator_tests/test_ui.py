"""UIManager: section 13, driven by a scripted editor."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from resolve_emulator import Host
from resolve_emulator.ui import NobodyEndsTheLoop
from resolve_emulator.user import CannotDo, Screen, scripted


def window(host: Host) -> tuple[Any, Any, Any]:
    ui = host.fusion().UIManager
    disp = host.menu_globals()["bmd"].UIDispatcher(ui())
    layout = ui.VGroup(
        {"Spacing": 4},
        [
            ui.Label({"ID": "Says", "Text": "ready"}),
            ui.HGroup(
                {"Weight": 0}, [ui.TextEdit({"ID": "Prompt"}), ui.VGap(5), ui.LineEdit({"ID": "Layer"})]
            ),
            ui.ComboBox({"ID": "Engine"}),
            ui.SpinBox({"ID": "Takes", "Minimum": 1, "Maximum": 8, "Value": 3}),
            ui.CheckBox({"ID": "Markers", "Text": "Markers", "Checked": True}),
            ui.Button({"ID": "Go", "Text": "Generate"}),
            ui.Button({"ID": "Grey", "Enabled": False}),
        ],
    )
    win = disp.AddWindow({"ID": "Foley", "WindowTitle": "Foley", "Geometry": [1, 2, 3, 4]}, [layout])
    win.Find("Engine").AddItems(["hunyuan", "procedural"])
    return win, disp, ui


def test_a_dialog_is_filled_in_and_pressed() -> None:
    host = Host()
    win, disp, _ = window(host)
    items = win.GetItems()
    heard: list[Any] = []

    def go(event: Any) -> None:
        heard.append((event["who"], items["Prompt"].PlainText, items["Layer"].Text, items["Takes"].Value))
        heard.append((items["Engine"].CurrentText, items["Engine"].CurrentIndex, items["Markers"].Checked))
        disp.ExitLoop()

    win.On.Go.Clicked = go
    win.On["Prompt"].TextChanged = lambda event: heard.append(event["what"])
    win.On["Engine"].CurrentIndexChanged = lambda event: heard.append(event["what"])
    win.Show()
    host.ui.user = scripted(
        host,
        [
            {"until_window": "Foley"},
            {"type": ["Prompt", "rain on tin"]},
            {"type": ["Layer", "rain"]},
            {"type": ["Takes", 99]},
            {"choose": ["Engine", "procedural"]},
            {"check": ["Markers", False]},
            {"steps": 2},
            {"page": "color"},
            {"press": "Go"},
        ],
    )
    disp.RunLoop()
    win.Hide()
    assert heard[-2:] == [("Go", "rain on tin", "rain", 8), ("procedural", 1, False)]
    assert heard[:-2].count("TextChanged") == 1
    assert heard[:-2].count("CurrentIndexChanged") >= 1
    assert (host.page, host.ui.unknown, host.ui.windows[0].Visible) == ("color", [], False)


def test_what_is_shown_can_be_read() -> None:
    host = Host()
    win, _, _ = window(host)
    screen = Screen(host.ui)
    assert screen.windows() == []
    assert not screen.shows("Says")
    win.Show()
    items = win.GetItems()
    items["Says"].Text = "working"
    assert (screen.value("Says"), screen.enabled("Grey"), screen.enabled("Go")) == ("working", False, True)
    assert screen.entries("Engine") == ["hunyuan", "procedural"]
    shown = screen.dump()["Foley"]
    assert shown["title"] == "Foley"
    assert {one["id"]: one["value"] for one in shown["widgets"]}["Takes"] == 3
    assert ("Says", "Text", "working") in host.ui.history
    items["Go"].Visible = False
    with pytest.raises(CannotDo, match="Go"):
        screen.press("Go")
    with pytest.raises(CannotDo, match="grey"):
        screen.press("Grey")
    with pytest.raises(CannotDo, match="Label"):
        screen.press("Says")


def test_one_window_at_a_time() -> None:
    host = Host()
    win, _, ui = window(host)
    assert ui.FindWindow("Foley") is None
    win.Show()
    assert ui.FindWindow("Foley") is win
    win.Raise()


def test_a_loop_of_steps_may_raise() -> None:
    host = Host(step_raises=(2,))
    _, disp, _ = window(host)
    assert disp.StepLoop(False)
    with pytest.raises(KeyError, match="On"):
        disp.StepLoop(False)
    assert disp.StepLoop(False)
    always = Host(step_raises="all")
    with pytest.raises(KeyError, match="On"):
        always.dispatcher.StepLoop(False)
    assert (host.ui.steps, always.ui.steps) == (3, 1)  # the editor's press arrives all the same


def test_closing() -> None:
    host = Host()
    win, disp, _ = window(host)
    win.Show()
    Screen(host.ui).close("Foley")
    assert not win.Visible
    win.Show()
    win.On.Foley.Close = lambda event: disp.ExitLoop("closed")
    host.ui.user = scripted(host, [{"close": "Foley"}])
    assert disp.RunLoop() == "closed"
    assert win.Visible  # the handler did not hide it


def test_a_loop_that_nobody_ends_is_told() -> None:
    host = Host()
    _, disp, _ = window(host)
    host.ui.patience = 0.01
    with pytest.raises(NobodyEndsTheLoop):
        disp.RunLoop()


def test_names_that_are_not_there() -> None:
    host = Host()
    win, disp, ui = window(host)
    assert ui.ProgressBar is None  # section 13: there is none
    assert disp.NoSuch is None
    label = win.Find("Says")
    assert hasattr(label, "Nonsense")
    assert label.Nonsense is None
    label.Nonsense = 1
    assert win.Find("NoSuch") is None
    assert {name for _, name in host.ui.unknown} == {"ProgressBar", "NoSuch", "Nonsense"}
    with pytest.raises(TypeError, match="text"):
        label.Text = 5
    with pytest.raises(TypeError, match="children"):
        ui.Label([ui.Label()])


def test_timers_fire_by_a_switch() -> None:
    for fires in (False, True):
        host = Host(timer_fires=fires)
        _, disp, ui = window(host)
        ticks: list[Any] = []
        disp.On.Timeout = lambda event, ticks=ticks: ticks.append(event["who"])
        timer = ui.Timer({"ID": "Tick", "Interval": 50})
        timer.Start()
        disp.StepLoop()
        timer.Stop()
        disp.StepLoop()
        assert ticks == (["Tick"] if fires else [])


def test_other_threads_are_told() -> None:
    host = Host()
    win, _, _ = window(host)
    label = win.Find("Says")
    thread = threading.Thread(target=lambda: setattr(label, "Text", "x"))
    thread.start()
    thread.join()
    assert host.ui.off_main_thread == [("Label", "Says", "Text")]
