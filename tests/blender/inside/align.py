"""Places made results and mixes them down; says where the strips lie."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import bpy
from finish import finish
from foley import placing


class Job:
    """What placing asks of a job."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.id, self.zero, self.result = "job", 0, result


def mix(case: dict[str, Any]) -> list[list[float]]:
    """Lays CASE's result onto an empty scene and mixes it down, mono and 48 kHz."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = case["fps"], case["fps_base"]
    scene.frame_start, scene.frame_end = case["start"], case["end"] - 1
    strips = placing.place(scene, Job(case["result"]))
    for path, block in case["mixes"]:
        bpy.ops.sound.mixdown(
            filepath=path,
            container="WAV",
            codec="PCM",
            format="F32",
            channels="MONO",
            mixrate=48000,
            accuracy=block,
        )
    return [[strip.frame_start, strip.frame_final_start, strip.frame_final_end] for strip in strips]


finish(lambda: [mix(case) for case in json.loads(Path(sys.argv[1]).read_text())])
