"""The two files of lines that join the dialog and the plugin, and the lifeline that its stdin is."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from foleyd.errors import RequestError

TO_DIALOG = "to-dialog.jsonl"
FROM_DIALOG = "from-dialog.jsonl"
TO_FRONT = "to-front"
"""A file that the plugin leaves in the folder when the dialog, covered maybe, is wanted once more."""


class Lines:
    """What the plugin says, read as it comes, and what is said to it. Neither waits."""

    def __init__(self, folder: Path) -> None:
        self._heard = folder / TO_DIALOG
        self._said = folder / FROM_DIALOG
        self._front = folder / TO_FRONT
        self._position = 0

    def hear(self) -> list[dict[str, Any]]:
        """The whole lines that have come since the last time.

        Raises RequestError for one that is no object.
        """
        try:
            with self._heard.open("rb") as file:
                file.seek(self._position)
                whole, _, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        if not whole:
            return []
        self._position += len(whole) + 1
        return [_object(line) for line in whole.split(b"\n")]

    def wanted_in_front(self) -> bool:
        """Whether the dialog has been wanted in front since the last time."""
        try:
            self._front.unlink()
        except OSError:
            return False
        return True

    def say(self, **words: Any) -> None:
        """Says WORDS in one line."""
        with self._said.open("ab") as file:
            file.write(json.dumps(words).encode() + b"\n")


def _object(line: bytes) -> dict[str, Any]:
    try:
        words = json.loads(line)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, dict):
        raise RequestError(f"the dialog was told something that is no JSON object: {line[:200]!r}")
    return words


class Lifeline:
    """Whether the process that started this one lives: it holds the other end of our stdin."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def ended(self) -> bool:
        """True once there is nobody any more."""
        return self._ended.is_set()

    def _watch(self) -> None:
        try:
            # Not sys.stdin: a thread that waits in it may not be left behind at the end.
            while os.read(self._descriptor, 4096):
                pass
        except OSError:
            pass
        self._ended.set()
