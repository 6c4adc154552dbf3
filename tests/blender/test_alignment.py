"""What the extension lays down is heard where it belongs: mixed by Blender, measured outside of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.blender_alignment import BLOCKS, BOUND, CUES, make_case, measure

CASES = (("23.976", 86400), ("25", 1), ("29.97", 1), ("59.94", 86400))


def test_clicks_are_heard_where_they_were_made(blender: Any, tmp_path: Path) -> None:
    if blender.version[:2] == (4, 2):
        pytest.skip("bpy 4.2 is built without sound")
    cases = [make_case(tmp_path, rate, start) for rate, start in CASES]
    spec = tmp_path / "cases.json"
    spec.write_text(json.dumps([case.spec for case in cases]))
    laid = blender("align", spec)
    for case, strips in zip(cases, laid, strict=True):
        assert [strip[1:] for strip in strips] == [
            [case.start + begin, case.start + end] for begin, end in CUES
        ]
        usual, short = measure(case)
        assert (usual.block, short.block) == BLOCKS
        assert usual.clicks > 30
        assert abs(usual.worst) <= BOUND, case.rate
        assert abs(short.worst) <= BOUND, case.rate
        assert usual.missing < len(CUES), "whole strips are not heard"
        assert (short.missing, short.strays) == (0, 0), case.rate
