"""Reads a prompt into voices: "heavy boots on wet gravel, distant thunder, light rain".

The way down: text -> words -> phrases that the lexicon knows -> segments (parted by commas, "and",
prepositions) -> voices. A segment that names a sound makes a voice; one that only describes
belongs to the voice before it ("... on wet gravel"), or to the next when none came before
("heavy, slow footsteps").
"""

from __future__ import annotations

import difflib
import enum
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from foleyd.engines.engine import PromptError
from foleyd.engines.procedural.lexicon import (
    CONTACTS,
    JOINERS,
    LEXICON,
    LONGEST_PHRASE,
    NEGATORS,
    PREPOSITIONS,
    STOP_WORDS,
    TAKES_MATERIAL,
    Entry,
)
from foleyd.engines.procedural.sounds.catalogue import FAMILIES, sound_of
from foleyd.engines.procedural.sounds.family import Voice

_LONGEST_WORD = 40
MAX_VOICES = 12
"""More sounds at once than a sketch can keep apart; the rest are named in a warning."""

_MAINS = re.compile(r"\b([56]0)\s*(?:hz|hertz|cycle)\b")
_TOKEN = re.compile(r"[56]0hz|[^\W\d_]+|[,;.:!?/|+&\n()\[\]]")
_BREAKS = frozenset(",;.:!?/|\n()[]")
_LIKELY, _SURE = 1, 2
_THINGS = frozenset({"hits", "cloth"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a prompt asks for: VOICES in the order named, SPACE ("" when none is named, else small,
    large or outdoors), UNKNOWN words in the order read, WARNINGS as sentences."""

    voices: tuple[Voice, ...]
    space: str = ""
    unknown: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class _Link(enum.Enum):
    """How a segment hangs on to what was before it."""

    BREAK = "break"
    JOIN = "join"
    CONTACT = "contact"
    PREPOSITION = "preposition"


@dataclass(slots=True)
class _Segment:
    """Words after a separator (WORD): known phrases with their text, and unknown words."""

    link: _Link
    negated: bool
    word: str = ""
    phrases: list[tuple[Entry, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def heads(self) -> list[int]:
        """Indices of phrases that name a sound, or that usually make one."""
        return [i for i, (entry, _) in enumerate(self.phrases) if entry.sound and entry.rank >= _LIKELY]

    @property
    def fallback(self) -> int | None:
        """Index of the last phrase that stands for a sound when nothing else does."""
        found = [i for i, (entry, _) in enumerate(self.phrases) if entry.sound]
        return found[-1] if found else None


def read(prompt: str, negative_prompt: str = "") -> Reading:
    """The voices that PROMPT asks for, less those that NEGATIVE_PROMPT or its own "no ..." names.

    Raises PromptError when PROMPT is empty, names no sound that is known, or names only sounds
    that are taken away again.
    """
    if not prompt.strip():
        raise PromptError("The prompt is empty; say what should be heard, such as 'footsteps on gravel'.")
    segments = list(_segments(prompt))
    wanted = _voices([segment for segment in segments if not segment.negated])
    unknown = _unique(word for segment in segments if not segment.negated for word in segment.unknown)
    if not wanted:
        raise PromptError(_nothing_known(unknown))
    refused = [segment for segment in segments if segment.negated] + list(_segments(negative_prompt))
    kept, warnings = _settled(_without(wanted, refused))
    if not kept:
        raise PromptError("The negative prompt takes away every sound that the prompt asks for; change one.")
    if len(kept) > MAX_VOICES:
        dropped = ", ".join(voice.words for voice in kept[MAX_VOICES:])
        warnings.append(f"Only the first {MAX_VOICES} sounds of the prompt are made; left out: {dropped}.")
    return Reading(tuple(kept[:MAX_VOICES]), _space(segments, refused), unknown, tuple(warnings))


def unknown_warning(unknown: Sequence[str]) -> str:
    """One sentence that names the words not understood, with the nearest that are."""
    named = ", ".join(f"'{word}'{_nearest(word)}" for word in unknown[:12])
    more = f" and {len(unknown) - 12} more" if len(unknown) > 12 else ""
    return f"The procedural engine does not know {named}{more}; nothing was made for it."


# Words


def _words(text: str) -> list[str]:
    """Lower-case words and separators; anything else (digits, emoji, control characters) is dropped.

    The mains' "60 Hz" is a word.
    """
    plain = _MAINS.sub(r"\1hz", unicodedata.normalize("NFKC", text).casefold())
    return _TOKEN.findall(re.sub(r"['’`\-‐-―]", " ", plain))


def base_forms(word: str) -> tuple[str, ...]:
    """WORD and what it may be a form of, likeliest first: plural, -ing, -ed, -ly, -y taken off."""
    forms = [word]
    for ending, rest in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""), ("ing", ""), ("ing", "e")):
        _try_ending(forms, word, ending, rest)
    for ending, rest in (("ed", ""), ("ed", "e"), ("ly", ""), ("y", ""), ("er", ""), ("er", "e")):
        _try_ending(forms, word, ending, rest)
    return tuple(dict.fromkeys(forms))


def _try_ending(forms: list[str], word: str, ending: str, rest: str) -> None:
    stem = word.removesuffix(ending)
    if stem == word or len(stem) < 3 - len(rest):
        return
    forms.append(stem + rest)
    if not rest and len(stem) > 3 and stem[-1] == stem[-2]:
        forms.append(stem[:-1])


def _phrase(words: Sequence[tuple[str, ...]]) -> tuple[Entry, int] | None:
    """The longest known phrase that WORDS (base forms of each) begin with, and its length."""
    for length in range(min(LONGEST_PHRASE, len(words)), 0, -1):
        stems: list[tuple[str, ...]] = [()]
        for forms in words[:length]:
            stems = [(*stem, form) for stem in stems for form in forms]
        for stem in stems:
            if stem in LEXICON:
                return LEXICON[stem], length
    return None


def _segments(text: str) -> Iterator[_Segment]:
    words = _words(text)
    forms = [base_forms(word) for word in words]
    current = _Segment(_Link.BREAK, negated=False)
    at = 0
    while at < len(words):
        word = words[at]
        found = _phrase(forms[at : at + LONGEST_PHRASE])
        opens = _opens(word, current.negated)
        if opens and (found is None or found[1] == 1):
            yield current
            current = _Segment(*opens, word)
        if found is not None:
            current.phrases.append((found[0], " ".join(words[at : at + found[1]])))
        elif not opens and not any(form in STOP_WORDS for form in forms[at]):
            current.unknown.append(word)
        at += found[1] if found else 1
    yield current


def _opens(word: str, negated: bool) -> tuple[_Link, bool] | None:
    """The kind of segment that WORD opens, and whether it is negated; None when it opens none."""
    if word in NEGATORS:
        return _Link.BREAK, True
    if word in _BREAKS:
        return _Link.BREAK, False
    if word in JOINERS or word in {"&", "+"}:
        return _Link.JOIN, negated and word in {"or", "nor"}
    if word in CONTACTS:
        return _Link.CONTACT, negated
    if word in PREPOSITIONS:
        return _Link.PREPOSITION, negated
    return None


# Voices


def _voices(segments: Sequence[_Segment]) -> list[Voice]:
    voices: list[Voice] = []
    waiting: list[tuple[Entry, str]] = []
    for index, segment in enumerate(segments):
        if _describes(segment, voices):
            _describe(segment, voices)
        elif segment.heads or segment.fallback is not None:
            voices += _made(replace(segment, phrases=waiting + segment.phrases))
            waiting = []
        elif segment.phrases and (not voices or _leads(segments, index)):
            waiting += segment.phrases
        elif segment.phrases:
            voices[-1] = _qualified(voices[-1], segment.phrases)
    if waiting and voices:
        voices[-1] = _qualified(voices[-1], waiting)
    distinct: dict[Voice, Voice] = {}
    for voice in voices:
        distinct.setdefault(replace(voice, words=""), voice)
    return list(distinct.values())


def _describes(segment: _Segment, voices: Sequence[Voice]) -> bool:
    """Whether a segment says more of the voice before ("on wet gravel") than of a sound of its own."""
    if not voices or not segment.phrases:
        return False
    if all(_is_same_sound(voices[-1], entry) for entry, _ in segment.phrases):
        return segment.link is not _Link.BREAK or not voices[-1].material
    sure = any(entry.sound and entry.rank == _SURE for entry, _ in segment.phrases)
    if sure or voices[-1].family not in TAKES_MATERIAL:
        return False
    if segment.link is _Link.CONTACT or segment.heads:
        return segment.link is _Link.CONTACT
    material = any(entry.material for entry, _ in segment.phrases)
    if segment.link is _Link.PREPOSITION:
        return material
    return segment.link is _Link.JOIN and material and bool(voices[-1].material)


def _describe(segment: _Segment, voices: list[Voice]) -> None:
    last = voices[-1]
    told = _qualified(last, segment.phrases)
    said = " ".join(text for _, text in segment.phrases)
    if segment.link is _Link.JOIN:
        voices.append(replace(told, words=f"{last.words} / {said}"))
    else:
        voices[-1] = replace(told, words=f"{last.words} {segment.word} {said}")


def _leads(segments: Sequence[_Segment], index: int) -> bool:
    """Whether a describing segment belongs to the sound after it: joined to it, or at the start."""
    if segments[index].link in {_Link.PREPOSITION, _Link.CONTACT}:
        return False
    rest = segments[index + 1 :]
    for later in rest:
        if later.link is not _Link.JOIN:
            return False
        if later.heads or later.fallback is not None:
            return True
    return False


def _made(segment: _Segment) -> list[Voice]:
    """The voices of a segment: one for each sound named, described by the words nearest."""
    phrases = segment.phrases
    heads = _chosen_heads(segment)
    voices = []
    for number, head in enumerate(heads):
        first = 0 if number == 0 else heads[number - 1] + 1
        last = len(phrases) if number == len(heads) - 1 else head + 1
        entry = phrases[head][0]
        assert entry.sound is not None
        family, sound = entry.sound
        own = phrases[first:last]
        voice = Voice(family, sound, words=" ".join(text for _, text in own))
        voices.append(_qualified(voice, own, head=entry))
    return voices


def _chosen_heads(segment: _Segment) -> list[int]:
    """Indices of the phrases that become voices.

    Of one family only the surest ("door creak": creak); a thing gives way to what happens to it
    ("glass bottle breaks": breaks).
    """
    heads = segment.heads
    if not heads:
        return [segment.fallback] if segment.fallback is not None else []
    chosen: dict[tuple[str, str], int] = {}
    sure = any(segment.phrases[i][0].rank == _SURE for i in heads)
    for index in heads:
        entry = segment.phrases[index][0]
        assert entry.sound is not None
        family = entry.sound[0]
        surest = max(segment.phrases[i][0].rank for i in heads if _family(segment, i) == family)
        thing = sure and entry.rank == _LIKELY and bool(entry.material) and family in _THINGS
        if entry.rank == surest and not thing:
            chosen.setdefault(entry.sound if surest == _SURE else (family, ""), index)
    return sorted(chosen.values())


def _family(segment: _Segment, index: int) -> str:
    sound = segment.phrases[index][0].sound
    return sound[0] if sound else ""


def _qualified(voice: Voice, phrases: Sequence[tuple[Entry, str]], head: Entry | None = None) -> Voice:
    """VOICE with the materials, tools and qualities of PHRASES; HEAD's own give way to any other."""
    entries = [entry for entry, _ in phrases]
    before: Sequence[Entry] = ()
    if head is not None:
        before = entries[: entries.index(head)]
        voice = replace(voice, material=_own_material(voice, before, head))
        entries.sort(key=lambda entry: entry is not head)
    for entry in entries:
        if entry is not head and entry not in before and _is_made_of(voice, entry):
            voice = _of_material(voice, entry.material)
        if entry.tool:
            voice = replace(voice, tool=entry.tool)
        told: dict[str, Any] = dict(entry.qualities)
        voice = replace(voice, **told)
    return voice


def _own_material(voice: Voice, before: Sequence[Entry], head: Entry) -> str:
    """What VOICE itself is made of, by the words BEFORE its HEAD.

    "Plastic bottle": the adjective's, rather than the thing's, rather than the sound's habit.
    """
    told = [entry for entry in before if _is_made_of(voice, entry)]
    known = [entry for entry in told if _tells_apart(voice, entry.material)]
    adjectives = [entry for entry in known if entry.rank == 0]
    chosen = adjectives or known or ([] if head.material else told)
    return chosen[-1].material if chosen else head.material


def _is_made_of(voice: Voice, entry: Entry) -> bool:
    """Whether ENTRY names a material and VOICE listens to it."""
    return bool(entry.material) and (voice.family in TAKES_MATERIAL or _is_same_sound(voice, entry))


def _is_same_sound(voice: Voice, entry: Entry) -> bool:
    """Whether ENTRY is a describing word of the very sound that VOICE makes."""
    return entry.rank == 0 and entry.sound == (voice.family, voice.sound)


def _tells_apart(voice: Voice, material: str) -> bool:
    known = sound_of(voice).materials
    return known is None or material in known


def _settled(voices: Sequence[Voice]) -> tuple[list[Voice], list[str]]:
    """VOICES without materials that their sounds do not know, and a warning for each of those."""
    settled, warnings = [], []
    for voice in voices:
        known = not voice.material or _tells_apart(voice, voice.material)
        settled.append(voice if known else replace(voice, material=""))
        if not known:
            lacks = f"The procedural engine has no {voice.material} for {voice.sound}"
            warnings.append(f"{lacks}; '{voice.words}' is made without it.")
    return settled, warnings


def _of_material(voice: Voice, material: str) -> Voice:
    """What is put down on a table sounds with it; what breaks on the floor stays what it was."""
    if voice.material and not _tells_apart(voice, material):
        return voice
    if voice.family == "hits" and voice.material not in {"", material} and not voice.tool:
        return replace(voice, material=material, tool=voice.material)
    if voice.family in {"breaks", "doors"} and voice.material:
        return voice
    return replace(voice, material=material)


def _without(voices: Sequence[Voice], refused: Sequence[_Segment]) -> list[Voice]:
    """VOICES less those that refused segments name: by sound, and by material where they tell one."""
    kept = list(voices)
    for no in _voices(refused):
        same = [v for v in kept if (v.family, v.sound) == (no.family, no.sound)]
        kept = [v for v in kept if v not in same or (no.material and v.material != no.material)]
    return kept


def _space(segments: Sequence[_Segment], refused: Sequence[_Segment]) -> str:
    """The place named: the most telling one; "no reverb" is a dry one."""
    if any(entry.space == "large" for segment in refused for entry, _ in segment.phrases):
        return "dry"
    named = [e.space for s in segments if not s.negated for e, _ in s.phrases if e.space]
    telling = [space for space in named if space != "indoors"]
    return telling[-1] if telling else ("small" if named else "")


# Sentences


def _nothing_known(unknown: Sequence[str]) -> str:
    families = ", ".join(FAMILIES)
    read_as = ", ".join(f"'{word[:_LONGEST_WORD]}'{_nearest(word)}" for word in unknown[:8])
    known = f" that the procedural engine knows ({read_as})" if unknown else ""
    return f"The prompt names no sound{known}; name one in English, of {families}."


def _nearest(word: str) -> str:
    known = {" ".join(phrase) for phrase in LEXICON if len(phrase) == 1}
    near = difflib.get_close_matches(word[:40], sorted(known), n=1, cutoff=0.75)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
