"""What can go wrong with the cache. Once it is open, a job never fails for it."""

from __future__ import annotations

from foleyd.errors import FoleyError


class CacheError(Exception):
    """The cache cannot do what was asked; the message is a sentence for an editor."""


class CacheUnusable(CacheError, FoleyError):
    """The cache folder cannot be opened or written."""

    code = "FAILED_PRECONDITION"
    reason = "CACHE_UNUSABLE"


class CacheInUse(CacheUnusable):
    """Another daemon owns the cache folder."""

    reason = "CACHE_IN_USE"


class NotCached(CacheError):
    """Something was made but could not be kept; the job goes on without."""


class Damaged(CacheError):
    """A file of the cache does not hold what it should; it is dropped and counts as a miss."""
