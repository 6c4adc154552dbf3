"""What can go wrong with documents of other kinds."""

from __future__ import annotations

from foleyd.errors import FoleyError


class InterchangeError(FoleyError):
    """A document of another kind cannot be read, or holds what cannot be."""

    code = "INVALID_ARGUMENT"
    reason = "DOCUMENT_UNREADABLE"


class NotWritable(FoleyError):
    """The timeline cannot be said in the format that was asked for."""

    code = "FAILED_PRECONDITION"
    reason = "FORMAT_UNSUITABLE"
