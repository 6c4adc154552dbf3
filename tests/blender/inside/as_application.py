"""Blender's command line for what ``foley install`` asks of it, by Blender's own code, from the module.

The module has no command line, and reads no preferences by itself as the application does.
"""

import os
import sys

import bpy


def main(words: list[str]) -> int:
    preferences = bpy.utils.user_resource("CONFIG") + "/userpref.blend"
    if os.path.exists(preferences):
        bpy.ops.wm.read_userpref()
    if words[:2] == ["--background", "--python-expr"]:
        exec(words[2], {})
        return 0
    if words[:2] == ["--command", "extension"]:
        import bl_pkg

        return int(bl_pkg.cli_extension(words[2:]) or 0)
    raise SystemExit(f"not foreseen: {words}")


code = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
