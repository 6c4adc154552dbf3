from __future__ import annotations

from typing import Any


def test_scripts_run_in_the_blender_they_are_meant_for(blender: Any) -> None:
    answer = blender("hello")
    assert tuple(answer["version"]) == blender.version
    assert answer["background"]
