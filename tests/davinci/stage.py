"""The plugin in an emulated Resolve, with a scripted editor at its window and a real daemon behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from foley_davinci import foley_generate
from foley_davinci.windows import Question, Window

from resolve_emulator.builder import build_project
from resolve_emulator.host import Host
from resolve_emulator.snapshot import snapshot

Answer = Mapping[str, Any] | None | Callable[[Question], Mapping[str, Any] | None]


class Editor(Window):
    """Answers each question with the next of ANSWERS (changes to its values; None closes the window).

    CANCELS: it wants to, as soon as the job is under way. CHOICES: what it presses in turn.
    """

    def __init__(
        self, answers: Sequence[Answer] = (), cancels: bool = False, choices: Sequence[Any] = ()
    ) -> None:
        self.answers = list(answers)
        self.cancels = cancels
        self.choices = list(choices)
        self.questions: list[Question] = []
        self.problems: list[str] = []
        self.words: list[str] = []
        self.told: list[tuple[list[str], bool]] = []
        self.chosen: list[list[str]] = []
        self.closed = 0

    def ask(self, question: Question) -> dict[str, Any] | None:
        self.questions.append(question)
        self.problems.append(question.problem)
        answer = self.answers.pop(0) if self.answers else None
        if callable(answer):
            answer = answer(question)
        return None if answer is None else question.answer({**question.values, **answer})

    def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
        if not self.words or self.words[-1] != words:
            self.words.append(words)
        return self.cancels and fraction is not None

    def tell(self, title: str, lines: Sequence[str], problem: bool = False) -> None:
        self.told.append((list(lines), problem))

    def choose(self, title: str, lines: Sequence[str], choices: Sequence[str]) -> str | None:
        self.chosen.append(list(lines))
        wanted = self.choices.pop(0) if self.choices else None
        return wanted() if callable(wanted) else wanted

    def close(self) -> None:
        self.closed += 1

    @property
    def sentence(self) -> str:
        """The problem that was told, or ""."""
        return "\n".join(line for lines, problem in self.told if problem for line in lines)

    @property
    def receipt(self) -> list[list[str]]:
        """The rows of the receipt."""
        return [
            line.split("\t") for lines, problem in self.told if not problem for line in lines if "\t" in line
        ]


class Stage:
    """One emulated Resolve with the project of SPEC (see resolve_emulator.builder)."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        spec: Mapping[str, Any],
        version: str = "21.0.4",
        edition: str = "studio",
        **quirks: Any,
    ) -> None:
        self.monkeypatch = monkeypatch
        self.host = Host(version, edition, **quirks)
        build_project(self.host, dict(spec))

    def click(self, entry: str, *answers: Answer, **editor: Any) -> Editor:
        """What the menu's ENTRY does, with a scripted editor at the window."""
        person = Editor(answers, **editor)
        self.monkeypatch.setattr(foley_generate, "open_window", lambda host: person)
        foley_generate.run(entry, self.host.menu_globals())
        return person

    def snapshot(self) -> dict[str, Any]:
        """Everything of the project as plain data."""
        return snapshot(self.host)

    def appended(self) -> list[dict[str, Any]]:
        """What AppendToTimeline was asked, one clip each, in order, the media by its file's name."""
        found = []
        for call in self.host.journal.calls("MediaPool.AppendToTimeline"):
            for wish in call.args[0]:
                found.append({**wish, "mediaPoolItem": wish["mediaPoolItem"]["name"]})
        return found

    @property
    def timeline(self) -> Any:
        """The timeline that is open, as the emulator's model has it."""
        return self.host.project.current

    def delete_bin(self, name: str) -> None:
        """As the editor deletes the bin called NAME, with what is in it."""
        project = self.host.project
        (folder,) = [each for each in project.root.walk() if each.name == name]
        folder.parent.folders.remove(folder)
        if any(each is project.folder for each in folder.walk()):
            project.folder = project.root
        for each in folder.walk():
            each.deleted = True
            for clip in each.clips:
                clip.deleted, clip.online = True, False

    def tracks(self) -> list[tuple[str, str, list[tuple[int, int, bool]]]]:
        """The audio tracks: name, type, and start, end, enabled of each item."""
        return [
            (track.name, track.subtype, [(int(i.start), int(i.end), i.enabled) for i in track.items])
            for track in self.timeline.tracks["audio"]
        ]


def clip_spec(path: Path, project_rate: str, frames: int, **clip: Any) -> dict[str, Any]:
    """A project whose timeline has the clip at PATH from its first frame on; CLIP goes to the timeline."""
    return {
        "name": "Reel",
        "rate": project_rate,
        "media": [{"path": str(path), "kind": "Video", "rate": project_rate, "frames": frames}],
        "timelines": [
            {
                "name": "Cut 1",
                "video": [[{"path": str(path), "at": 0, "in": 0, "duration": frames}]],
                **clip,
            }
        ],
    }
