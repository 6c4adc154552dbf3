"""What can go wrong with the cache. A job never fails for it; a daemon may refuse to start."""

from __future__ import annotations


class CacheError(Exception):
    """The cache cannot do what was asked; the message is a sentence for an editor."""


class CacheUnusable(CacheError):
    """The cache folder cannot be opened or written."""


class CacheInUse(CacheUnusable):
    """Another daemon owns the cache folder."""


class NotCached(CacheError):
    """Something was made but could not be kept; the job goes on without."""


class Damaged(CacheError):
    """A file of the cache does not hold what it should; it is dropped and counts as a miss."""
