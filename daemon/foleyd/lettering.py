"""Text on a picture for people: a font that has the letters, and lines that fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

from PIL import ImageFont

Font = ImageFont.FreeTypeFont

# Tried in turn when Pillow's own font, which has little beyond ASCII, lacks a letter; common on Linux,
# macOS and Windows.
_SYSTEM_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial.ttf",
    "segoeui.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "Arial Unicode.ttf",
    "msyh.ttc",
    "YuGothM.ttc",
    "malgun.ttf",
)
_MISSING = "?"
_ELLIPSIS = "..."


def lettered(text: str, size: int) -> tuple[str, Font]:
    """TEXT on one line, and a font of SIZE pixels to draw it in.

    Pillow's own font where it has every letter, else the system font that lacks the fewest; what that
    lacks is shown without its accent or as ``?``. Control characters become spaces.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    best, fewest = _own_font(size), len(line) + 1
    for font in _fonts(size):
        lacking = sum(not _has(font, char) for char in set(line))
        if lacking < fewest:
            best, fewest = font, lacking
        if not lacking:
            break
    return "".join(_nearest(best, char) for char in line), best


def fit(text: str, size: int, width: int) -> tuple[str, Font]:
    """Like :func:`lettered`, shortened with dots at the end to WIDTH pixels."""
    line, font = lettered(text, size)
    if font.getlength(line) <= width:
        return line, font
    longest = max(1, int(len(line) * width / font.getlength(line)))
    while longest > 0 and font.getlength(line[:longest].rstrip() + _ELLIPSIS) > width:
        longest -= 1
    return line[:longest].rstrip() + _ELLIPSIS, font


def _fonts(size: int) -> Iterator[Font]:
    yield _own_font(size)
    for name in _SYSTEM_FONTS:
        font = _system_font(name, size)
        if font is not None:
            yield font


@cache
def _own_font(size: int) -> Font:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise OSError("this build of Pillow cannot draw text; reinstall Pillow with pip")
    return font


@cache
def _system_font(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


@cache
def _has(font: Font, char: str) -> bool:
    if char == " ":
        return True
    # U+FFFF is never a letter: a font draws it as it draws all it lacks.
    glyph, lacking = font.getmask(char), font.getmask("\uffff")
    return glyph.size != lacking.size or bytes(glyph) != bytes(lacking)


def _nearest(font: Font, char: str) -> str:
    if _has(font, char):
        return char
    base = unicodedata.normalize("NFKD", char)[0]
    return base if _has(font, base) else _MISSING
