"""AAF in, through its adapter (pyaaf2)."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio

from foleyd.brief import Notice
from foleyd.interchange.errors import InterchangeError

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_aaf(path: Path) -> tuple[bytes, list[Notice]]:
    """The AAF at PATH as OpenTimelineIO JSON. Raises InterchangeError, and what the adapter raises."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise InterchangeError(f"{path.name} is no AAF file; export the timeline again")
    root = otio.adapters.read_from_file(str(path), adapter_name="AAF")
    if root is None or not list(root.find_clips()):
        raise InterchangeError(f"{path.name} holds no clips; export the sequence itself as AAF")
    notices = []
    offline = {
        clip.name
        for clip in root.find_clips()
        if isinstance(clip.media_reference, otio.schema.MissingReference)
    }
    if offline:
        notices.append(
            Notice(
                f"{len(offline)} clips have no media in the AAF, {sorted(offline)[0]!r} among them",
                fix="name the folder of the media with --media-root, or export with linked media",
            )
        )
    return otio.adapters.write_to_string(root, "otio_json").encode("utf-8"), notices
