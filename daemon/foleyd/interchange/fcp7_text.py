"""FCP7 XML as text: what it can hold, how it writes addresses, and links that the adapter leaves out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")


def link(tree: ElementTree.Element, linked: Sequence[Sequence[str]]) -> None:
    """Ties the channels of each sound together, by the ids of their clip items."""
    places = {
        item.attrib["id"]: (item, track_number, number)
        for track_number, track in enumerate(tree.iterfind(".//children/sequence/media/audio/track"), 1)
        for number, item in enumerate(track.iterfind("clipitem"), 1)
    }
    for ids in linked:
        for item, _, _ in (places[each] for each in ids):
            for each in ids:
                _, track_number, number = places[each]
                tie = ElementTree.SubElement(item, "link")
                for name, value in (
                    ("linkclipref", each),
                    ("mediatype", "audio"),
                    ("trackindex", track_number),
                    ("clipindex", number),
                    ("groupindex", 1),
                ):
                    ElementTree.SubElement(tie, name).text = str(value)


def say_once(tree: ElementTree.Element) -> None:
    """Takes out the second of two equal rates in each clip item: the adapter says it twice, editors once."""
    for item in tree.iter("clipitem"):
        rates = item.findall("rate")
        for rate in rates[1:]:
            if [part.text for part in rate] == [part.text for part in rates[0]]:
                item.remove(rate)


def as_localhost(url: str) -> str:
    """URL as a ``file://localhost/`` address, the form that Premiere writes; others as they are."""
    text = url.strip()
    if _DRIVE.match(text):
        return f"file://localhost/{text[0]}%3a{quote(PureWindowsPath(text).as_posix()[2:])}"
    if text.startswith("\\\\"):
        return "file:" + quote(text.replace("\\", "/"))
    if text.startswith("/"):
        return f"file://localhost{quote(text)}"
    lowered = text.lower()
    if lowered.startswith("file:///"):
        return f"file://localhost/{text[8:]}"
    return text


def said(text: Any) -> str:
    """TEXT without the characters that XML cannot hold."""
    return _UNSAYABLE.sub("", str(text or ""))


def plain(value: Any) -> Any:
    """OpenTimelineIO's containers as dictionaries and lists, texts without what XML cannot hold."""
    if isinstance(value, str):
        return said(value)
    if hasattr(value, "items"):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "__iter__"):
        return [plain(item) for item in value]
    return value
