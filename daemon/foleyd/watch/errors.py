"""What can be wrong with a watch folder and with what is dropped into it."""

from __future__ import annotations

from foleyd.errors import FoleyError


class FolderUnusable(FoleyError):
    """A folder cannot be watched: it is not there, or cannot be written to."""

    code = "FAILED_PRECONDITION"
    reason = "WATCH_FOLDER_UNUSABLE"


class WatchedAlready(FoleyError):
    """Another process watches the folder."""

    code = "FAILED_PRECONDITION"
    reason = "WATCHED_ALREADY"


class NothingAsked(FoleyError):
    """Nothing says what should be heard in a file that was dropped."""

    code = "INVALID_ARGUMENT"
    reason = "NOTHING_ASKED"


class SourceGone(FoleyError):
    """A dropped file was deleted before its sound was made."""

    code = "NOT_FOUND"
    reason = "SOURCE_GONE"


class NotThere(FoleyError):
    """Nothing of that name has failed in the folder."""

    code = "NOT_FOUND"
    reason = "NOT_IN_WATCH_FOLDER"


class ServiceError(FoleyError):
    """The service that watches folders cannot be put up or taken down here."""

    code = "FAILED_PRECONDITION"
    reason = "SERVICE_UNAVAILABLE"
