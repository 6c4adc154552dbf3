"""``foley dialog``: the window of plugins whose host has none for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleyd.cli.exits import DONE, InputNotFound


def dialog(
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the lines are exchanged.")],
) -> int:
    """Shows a plugin's questions in a window; ends when its stdin does."""
    from foleyd.dialog.available import DialogUnavailable, without_tkinter

    if not folder.is_dir():
        raise InputNotFound(f"{folder} is no folder; plugins start foley dialog by themselves")
    lacking = without_tkinter()
    if lacking:
        raise DialogUnavailable(lacking)
    from foleyd.dialog.window import show

    show(folder)
    return DONE
