# SPDX-License-Identifier: GPL-3.0-or-later
"""Foley for Blender's sequencer: select strips, say what should be heard, keep editing.

The sound is made by the local daemon of foleyd, outside of Blender; here are the questions, the
placing of what comes back, and nothing that needs more than Python's standard library.
"""

from __future__ import annotations

import bpy

from . import generate, operators, otio_menu, panels, preferences, pump, settings

CLASSES = (*preferences.CLASSES, *generate.CLASSES, *operators.CLASSES, *panels.CLASSES)


def register() -> None:
    """Called by Blender when the extension is enabled."""
    settings.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    panels.register()
    otio_menu.register()
    pump.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled or Blender ends: cancels what is under way."""
    pump.unregister()
    otio_menu.unregister()
    panels.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    settings.unregister()
