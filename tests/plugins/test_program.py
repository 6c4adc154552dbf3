from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from foley.program import (
    Picture,
    Program,
    Shot,
    flatten,
    program_json,
    shots_of,
    to_render,
    with_rendered,
)
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from foleyd.config import Settings
from foleyd.server.requests import read_program
from foleyd.v1 import foleyd_pb2 as pb

RATE = Fraction(24)


def picture(name: str, channel: int, start: int, end: int, **more: object) -> Picture:
    return Picture(name, f"/media/{name}.mov", channel, start, end, **more)  # type: ignore[arg-type]


@st.composite
def stacks(draw: st.DrawFn) -> list[Picture]:
    found = []
    for index in range(draw(st.integers(0, 8))):
        start = draw(st.integers(-30, 60))
        found.append(
            picture(
                str(index),
                draw(st.integers(1, 4)),
                start,
                start + draw(st.integers(1, 40)),
                source_start=Fraction(draw(st.integers(0, 99)), 7),
                speed=draw(st.sampled_from([Fraction(1), Fraction(-1), Fraction(0), Fraction(1001, 1000)])),
                why_not=draw(st.sampled_from(["", "", "is a scene"])),
                lets_through=draw(st.sampled_from(["", "", "fades"])),
                inner=(index,),
            )
        )
    return found


@given(stacks(), st.integers(-20, 20), st.integers(1, 60))
def test_the_topmost_picture_is_shown_in_every_frame(
    pictures: list[Picture], start: int, length: int
) -> None:
    pieces = flatten(pictures, start, start + length)
    assert pieces[0].start == start
    assert pieces[-1].end == start + length
    for before, after in pairwise(pieces):
        assert before.end == after.start
    for piece in pieces:
        for frame in range(piece.start, piece.end):
            here = sorted((p for p in pictures if p.start <= frame < p.end), key=lambda p: p.height)
            assert piece.picture is (here[-1] if here else None)
            expected = bool(here) and bool(here[-1].why_not or (here[-1].lets_through and len(here) > 1))
            assert bool(piece.why_not) == expected


@given(stacks(), st.integers(-20, 20), st.integers(1, 60))
def test_the_daemon_reads_the_same_times(pictures: list[Picture], start: int, length: int) -> None:
    pieces = flatten(pictures, start, start + length)
    unclear = to_render(pieces)
    program = Program(RATE, shots_of(pieces, RATE), start, start + length, "edit")
    program = with_rendered(program, unclear, {p.key: f"/rendered/{p.start}.mp4" for p in unclear})
    message = json_format.ParseDict(program_json(program), pb.Program())
    read = read_program(message, Settings()).program
    assert read.duration == start + length - program.zero
    shown = {
        frame + program.zero: (str(shot.media.path), shot.source_at(frame, RATE))
        for shot in read.shots
        if shot.media
        for frame in range(shot.record.start, shot.record.end)
    }
    for piece in pieces:
        for frame in range(piece.start, piece.end):
            top = piece.picture
            if top is None:
                assert frame not in shown
            elif piece.why_not:
                assert shown[frame] == (f"/rendered/{piece.start}.mp4", (frame - piece.start) / RATE)
            else:
                source = top.source_start + (frame - top.start) / RATE * top.speed
                assert shown[frame] == (top.path, source)


def test_black_is_no_shot() -> None:
    colour = Picture("colour", "", 2, 5, 10)
    pieces = flatten([picture("a", 1, 0, 20), colour], 0, 20)
    assert [(shot.start, shot.duration) for shot in shots_of(pieces, RATE)] == [(0, 5), (10, 10)]
    assert to_render(pieces) == []


def test_a_title_is_rendered_only_over_a_picture() -> None:
    title = Picture("title", "", 2, 5, 30, lets_through="is a title")
    (wanted,) = to_render(flatten([picture("a", 1, 0, 20), title], 0, 40))
    assert (wanted.start, wanted.end, wanted.why_not, wanted.key) == (5, 20, "is a title", "title 5-20")


def test_what_lies_in_a_meta_is_stacked_in_it() -> None:
    inside = picture("inside", 2, 0, 10, inner=(9,))
    over = picture("over", 3, 0, 10)
    beside = picture("beside", 2, 0, 10, inner=(1,))
    (piece,) = flatten([inside, over, beside], 0, 10)
    assert piece.picture is over
    (piece,) = flatten([inside, beside], 0, 10)
    assert piece.picture is inside


@pytest.mark.parametrize(("start", "zero"), [(0, 0), (86400, 0), (-12, -12)])
def test_record_frame_zero(start: int, zero: int) -> None:
    program = Program(RATE, (Shot("a", "/a.mov", Fraction(0), start, 5, Fraction(1)),), start, start + 5)
    assert program.zero == zero
    assert program_json(program)["shots"][0]["record_start_frame"] == start - zero
