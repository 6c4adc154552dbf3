from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

CLIP = Path(__file__).parents[1] / "data" / "clips" / "film-dialogue-1940.mp4"


def test_what_must_be_rendered_is_rendered_first_and_nothing_of_it_stays(
    blender: Any, tmp_path: Path
) -> None:
    if blender.version < (4, 3):
        pytest.skip("bpy 4.2 is built without sound")
    folder = tmp_path / "edit"
    folder.mkdir()
    answer = blender("rendered_first", CLIP, folder)
    assert answer["unclear"] == ["title"]
    (placed,) = answer["placed"]
    assert (placed["left"], placed["right"], placed["file"], placed["mute"]) == (1, 61, 0, False)
    assert answer["same file"]
    assert answer["same render"]
    assert [name for name in answer["left"] if not name.endswith(".wav")] == [
        "title.blend",
        "title.foley/title.otio",
    ]
    assert len(answer["left"]) == 3
