"""Writing a document in another kind, as a new file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from foleyd.brief import Notice
from foleyd.files import new_file
from foleyd.interchange.bundle import absolute_uri, references, write_bundle
from foleyd.interchange.child import convert
from foleyd.interchange.kinds import BUNDLE_SUFFIX
from foleyd.request import Document
from foleyd.timeline.media_url import is_relative, resolve_media


def write_any(
    document: Document, out: Path, ours: Collection[Path], carried: Path | None = None
) -> tuple[Notice, ...]:
    """DOCUMENT as a new file at absolute OUT, FCP7 XML or a bundle by its suffix; what is lost is returned.

    OURS are the takes just made: a bundle holds them, and the media of a bundle that was unpacked into the
    folder CARRIED. Raises NotWritable, InterchangeError, TimelineError,
    OutputError.
    """
    if out.suffix.lower() == BUNDLE_SUFFIX:
        return write_bundle(document, out, ours, carried)
    with tempfile.TemporaryDirectory(prefix="foleyd-") as folder:
        source = Path(folder, f"{out.stem}.otio")
        tree = _absolute(document)
        source.write_text(json.dumps(tree, ensure_ascii=False), "utf-8")
        text, notices = convert("write-fcp7", source)
    with new_file(out) as temporary:
        temporary.write_bytes(text)
    return (*notices, *_left_out(tree, out.name))


def _left_out(tree: dict[str, Any], name: str) -> tuple[Notice, ...]:
    """What is said of a collection: XML, the file NAME, holds its timeline alone."""
    if "Collection." not in tree["OTIO_SCHEMA"] or len(tree["children"]) < 2:
        return ()
    return (Notice("of the collection that came, FCP7 XML holds the timeline alone", name, "write .otio"),)


def _absolute(document: Document) -> dict[str, Any]:
    """DOCUMENT with whole paths: FCP7 XML has no relative ones."""
    tree: dict[str, Any] = json.loads(document.json)
    for _, reference in references(tree):
        url = str(reference.get("target_url") or "")
        if is_relative(url):
            found = resolve_media(url, document.base_folder).path
            reference["target_url"] = absolute_uri(document.base_folder, found, url)
    return tree
