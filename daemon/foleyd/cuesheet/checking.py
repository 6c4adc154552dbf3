"""What a file says, checked key by key: each mistake is a sentence with the place of the key."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from foleyd.cue import MAX_PROMPT_LENGTH
from foleyd.cuesheet import schema
from foleyd.cuesheet.errors import Place, SheetError
from foleyd.cuesheet.texts import trimmed
from foleyd.errors import FoleyError
from foleyd.request import MAX_TAKES, TARGETS

Kind = TypeVar("Kind", bound=schema.FolderSettings | schema.SheetCue)
PlaceOf = Callable[[str], Place | None]
"""Where a key of the table at hand stands; "" is the table itself."""

SETTING_KEYS = schema.SETTINGS
CUE_KEYS = tuple(name for name in schema.SheetCue.__struct_fields__ if name != "places")

MUST_BE = {
    "id": "a short text that no other cue has",
    "start": 'a TIME: timecode in quotes, such as "01:00:10:00", or seconds',
    "end": 'a TIME: timecode in quotes, such as "01:00:14:12", or seconds; it is exclusive',
    "duration": 'a length: timecode in quotes, such as "00:00:02:10", or seconds',
    "prompt": f"a text of at most {MAX_PROMPT_LENGTH:,} characters, what should be heard",
    "negative": f"a text of at most {MAX_PROMPT_LENGTH:,} characters, what should not be heard",
    "layer": "the name of a layer, such as foley, fx or ambience",
    "takes": f"a whole number from 1 to {MAX_TAKES}",
    "seed": "a whole number from 0 on, below 2^63",
    "seeds": f"1 to {MAX_TAKES} different whole numbers from 0 on",
    "engine": "the name of an engine, such as procedural or hunyuan",
    "preset": "the name of a preset of the engine",
    "steps": f"a whole number from 0 to {schema.MAX_STEPS}",
    "guidance": f"a number from 0 to {schema.MAX_GUIDANCE}",
    "options": "a table of the engine's options with plain values",
    "handles": f"a whole number of frames from 0 to {schema.MAX_HANDLES}",
    "target": f"one of {', '.join(TARGETS)}",
    "naming": "a template of names in braces",
    "loudness": "LUFS such as -23, or the name of a preset",
    "file": "the name of a video or timeline, from the cue sheet's folder or whole",
    "notes": "a text",
    "cues": "tables, each under a line [[cues]]",
}
_OTHER_NAMES = {
    "in": "start",
    "out": "end",
    "from": "start",
    "to": "end",
    "stop": "end",
    "length": "duration",
    "negative_prompt": "negative",
    "text": "prompt",
    "description": "prompt",
    "stem": "layer",
    "model": "engine",
    "alternates": "takes",
    "template": "naming",
    "cue": "cues",
    "note": "notes",
}
_TIMES = ("start", "end", "duration")
_KEY_IN_MESSAGE = re.compile(r"required field `(\w+)`|`\$\.(\w+)")


def check_keys(given: Mapping[str, Any], known: tuple[str, ...], path: Path, place_of: PlaceOf) -> None:
    """Refuses keys of GIVEN that are not KNOWN, by name. Raises SheetError."""
    for key in given:
        if key not in known:
            raise SheetError(path, f"there is no {key!r} here{nearest(key, known)}", place_of(key))


def nearest(key: str, known: tuple[str, ...]) -> str:
    """A clause that names what KEY was probably meant to be."""
    other = _OTHER_NAMES.get(key.strip().casefold())
    close = [other] if other in known else difflib.get_close_matches(key.casefold(), known, 1, 0.55)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"


def checked(kind: type[Kind], given: Mapping[str, Any], path: Path, place_of: PlaceOf, **more: Any) -> Kind:
    """GIVEN as a KIND, with MORE beside what the file says. Raises SheetError."""
    values = {key: _plain(key, value, path, place_of) for key, value in given.items()}
    try:
        made = msgspec.convert({**values, **more}, kind)
    except msgspec.ValidationError as error:
        found = _KEY_IN_MESSAGE.search(str(error))
        key = (found[1] or found[2]) if found else ""
        raise SheetError(path, _sentence(key, given.get(key)), place_of(key)) from error
    for key in ("prompt", "negative"):
        _check_texts(key, getattr(made, key), path, place_of)
    return made


def check_settings(settings: schema.FolderSettings, path: Path, place_of: PlaceOf) -> None:
    """What only the rooms below know: loudness and naming. Raises SheetError."""
    from foleyd.media.loudness import target_of
    from foleyd.names import check_naming

    try:
        if settings.loudness:
            key = "loudness"
            target_of(settings.loudness)
        if settings.naming:
            key = "naming"
            check_naming(settings.naming)
    except FoleyError as error:
        raise SheetError(path, str(error), place_of(key)) from error


def check_cue(cue: schema.SheetCue, path: Path, place_of: PlaceOf) -> schema.SheetCue:
    """CUE once its own words agree. Raises SheetError."""
    if cue.seeds is not None:
        if cue.seed is not None:
            raise SheetError(path, "seed and seeds are both given; keep one of them", place_of("seeds"))
        if len(set(cue.seeds)) < len(cue.seeds):
            raise SheetError(path, "a seed is given twice; each take needs its own", place_of("seeds"))
        if cue.takes is not None and cue.takes != len(cue.seeds):
            raise SheetError(
                path,
                f"{cue.takes} takes are asked for, and {len(cue.seeds)} seeds given; leave takes out",
                place_of("takes"),
            )
    return cue


def _plain(key: str, value: Any, path: Path, place_of: PlaceOf) -> Any:
    """VALUE as the schema takes it: TIMEs and levels as text, numbers of TOML as numbers."""
    if key in (*_TIMES, "loudness") and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if key in _TIMES and isinstance(value, datetime.time | datetime.datetime | datetime.date):
        raise SheetError(
            path, f'{key} is a time of day here; put timecode in quotes: {key} = "01:00:10:00"', place_of(key)
        )
    if key == "options" and isinstance(value, Mapping):
        return {name: _option(each) for name, each in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    return trimmed(key, value) if isinstance(value, str) else value


def _option(value: Any) -> Any:
    """An engine's options are texts, as ``--option`` gives them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | Decimal) else value


def _sentence(key: str, value: Any) -> str:
    if key == "start" and value is None:
        return "this cue has no start; say where it begins"
    shown = f", not {value!r}" if isinstance(value, str | int | float) else ""
    if isinstance(value, Decimal):
        shown = f", not {value}"
    if isinstance(value, str) and len(value) > 40:
        shown = f"; this has {len(value):,} characters"
    return f"{key or 'this'} must be {MUST_BE.get(key, 'something else')}{shown}"


def _check_texts(key: str, texts: Any, path: Path, place_of: PlaceOf) -> None:
    from foleyd.timeline.spotting import check_prompt

    for text in (texts,) if isinstance(texts, str) else texts or ():
        try:
            check_prompt(
                text, "negative prompt" if key == "negative" else key, may_be_empty=key == "negative"
            )
        except FoleyError as error:
            raise SheetError(path, str(error), place_of(key)) from error
