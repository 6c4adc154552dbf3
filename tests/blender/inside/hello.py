"""The harness itself."""

import bpy
from finish import finish


def main() -> dict[str, object]:
    bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
    return {"version": list(bpy.app.version), "background": bpy.app.background}


finish(main)
