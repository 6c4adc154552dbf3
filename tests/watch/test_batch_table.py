"""The table of ``foley batch``: which rows it has, and what they say."""

from __future__ import annotations

import io

from rich.console import Console

from foleyd.cli.batch_table import Row, TableTeller, progress_table
from foleyd.watch.shop import News


def shown(rows: list[Row], most: int) -> list[str]:
    console = Console(file=io.StringIO(), width=90, color_system=None)
    with console.capture() as told:
        console.print(progress_table(rows, most))
    return [line.rstrip() for line in told.get().splitlines()]


def test_a_row_says_how_far_its_file_is() -> None:
    rows = [Row("a [b].mp4", 2, "at work", 0.5, "looking"), Row("b\x1b.mp4", 1), Row("c.mp4", 1, "failed")]
    lines = shown(rows, 10)
    assert lines[0].split() == ["file", "cues", "state", "progress", "result"]
    assert lines[1].startswith("a [b].mp4 ")
    assert lines[1].endswith(" 50%  looking")
    assert lines[2].startswith("b\\x1b.mp4 ")
    assert lines[-1] == "1 failed, 1 at work, 1 waiting"


def test_where_not_all_have_room_those_at_work_and_those_that_just_ended_are_shown() -> None:
    rows = [Row(f"{number}.mp4", 1, "done", 1.0, order=number) for number in range(1, 100)]
    rows += [Row("w.mp4", 1, "at work"), *(Row(f"later {number}.mp4", 1) for number in range(50))]
    lines = shown(rows, 4)
    assert [line.split()[0] for line in lines[1:-1]] == ["97.mp4", "98.mp4", "99.mp4", "w.mp4"]
    assert lines[-1] == "99 done, 1 at work, 50 waiting"


def test_news_change_their_row_and_what_is_about_none_stands_above() -> None:
    rows = {"a.mp4": Row("a.mp4", 1)}
    screen = io.StringIO()
    teller = TableTeller(rows, Console(file=screen, width=90, force_terminal=True))
    teller(News("progress", "a.mp4", "looking", 0.4))
    teller(News("progress", "a.mp4", "placing", 0.2))
    assert (rows["a.mp4"].state, rows["a.mp4"].fraction, rows["a.mp4"].result) == ("at work", 0.4, "placing")
    teller(News("waiting", "a.mp4", "a.mp4 waits: the daemon is stopping"))
    assert (rows["a.mp4"].state, rows["a.mp4"].result) == ("waiting", "waits: the daemon is stopping")
    teller(News("polling", text="something else"))
    teller.end("a.mp4", "done", "foley/a.mp4")
    teller.close()
    assert (rows["a.mp4"].state, rows["a.mp4"].fraction) == ("done", 1.0)
    assert "something else" in screen.getvalue()
