"""What is urgent goes first in a lane, in the midst of what is at work."""

from __future__ import annotations

import threading

import pytest

from foleyd.jobs.lanes import Lane


class Scene:
    """A lane and what was done in it. HOLD keeps the first ordinary work from going on."""

    def __init__(self) -> None:
        self.lane = Lane("test")
        self.done: list[str] = []
        self.began, self.hold, self.over = threading.Event(), threading.Event(), threading.Event()

    def note(self, name: str) -> None:
        self.done.append(name)

    def pausing(self) -> None:
        self.note("begins")
        self.began.set()
        assert self.hold.wait(10)
        self.lane.give_way()
        self.note("goes on")
        self.lane.give_way()
        self.note("ends")

    def end(self) -> list[str]:
        """What was done, once all is."""
        self.hold.set()
        self.lane.run(self.over.set, urgent=False)
        assert self.over.wait(10)
        return self.done


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.lane.run(scene.pausing, urgent=False)
    assert scene.began.wait(10)
    return scene


def test_urgent_work_is_done_in_a_pause_and_other_work_afterwards(scene: Scene) -> None:
    scene.lane.run(lambda: scene.note("later"), urgent=False)
    scene.lane.run(lambda: scene.note("urgent 1"), urgent=True)
    scene.lane.run(lambda: scene.note("urgent 2"), urgent=True)
    assert scene.end() == ["begins", "urgent 1", "urgent 2", "goes on", "ends", "later"]


def test_urgent_work_does_not_give_way(scene: Scene) -> None:
    def urgent() -> None:
        scene.note("urgent begins")
        scene.lane.run(lambda: scene.note("another"), urgent=True)
        assert scene.lane.give_way() == 0.0
        scene.note("urgent ends")

    scene.lane.run(urgent, urgent=True)
    assert scene.end() == ["begins", "urgent begins", "urgent ends", "another", "goes on", "ends"]


def test_another_thread_gives_no_way(scene: Scene) -> None:
    scene.lane.run(lambda: scene.note("urgent"), urgent=True)
    assert scene.lane.give_way() == 0.0
    assert scene.done == ["begins"]
    assert scene.end() == ["begins", "urgent", "goes on", "ends"]


def test_an_idle_lane_does_what_is_urgent_at_once() -> None:
    scene = Scene()
    scene.lane.run(lambda: scene.note("urgent"), urgent=True)
    assert scene.end() == ["urgent"]


def test_the_seconds_given_are_told() -> None:
    scene, told = Scene(), []

    def pausing() -> None:
        scene.began.set()
        assert scene.hold.wait(10)
        told.append(scene.lane.give_way())
        told.append(scene.lane.give_way())

    scene.lane.run(pausing, urgent=False)
    assert scene.began.wait(10)
    scene.lane.run(lambda: scene.note("urgent"), urgent=True)
    scene.end()
    assert told[0] > 0.0
    assert told[1] == 0.0
