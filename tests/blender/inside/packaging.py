"""Installs the extension's zip (first argument), or finds it where `foley install` put it; on, off, twice."""

import sys
from typing import Any

import bpy
from finish import finish

NAME = "bl_ext.user_default.foley"


def fail(error: BaseException) -> None:
    raise error


def shown() -> list[str]:
    """The extension's classes that Blender knows at this moment."""
    kinds = (bpy.types.Operator, bpy.types.Panel, bpy.types.AddonPreferences, bpy.types.PropertyGroup)
    found = [cls for kind in kinds for cls in kind.__subclasses__() if cls.__module__.startswith(NAME)]
    return sorted(cls.__name__ for cls in found if cls.is_registered)


def main() -> dict[str, Any]:
    import addon_utils  # there once bpy is

    archive = sys.argv[1] if len(sys.argv) > 1 else ""
    if archive:
        bpy.ops.extensions.package_install_files(
            filepath=archive, repo="user_default", enable_on_install=True
        )
    else:
        addon_utils.enable(NAME, default_set=True, handle_error=fail)
    on = [shown()]
    off = []
    for _ in range(2):
        addon_utils.disable(NAME, default_set=True, handle_error=fail)
        off.append(shown())
        addon_utils.enable(NAME, default_set=True, handle_error=fail)
        on.append(shown())
    module = sys.modules[NAME]
    return {
        "on": on,
        "off": off,
        "enabled": NAME in bpy.context.preferences.addons,
        "file": module.__file__,
    }


finish(main)
