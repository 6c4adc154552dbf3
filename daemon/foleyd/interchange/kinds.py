"""Which kinds of documents there are, by their suffix."""

from __future__ import annotations

from pathlib import Path

OTIO_SUFFIXES = (".otio", ".json")
BUNDLE_SUFFIX = ".otioz"
UNPACKED = ".media"
"""How folders end that bundles are unpacked into."""

ADAPTERS = {".xml": "fcp7", ".edl": "edl", ".aaf": "aaf"}
"""Kinds that another project's adapter reads, by suffix."""

KIND_NAMES = {"fcp7": "FCP7 XML", "edl": "CMX 3600 EDL", "aaf": "AAF"}
SUFFIXES = frozenset({*OTIO_SUFFIXES, BUNDLE_SUFFIX, *ADAPTERS})
"""All that :func:`foleyd.interchange.reading.read_any` takes."""
WRITTEN_SUFFIXES = (".xml", BUNDLE_SUFFIX)
"""Those that :func:`foleyd.interchange.writing.write_any` makes."""


def is_document(path: Path) -> bool:
    """Whether PATH's name is that of a timeline in any of the kinds."""
    return path.suffix.lower() in SUFFIXES
