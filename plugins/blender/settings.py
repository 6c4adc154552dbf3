# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences as they stand, what a scene remembers of the last dialog, the choices that menus offer."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from typing import Any

import bpy

LAYERS = ("foley", "fx", "ambience")
ENGINES = {
    "auto": "The best engine that is ready; foley says which and why",
    "hunyuan": "Learned sound, in step with the picture; needs its weights and a graphics card",
    "procedural": "A quick sketch computed from the picture's movement; needs nothing",
}
LAYER_TEXTS = {
    "foley": "Sounds that people and things in the picture make",
    "fx": "Effects: hits, engines, weapons, weather up close",
    "ambience": "The sound of the place",
}
KEPT_PROMPTS = 12

Items = list[tuple[str, str, str, int]]
# Blender keeps only the address of what an enum's function returns: these lists must live on.
_alive: dict[str, Items] = {}


class Defaults:
    """What holds where the extension runs without preferences (as a module, in tests)."""

    command = ""
    folder = ""
    layer = "foley"
    engine = "auto"
    handles = 12


def get(context: Any) -> Any:
    """The preferences, or their defaults."""
    addon = context.preferences.addons.get(__package__)
    return addon.preferences if addon and addon.preferences else Defaults


def sound_folder(context: Any) -> str:
    """The absolute folder where the WAV files go; '' where the .blend is not saved and none is set."""
    chosen = get(context).folder
    if chosen and (bpy.data.filepath or not chosen.startswith("//")):
        return os.path.abspath(bpy.path.abspath(chosen))
    if not bpy.data.filepath:
        return ""
    return os.path.splitext(os.path.abspath(bpy.data.filepath))[0] + ".foley"


class FoleyPrompt(bpy.types.PropertyGroup):
    """A prompt that was used."""

    text: bpy.props.StringProperty()


class FoleyScene(bpy.types.PropertyGroup):
    """The last answers given in the dialog, saved with the scene."""

    prompts: bpy.props.CollectionProperty(type=FoleyPrompt)
    negative: bpy.props.StringProperty()
    layer: bpy.props.StringProperty()
    engine: bpy.props.StringProperty()
    takes: bpy.props.IntProperty(default=1, min=1, max=32)
    handles: bpy.props.IntProperty(default=-1)
    spread: bpy.props.StringProperty(default="each")
    soloed: bpy.props.StringProperty()


def of(scene: Any) -> Any:
    """The settings of SCENE."""
    return scene.foley


def remember_prompt(scene: Any, prompt: str) -> None:
    """Puts PROMPT first among those that the dialog offers again."""
    prompts = of(scene).prompts
    for index, item in enumerate(prompts):
        if item.text == prompt:
            prompts.move(index, 0)
            return
    prompts.add().text = prompt
    prompts.move(len(prompts) - 1, 0)
    while len(prompts) > KEPT_PROMPTS:
        prompts.remove(len(prompts) - 1)


def number(name: str) -> int:
    """The same number for NAME in every run: what is saved of an enum is its number."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def menu(key: str, entries: Iterable[tuple[str, str, str]]) -> Items:
    """ENTRIES (identifier, label, tooltip) as an enum's items, kept alive under KEY."""
    _alive[key] = [(name, label, text, number(name)) for name, label, text in entries]
    return _alive[key]


def layer_items(known: Iterable[str]) -> Items:
    """The layers, first ours, then those that the daemon's settings add."""
    names = dict.fromkeys((*LAYERS, *filter(None, known)))
    return menu("layers", ((name, name, LAYER_TEXTS.get(name, "A layer of your settings")) for name in names))


def engine_items(known: Iterable[str]) -> Items:
    """Automatic first, then the engines."""
    names = dict.fromkeys((*ENGINES, *filter(None, known)))
    return menu(
        "engines",
        ((name, "Automatic" if name == "auto" else name, ENGINES.get(name, "An engine")) for name in names),
    )


CLASSES = (FoleyPrompt, FoleyScene)


def register() -> None:
    """Gives every scene its settings."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.foley = bpy.props.PointerProperty(type=FoleyScene)


def unregister() -> None:
    """Takes them away; what a file has saved of them stays in the file."""
    del bpy.types.Scene.foley
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
