# SPDX-License-Identifier: Apache-2.0
"""The window as a child process, ``foley dialog``, for a Resolve whose own windows may not be used.

Two files of lines of JSON in a private folder join them; both are polled, and nothing waits in a thread.
The child ends when its standard input does, so it never outlives this process. Standard library only,
Python 3.8 syntax.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from typing import Any, Mapping, Sequence

from .foley_call import PrivateFolder, Refused
from .foley_find import environment, window_flags
from .one_dialog import OneDialog
from .windows import Question, Window, WindowLost

TO_DIALOG = "to-dialog.jsonl"
FROM_DIALOG = "from-dialog.jsonl"

READY_SECONDS = 60.0
"""A machine that has not run Python for a while, with a scanner that reads every file, is this slow."""
_PAUSE = 0.03
_ANSWERS = {"answer", "closed", "chosen"}
_LEAVE_SECONDS = 3.0
_TAIL_BYTES = 4096
_NOT_UNDERSTOOD = "foley's dialog said something that this plugin does not understand; run {}"
_UPGRADE = "pip install --upgrade foleyd, then foley install davinci"


class DialogWindow(Window):
    """The window as ``foley dialog``, started with COMMAND when there is something to show.

    When the editor closes it between two questions, the next one opens it again.
    """

    def __init__(self, command: Sequence[str], ready_seconds: float = READY_SECONDS) -> None:
        self._command = list(command)
        self._ready_seconds = ready_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: PrivateFolder | None = None
        self._position = 0
        self._cancelled = False
        self._shown: Mapping[str, Any] = {}
        self._one = OneDialog()

    def claim(self) -> None:
        """Makes sure that no other run shows a dialog. Raises WindowBusy, with that dialog at the front."""
        self._one.take()

    def ask(self, question: Question) -> dict[str, Any] | None:
        """Shows QUESTION and waits; the values, or None where the editor closed or cancelled it."""
        shown = question.as_json()
        while True:
            given = self._wait({"show": "ask", "question": shown}, "answer")
            if given is None:
                return None
            if not isinstance(given, dict):
                raise self._lost(_NOT_UNDERSTOOD.format(_UPGRADE))
            try:
                return question.answer(given)
            except ValueError as problem:
                shown = dict(shown, problem=str(problem), values=dict(shown["values"], **given))

    def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
        """Shows or updates the progress view, and waits a moment; True once the editor wants to cancel."""
        shown = {"show": "progress", "title": title, "words": words, "fraction": fraction, "eta": eta}
        if not self._cancelled:
            self._receive()
        if not self._cancelled:
            self._send(shown)
            time.sleep(_PAUSE)
            self._receive()
        return self._cancelled

    def tell(self, title: str, lines: Sequence[str], problem: bool = False) -> None:
        """Shows LINES until the editor closes them."""
        self._wait({"show": "tell", "title": title, "lines": list(lines), "problem": problem}, "closed")

    def choose(self, title: str, lines: Sequence[str], choices: Sequence[str]) -> str | None:
        """Asks one thing with a button for each of CHOICES; None where it was closed."""
        shown = {"show": "choose", "title": title, "lines": list(lines), "choices": list(choices)}
        chosen = self._wait(shown, "chosen")
        return chosen if chosen in choices else None

    def close(self) -> None:
        """Ends the child, and removes the folder."""
        if self._process is not None and self._process.poll() is None:
            with suppress(OSError, WindowLost):
                self._write({"close": True})
        self._end()
        self._one.release()

    # ------------------------------------------------------------------------------- the child

    def _start(self) -> None:
        self._one.take()
        try:
            self._folder = PrivateFolder()
            self._one.shown_in(self._folder.path)
            self._position, self._shown = 0, {}
            with open(self._file(TO_DIALOG), "wb"), open(self._file(FROM_DIALOG), "wb"):
                pass
            with open(self._file("out"), "wb") as out, open(self._file("err"), "wb") as err:
                self._process = subprocess.Popen(
                    [*self._command, "dialog", "--folder", self._folder.path],
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=err,
                    cwd=self._folder.path,
                    env=environment(),
                    start_new_session=True,
                    creationflags=window_flags(),
                )
        except (OSError, Refused) as error:
            raise self._lost(f"foley's dialog cannot be started: {error}") from None
        end = time.monotonic() + self._ready_seconds
        while not self._receive().get("ready"):
            if self._process is None:
                raise WindowLost("foley's dialog was closed before it could be used; run it again")
            if time.monotonic() > end:
                raise self._lost(f"foley's dialog did not open within {self._ready_seconds:g} s")
            time.sleep(_PAUSE)

    def _wait(self, shown: Mapping[str, Any], key: str) -> Any:
        """Shows SHOWN and waits for KEY; None where the editor closed the window instead."""
        self._receive()  # was it closed meanwhile? then it opens again
        self._cancelled = False
        self._send(shown)
        while self._process is not None:
            said = self._receive()
            if key in said:
                return said[key]
            time.sleep(_PAUSE)
        return None

    def _send(self, line: Mapping[str, Any]) -> None:
        """Shows LINE, in a new child where there is none; nothing where it is what is shown already."""
        if self._process is None:
            self._start()
        if line != self._shown or line.get("show") != "progress":
            self._write(line)
        self._shown = line

    def _write(self, line: Mapping[str, Any]) -> None:
        try:
            with open(self._file(TO_DIALOG), "ab") as file:
                file.write(json.dumps(line).encode("utf-8") + b"\n")
        except OSError as error:
            raise self._lost(f"foley's dialog cannot be told anything ({error.strerror})") from None

    def _receive(self) -> dict[str, Any]:
        """What the child has said since the last time, later words over earlier ones; never waits.

        A child that was closed by the editor is gone afterwards. Raises WindowLost where it died.
        """
        said: dict[str, Any] = {}
        if self._process is None:
            return said
        code = self._process.poll()  # before the file is read: what it wrote last must not be missed
        for line in self._new_lines():
            try:
                word = json.loads(line.decode("utf-8"))
                if not isinstance(word, dict):
                    raise ValueError("it is no object")
            except (ValueError, RecursionError):
                raise self._lost(_NOT_UNDERSTOOD.format(_UPGRADE)) from None
            said.update(word)
            # A click that came too late to cancel what was going on then does not cancel what comes next.
            self._cancelled = bool(word.get("cancel")) or (self._cancelled and not _ANSWERS & set(word))
        if code == 0:
            self._end()
        elif code is not None:
            raise self._lost(self._last_words(code))
        return said

    def _new_lines(self) -> list[bytes]:
        try:
            with open(self._file(FROM_DIALOG), "rb") as file:
                file.seek(self._position)
                whole, _, _ = file.read().rpartition(b"\n")
        except OSError as error:
            raise self._lost(f"foley's dialog cannot be read ({error.strerror})") from None
        if not whole:
            return []
        self._position += len(whole) + 1
        return whole.split(b"\n")

    def _last_words(self, code: int) -> str:
        """Why the child ended with CODE: the sentence it left, or that there is none."""
        for line in reversed(self._tail("out").splitlines()):
            with suppress(ValueError, KeyError, TypeError):
                told = json.loads(line)["error"]
                if told["reason"] == "USAGE":  # a foley that knows no dialog
                    return f"this foley is too old to show a dialog; run {_UPGRADE}"
                return str(told["message"])
        said = self._tail("err").splitlines()
        return "foley's dialog ended unexpectedly ({})".format(said[-1] if said else f"exit code {code}")

    def _tail(self, name: str) -> str:
        try:
            with open(self._file(name), "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def _file(self, name: str) -> str:
        return os.path.join(self._folder.path, name) if self._folder is not None else name

    def _lost(self, sentence: str) -> WindowLost:
        """The error that says SENTENCE, once the child is gone."""
        if self._process is not None:
            self._process.kill()
        self._end()
        self._one.release()
        return WindowLost(sentence)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()  # tells it to end
            try:
                process.wait(_LEAVE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LEAVE_SECONDS)
        if self._folder is not None:
            self._folder.close()
            self._folder = None
