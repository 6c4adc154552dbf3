"""The plugin's windows: Resolve's own and the dialog's behave alike, and none is ever hung or lost unsaid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from foley_davinci.no_window import NoWindow
from foley_davinci.ui_layout import table
from foley_davinci.ui_manager import UiManagerWindow
from foley_davinci.windows import DEFAULTS, WORDS, Question, WindowBusy, WindowLost, progress_words, row

from davinci.windows_at_hand import BOTH, ENGINES, SOURCES, TITLE, WithDialog, WithUiManager, question
from house import wait_for
from resolve_emulator import Host
from resolve_emulator.resolve_app import Bmd

both = pytest.mark.parametrize("kind", BOTH)
PROGRESS = ("Making 2 sounds", "drawing sound", 0.5, 12.0)
CANCEL_WITHIN = 200


def progress_until_cancelled(window: Any) -> int:
    for number in range(1, CANCEL_WITHIN):
        if window.progress("Making 2 sounds", f"step {number}", number / CANCEL_WITHIN, None):
            return number
    raise AssertionError("it was never cancelled")


# ------------------------------------------------------------------------------------ alike in both


@both
def test_an_answer_has_what_the_editor_filled_in_and_nothing_else(kind: Any, tmp_path: Path) -> None:
    fields = {
        "source": "marks",
        "prompt": "rain on a tin roof",
        "negative": "music",
        "layer": "ambience",
        "takes": 5,
        "seed": "42",
        "engine": "procedural",
        "handles": 24,
        "markers": False,
        "folder": "/films/other",
    }
    at_hand = kind(tmp_path, [("generate", fields)])
    assert at_hand.window.ask(question()) == {**fields, "spread": "each"}
    at_hand.window.close()


@both
def test_what_is_left_alone_comes_back_as_it_was(kind: Any, tmp_path: Path) -> None:
    asked = question(values={"seed": "7", "spread": "whole", "negative": "voices", "layer": "ambience"})
    at_hand = kind(tmp_path, [("generate",)])
    answer = at_hand.window.ask(asked)
    assert answer == asked.values
    assert set(answer) == set(DEFAULTS)
    at_hand.window.close()


@both
def test_the_spread_can_be_chosen_for_several_clips(kind: Any, tmp_path: Path) -> None:
    at_hand = kind(tmp_path, [("generate", {"spread": "whole"})])
    assert at_hand.window.ask(question())["spread"] == "whole"
    at_hand.window.close()


@both
def test_a_prompt_of_several_lines_keeps_them(kind: Any, tmp_path: Path) -> None:
    at_hand = kind(tmp_path, [("generate",)])
    assert at_hand.window.ask(question(values={"prompt": "steps\na door"}))["prompt"] == "steps\na door"
    at_hand.window.close()


@both
@pytest.mark.parametrize("act", ["cancel", "close"])
def test_cancelled_or_closed_is_no_answer(kind: Any, act: str, tmp_path: Path) -> None:
    at_hand = kind(tmp_path, [(act,)])
    assert at_hand.window.ask(question()) is None
    at_hand.window.close()


@both
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"prompt": "  "}, "The prompt is empty: say in a few words what should be heard"),
        ({"engine": "hunyuan"}, "The engine hunyuan cannot be used: its weights are not here; run foley"),
    ],
)
def test_what_cannot_be_is_said_and_asked_again(
    kind: Any, fields: dict[str, Any], said: str, tmp_path: Path
) -> None:
    mended = {"prompt": "rain", "engine": "auto"}
    at_hand = kind(tmp_path, [("generate", {"negative": "music", **fields}), ("generate", mended)])
    answer = at_hand.window.ask(question())
    assert (answer["prompt"], answer["engine"]) == ("rain", "auto")
    assert answer["negative"] == "music"  # what was typed before is kept
    assert [problem.startswith(said) for problem in at_hand.problems()] == [True]
    at_hand.window.close()


@both
def test_markers_ask_for_no_prompt(kind: Any, tmp_path: Path) -> None:
    at_hand = kind(tmp_path, [("generate", {"source": "markers"})])
    assert at_hand.window.ask(question(values={"prompt": ""}))["source"] == "markers"
    at_hand.window.close()


@both
def test_cancelled_once_is_cancelled_until_something_else_is_shown(kind: Any, tmp_path: Path) -> None:
    at_hand = kind(tmp_path, [("generate",), ("cancel at", 3), ("close",), ("cancel at", 5)])
    window = at_hand.window
    assert window.ask(question())
    assert progress_until_cancelled(window) > 1
    assert window.progress(*PROGRESS) is True
    window.tell("Cancelled", ["Nothing was placed."])
    assert window.progress(*PROGRESS) is False
    assert progress_until_cancelled(window)
    window.close()


@both
def test_closed_between_two_views_cancels_and_the_next_one_opens_again(kind: Any, tmp_path: Path) -> None:
    at_hand = kind(tmp_path, [("generate",), ("close window between",), ("close",), ("cancel",)])
    window = at_hand.window
    assert window.ask(question())
    assert progress_until_cancelled(window)
    if kind is WithDialog:  # the child that comes next has the rest of the plan
        at_hand.plan.write_text('{"acts": [["close"], ["cancel"]], "trouble": ""}')
    window.tell("Cancelled", ["Nothing was placed."])
    assert window.ask(question()) is None
    window.close()


@both
def test_one_of_the_choices_or_none(kind: Any, tmp_path: Path) -> None:
    choices = ["Place them", "Leave them out"]
    at_hand = kind(tmp_path, [("choose", "Leave them out"), ("choose", "Place them"), ("close",)])
    told = ("Place with reduced accuracy?", ["Three clips may be retimed."], choices)
    assert [at_hand.window.choose(*told) for _ in range(3)] == ["Leave them out", "Place them", None]
    at_hand.window.close()


@both
def test_a_window_may_be_closed_twice_and_before_it_was_opened(kind: Any, tmp_path: Path) -> None:
    at_hand = kind(tmp_path, [("close",)])
    at_hand.window.close()
    at_hand.window.tell("Done", [row("OK", "Foley 1", "01:00:02:00 – 01:00:04:12")])
    at_hand.window.close()
    at_hand.window.close()


# --------------------------------------------------------------------------------- the dialog's child


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("dies", r"ended unexpectedly \(RuntimeError: out of luck\)"),
        ("no tkinter", "this Python has no tkinter; install python3-tk"),
        ("too old", "this foley is too old to show a dialog"),
        ("garbage", "said something that this plugin does not understand"),
    ],
)
def test_a_child_that_fails_is_a_lost_window_with_its_reason(trouble: str, said: str, tmp_path: Path) -> None:
    at_hand = WithDialog(tmp_path, [("generate",)], trouble)
    with pytest.raises(WindowLost, match=said):
        at_hand.window.ask(question())
    at_hand.window.close()


def test_a_child_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    at_hand = WithDialog(tmp_path, [], "silent", ready_seconds=0.3)
    with pytest.raises(WindowLost, match=r"did not open within 0.3 s"):
        at_hand.window.progress(*PROGRESS)


def test_a_command_that_cannot_be_started_is_a_lost_window(tmp_path: Path) -> None:
    at_hand = WithDialog(tmp_path, [])
    at_hand.window._command = [str(tmp_path / "gone" / "foley")]
    with pytest.raises(WindowLost, match="cannot be started"):
        at_hand.window.tell("Done", [])


def test_a_slow_child_whose_lines_come_in_halves_is_waited_for(tmp_path: Path) -> None:
    at_hand = WithDialog(tmp_path, [("generate", {"prompt": "a door"})], "slow")
    assert at_hand.window.ask(question())["prompt"] == "a door"
    at_hand.window.close()


def test_the_child_hears_each_view_once_and_is_told_to_close(tmp_path: Path) -> None:
    at_hand = WithDialog(tmp_path, [("close",)])
    for _ in range(3):
        assert not at_hand.window.progress(*PROGRESS)
    at_hand.window.tell("Done", ["all well"], problem=True)
    at_hand.window.close()
    heard = at_hand.heard()
    assert heard[0] == {
        "show": "progress",
        "title": "Making 2 sounds",
        "words": "drawing sound",
        "fraction": 0.5,
        "eta": 12.0,
    }
    assert heard[1] == {"show": "tell", "title": "Done", "lines": ["all well"], "problem": True}
    assert {"close": True} in heard[2:] or {"eof": True} in heard[2:]


def test_nothing_is_left_of_a_closed_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    at_hand = WithDialog(tmp_path, [("close",)])
    at_hand.window.tell("Done", [])
    process = at_hand.window._process
    assert list(tmp_path.glob("foley-plugin-*"))
    at_hand.window.close()
    assert process is not None
    assert process.returncode is not None
    assert not list(tmp_path.glob("foley-plugin-*"))


def test_the_child_ends_when_nobody_holds_it_any_more(tmp_path: Path) -> None:
    at_hand = WithDialog(tmp_path, [("close",)])
    at_hand.window.tell("Done", [])
    process = at_hand.window._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    wait_for(lambda: process.poll() is not None)
    at_hand.window.close()


def test_the_child_gets_the_environment_without_the_hosts_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/opt/resolve/python")
    at_hand = WithDialog(tmp_path, [("close",)])
    at_hand.window.tell("Done", [])  # a Python with such a home does not even start
    at_hand.window.close()


# ------------------------------------------------------------------------------------ Resolve's own


def in_resolve(act: Any, **quirks: Any) -> tuple[Host, UiManagerWindow]:
    host = Host("20.3", "studio", **quirks)
    host.ui.user = act
    return host, UiManagerWindow(host.fusion(), Bmd(host))


def test_return_in_the_prompt_generates_and_the_prompt_has_the_focus() -> None:
    seen: list[str] = []

    def act(screen: Any) -> None:
        seen.append(host.ui.focus)
        screen.type("Prompt", "a door")
        screen.enter("Prompt")

    host, window = in_resolve(act)
    assert window.ask(question())["prompt"] == "a door"
    assert seen == ["Prompt"]
    window.close()


def test_what_is_covered_follows_the_chosen_source() -> None:
    seen: list[Any] = []

    def act(screen: Any) -> None:
        seen.append((screen.value("Covered"), screen.enabled("Prompt"), screen.enabled("Spread")))
        if len(seen) in (1, 3):
            screen.choose("Source", 1 if len(seen) == 1 else 2)
        if len(seen) == 5:
            screen.press("Cancel")

    _, window = in_resolve(act)
    window.ask(question())
    lines = ["\n".join(source["lines"]) for source in SOURCES]
    assert seen[0] == (lines[0], True, True)
    assert seen[2] == (lines[1], True, False)
    assert seen[4] == (lines[2], False, False)


def test_an_earlier_prompt_is_taken_from_the_list_and_an_engine_says_why_not() -> None:
    seen: list[Any] = []

    def act(screen: Any) -> None:
        seen.append((screen.value("Prompt"), screen.value("EngineHint"), screen.value("Earlier")))
        if len(seen) == 1:
            assert screen.entries("Earlier") == ["Earlier prompts", "rain", "a door creaks"]
            assert screen.entries("Engine") == ["auto", "hunyuan (not ready)", "procedural"]
            screen.choose("Earlier", 2)
            screen.choose("Engine", 1)
        if len(seen) == 3:
            screen.press("Cancel")

    _, window = in_resolve(act)
    window.ask(question(earlier=["rain", "a door creaks"]))
    assert seen[0] == ("slow footsteps on gravel", "", "Earlier prompts")
    assert seen[-1] == ("a door creaks", ENGINES[1]["why_not"], "Earlier prompts")


def test_the_bar_grows_with_the_fraction() -> None:
    host, window = in_resolve(lambda screen: None)
    for fraction in (None, 0.0, 0.25, 1.0, 7.0):
        assert not window.progress("Making", "drawing", fraction, 30)
    widths = [size[0] for name, what, size in host.ui.history if (name, what) == ("Bar", "FixedSize")]
    assert widths == [1, 1, 1, 130, 519, 519]
    words = [text for name, what, text in host.ui.history if (name, what) == ("Words", "Text")]
    assert words[1:4] == [
        "drawing · about 30 s left",
        "drawing · 0 % · about 30 s left",
        "drawing · 25 % · about 30 s left",
    ]
    window.close()
    assert not [one for one in host.ui.windows if one.Visible]


def test_a_step_that_raises_as_resolves_do_is_survived(tmp_path: Path) -> None:
    at_hand = WithUiManager(tmp_path, [("generate",), ("cancel at", 2)], step_raises="all")
    assert at_hand.window.ask(question())
    assert progress_until_cancelled(at_hand.window)


def test_a_dispatcher_that_fails_for_good_is_a_lost_window(monkeypatch: pytest.MonkeyPatch) -> None:
    def act(_screen: Any) -> None:
        raise RuntimeError("the window is gone")

    monkeypatch.setattr("foley_davinci.ui_manager._PAUSE", 0.0)
    _, window = in_resolve(act)
    with pytest.raises(WindowLost, match="answers no more"):
        window.ask(question())


def test_a_second_run_brings_the_open_window_to_the_front() -> None:
    host, window = in_resolve(lambda screen: None)
    window.progress(*PROGRESS)
    other = host.dispatcher.AddWindow({"ID": "Other"}, [])
    other.Show()
    with pytest.raises(WindowBusy, match="open already"):
        UiManagerWindow(host.fusion(), Bmd(host))
    assert host.ui.windows[-1].ID == "FoleyProgress"
    window.close()
    UiManagerWindow(host.fusion(), Bmd(host)).close()


def test_hidden_windows_of_earlier_runs_are_nobodys_and_no_second_run_is_missed() -> None:
    host, window = in_resolve(lambda screen: None)
    host.quirks["find_window"] = "all"
    for _ in range(3):
        window.progress(*PROGRESS)
        window.close()
        window = UiManagerWindow(host.fusion(), Bmd(host))
    window.progress(*PROGRESS)
    shown = [one.ID for one in host.ui.windows if one.Visible]
    assert shown == ["FoleyProgress3"]
    with pytest.raises(WindowBusy, match="open already"):
        UiManagerWindow(host.fusion(), Bmd(host))
    assert [one.ID for one in host.ui.windows if one.Visible] == shown


def test_where_resolve_has_no_windows_it_is_said() -> None:
    class Nothing:
        UIManager = None

    with pytest.raises(WindowLost, match="offers scripts no windows"):
        UiManagerWindow(Nothing(), Bmd(Host("20.3", "studio")))


def test_only_what_uimanager_knows_is_used_and_on_the_main_thread(tmp_path: Path) -> None:
    act = [("generate",), ("generate",), ("cancel at", 1), ("close",), ("choose", "Yes")]
    at_hand = WithUiManager(tmp_path, act, widget_unknown="raises", items="table")
    window = at_hand.window
    for prompt, earlier in (("rain", ["hail"]), ("rain\nwind", [])):
        asked = question(values={"prompt": prompt}, earlier=earlier, notes=["A note."], problem="Not so.")
        assert (window.ask(asked) or {})["prompt"] == prompt
    progress_until_cancelled(window)
    window.tell("Done", [row("OK", "Foley 1"), row("NOT OK", "Foley 2")])
    assert window.choose("Sure?", ["Really?"], ["Yes", "No"]) == "Yes"
    assert not at_hand.host.ui.unknown
    assert not at_hand.host.ui.off_main_thread


def test_a_receipt_is_a_table_with_marks_and_nothing_of_it_is_markup() -> None:
    html = table(
        ["All well.", row("OK", "Foley 1", "<a & b>.wav"), row("NOT OK", "Foley 2", "late"), "Job 7"]
    )
    assert html.index("All well.") < html.index("<table") < html.index("Job 7")
    assert "✓" in html
    assert "✗" in html
    assert "&lt;a &amp; b&gt;.wav" in html


# -------------------------------------------------------------------------------------- no window


@pytest.mark.parametrize(
    ("changed", "prompt"),
    [
        ({}, "slow footsteps on gravel"),
        ({"values": {"prompt": ""}, "earlier": ["rain", "a door"]}, "rain"),
        ({"values": {"prompt": "", "source": "markers"}, "with_prompt": False}, ""),
        ({"values": {"prompt": ""}}, ""),
        ({"values": {"prompt": ""}, "sources": SOURCES[:2]}, None),
        ({"problem": "Not so."}, None),
        ({"values": {"engine": "hunyuan"}}, None),
    ],
)
def test_without_a_window_what_is_known_is_taken(changed: dict[str, Any], prompt: str | None) -> None:
    said: list[str] = []
    answer = NoWindow(said.append).ask(question(**changed))
    assert (answer or {}).get("prompt") == prompt
    assert all(line.startswith(TITLE) for line in said)
    assert len(said) == 1


def test_without_a_window_each_stage_is_printed_once() -> None:
    said: list[str] = []
    window = NoWindow(said.append)
    for words in ("looking", "looking", "drawing", "drawing", "placing"):
        assert window.progress("Foley", words, 0.5, None) is False
    assert said == ["Foley: looking", "Foley: drawing", "Foley: placing"]
    assert window.choose("Sure?", ["Really?"], ["Yes"]) is None
    window.tell("Done", [row("OK", "Foley 1")])
    window.close()
    assert said[-2:] == ["Done", "  OK          Foley 1"]


# -------------------------------------------------------------------------------------- the question


@pytest.mark.parametrize("bad", [0, 33, "x", "", None, 2.5])
def test_takes_that_are_no_number_of_takes_are_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="Takes must be a whole number from 1 to 32"):
        question().answer({"takes": bad})


def test_a_question_has_every_value_and_takes_the_first_source() -> None:
    asked = Question(TITLE, SOURCES, {}, ["foley"], ENGINES)
    assert asked.values == {**DEFAULTS, "source": "selection"}
    assert set(asked.as_json()["words"]) >= set(DEFAULTS)
    assert all(words["label"] for words in WORDS.values())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("drawing", None, None), "drawing"),
        (("drawing", 0.424, 12.4), "drawing · 42 % · about 12 s left"),
        (("drawing", 0.1, 200), "drawing · 10 % · about 3 min left"),
        (("", 1.5, 0.2), "100 %"),
    ],
)
def test_progress_in_words(given: tuple[str, Any, Any], said: str) -> None:
    assert progress_words(*given) == said
