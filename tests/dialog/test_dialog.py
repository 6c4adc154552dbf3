"""``foley dialog`` as the plugin starts it, on a virtual screen, with real keys."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from foley_davinci.dialog_window import DialogWindow
from foley_davinci.windows import WindowLost, row

from dialog.asking import question
from house import wait_for

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "foleyd"]
SECONDS = 30.0


class Hands:
    """Somebody at the keyboard while the plugin waits for WINDOW."""

    def __init__(self, window: DialogWindow) -> None:
        self._window = window
        self._failure: BaseException | None = None
        self._returned = threading.Event()

    def during(self, wait: Callable[[], Any], *keys: Sequence[str]) -> Any:
        """What WAIT returns, with KEYS (words of xdotool) pressed once a window has the keyboard."""
        self._returned.clear()
        thread = threading.Thread(target=self._press, args=keys, daemon=True)
        thread.start()
        try:
            value = wait()
        except WindowLost:
            if self._failure is not None:
                raise self._failure from None
            raise
        finally:
            self._returned.set()
        thread.join()
        return value

    def _press(self, *keys: Sequence[str]) -> None:
        try:
            wait_for(lambda: xdotool("getwindowfocus", "getwindowname"), SECONDS)
            for words in keys:
                assert xdotool(*words) is not None, words
            assert self._returned.wait(SECONDS), "the keys had no effect"
        except BaseException as failure:
            self._failure = failure
            process = self._window._process
            if process is not None:
                process.kill()


def xdotool(*words: str) -> str | None:
    done = subprocess.run(["xdotool", *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


@pytest.fixture
def window(keys: str) -> Iterator[DialogWindow]:
    made = DialogWindow(COMMAND)
    yield made
    made.close()


def test_typed_and_returned(window: DialogWindow) -> None:
    """Into the prompt, which has the keys at once; then on to the next field by Tab."""
    answer = Hands(window).during(
        lambda: window.ask(question()),
        ("key", "ctrl+slash"),
        ("type", "rain on a tin roof"),
        ("key", "shift+Return"),
        ("type", "thunder"),
        ("key", "Tab"),
        ("type", "music"),
        ("key", "Return"),
    )
    assert answer == {
        **question().values,
        "prompt": "rain on a tin roof\nthunder",
        "negative": "music",
    }


def test_an_empty_prompt_is_asked_again_and_escape_cancels(window: DialogWindow) -> None:
    asked = Hands(window).during(
        lambda: window.ask(question(values={"prompt": ""})),
        ("key", "Return"),
        ("sleep", "0.5"),
        ("key", "Escape"),
    )
    assert asked is None


def test_all_views_one_after_the_other(window: DialogWindow) -> None:
    hands = Hands(window)
    assert hands.during(lambda: window.ask(question()), ("key", "Return")) is not None

    def progress() -> int:
        for number in range(1, 2000):
            if window.progress("Making 2 sounds", "drawing", min(number / 500, 1.0), 5.0):
                return number
        raise AssertionError("Escape did not cancel")

    assert (
        hands.during(progress, ("sleep", "0.3"), ("key", "Return"), ("sleep", "0.2"), ("key", "Escape")) > 5
    )
    told = [row("OK", "Foley 1", "01:00:02:00 – 01:00:04:12")]
    hands.during(lambda: window.tell("Placed", told), ("sleep", "0.3"), ("key", "Return"))
    choices = ["Remove", "Keep"]
    chosen = hands.during(
        lambda: window.choose("Remove the last job?", ["Its WAVs stay."], choices),
        ("sleep", "0.3"),
        ("key", "Return"),
    )
    assert chosen == "Remove"


def test_nonsense_on_the_line_ends_it_with_a_sentence(keys: str, tmp_path: Path) -> None:
    (tmp_path / "to-dialog.jsonl").write_text("{no json\n")
    held = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*COMMAND, "dialog", "--folder", str(tmp_path)], **held) as process:
        assert process.wait(SECONDS) == 2
        assert json.load(process.stdout)["error"]["reason"] == "REQUEST_INVALID"


def test_it_ends_when_its_stdin_does(screen: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "dialog", "--folder", str(tmp_path)], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said = tmp_path / "from-dialog.jsonl"
    wait_for(lambda: said.exists() and said.read_text() == '{"ready": true}\n', SECONDS)
    (tmp_path / "to-dialog.jsonl").write_text(
        json.dumps({"show": "ask", "question": question().as_json()}) + "\n"
    )
    _, complaint = process.communicate(timeout=SECONDS)  # closes stdin
    assert (process.returncode, complaint) == (0, b"")


def test_without_a_display_the_plugin_gets_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tkinter", reason="this Python has no tkinter")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(WindowLost, match="no screen for the dialog"):
        DialogWindow(COMMAND).ask(question())
