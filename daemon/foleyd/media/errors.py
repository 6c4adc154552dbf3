"""What can be wrong with a file of picture or sound, one sentence an editor can act on each."""

from __future__ import annotations

from pathlib import Path

from foleyd.errors import FoleyError


class MediaError(FoleyError):
    """The root of this room's errors. PATH is the file concerned, or None."""

    code = "INVALID_ARGUMENT"
    reason = "MEDIA_UNUSABLE"

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message, where=str(path) if path else "")
        self.path = path


class SoundError(MediaError):
    """Sound that cannot be used as it is: too short, or holding values that are no numbers."""

    code = "INTERNAL"
    reason = "SOUND_UNUSABLE"


class ExportError(MediaError):
    """A sound or preview could not be made in the format asked for; says what to do instead."""

    code = "FAILED_PRECONDITION"
    reason = "EXPORT_FAILED"


class MediaMissing(MediaError):
    """There is no file at PATH."""

    code = "NOT_FOUND"
    reason = "MEDIA_MISSING"


class MediaUnreadable(MediaError):
    """PATH is there but is damaged, empty, cut off, not allowed to be read, or not a video."""

    reason = "MEDIA_UNREADABLE"


class NoPicture(MediaError):
    """PATH has sound but no moving picture (cover art does not count)."""

    reason = "NO_PICTURE"
