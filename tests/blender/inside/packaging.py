"""Installs the extension's zip (an argument), or finds it where `foley install` put it; on, off, twice."""

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


def server() -> Any:
    """What the daemon says of itself when the extension asks, with the command that it finds."""
    call, find = (sys.modules[f"{NAME}.foley_{name}"] for name in ("call", "find"))
    command = find.find_foley()
    return {"command": command, "version": call.ask(command, "GetServerInfo", {}, timeout=60)["version"]}


def main() -> dict[str, Any]:
    import addon_utils  # there once bpy is

    archive = next((word for word in sys.argv[1:] if word.endswith(".zip")), "")
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
        "server": server() if "ask" in sys.argv else None,
    }


finish(main)
