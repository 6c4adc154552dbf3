"""What a prompt is read into."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.engines.engine import PromptError
from foleyd.engines.procedural.lexicon import LEXICON, TAKES_MATERIAL
from foleyd.engines.procedural.prompt import MAX_VOICES, base_forms, read, unknown_warning
from foleyd.engines.procedural.sounds.catalogue import FAMILIES, sound_of

STEP, HIT, RAIN = "footsteps.step", "hits.hit", "rain.rain"

TABLE: list[tuple[str, list[dict[str, object]]]] = [
    (
        "heavy boots on wet gravel, distant thunder, light rain",
        [
            {"is": STEP, "material": "gravel", "tool": "boots", "intensity": 0.8, "wetness": 0.85},
            {"is": "wind.thunder", "distance": 0.85},
            {"is": RAIN, "intensity": 0.25},
        ],
    ),
    ("footsteps", [{"is": STEP, "material": "", "tool": ""}]),
    ("Footsteps on gravel.", [{"is": STEP, "material": "gravel"}]),
    ("gravel", [{"is": STEP, "material": "gravel"}]),
    (
        "footsteps on gravel and wet leaves",
        [
            {"is": STEP, "material": "gravel", "wetness": 0.0},
            {"is": STEP, "material": "leaves", "wetness": 0.85},
        ],
    ),
    (
        "footsteps on gravel, slow and heavy, rain",
        [{"is": STEP, "speed": 0.2, "intensity": 0.8}, {"is": RAIN, "intensity": 0.5}],
    ),
    (
        "rain, soft and slow footsteps",
        [{"is": RAIN, "intensity": 0.5}, {"is": STEP, "intensity": 0.2, "speed": 0.2}],
    ),
    ("heavy, slow footsteps", [{"is": STEP, "speed": 0.2, "intensity": 0.8}]),
    ("rain on a tin roof with thunder", [{"is": RAIN, "material": "metal"}, {"is": "wind.thunder"}]),
    ("rain on roof and leaves", [{"is": RAIN, "material": "roof"}, {"is": RAIN, "material": "leaves"}]),
    ("rain on a car", [{"is": RAIN, "material": "metal"}]),
    ("light rain on the window", [{"is": RAIN, "material": "glass", "intensity": 0.25}]),
    ("running water", [{"is": "water.stream"}]),
    ("water running over stones", [{"is": "water.stream"}]),
    ("a tap running", [{"is": "water.stream"}]),
    ("a man walking through shallow water", [{"is": STEP, "material": "water"}]),
    ("pouring water, a match strikes", [{"is": "water.pour"}, {"is": "fire.ignite"}]),
    ("pouring rain", [{"is": RAIN, "intensity": 0.95}]),
    ("water splashes", [{"is": "water.splash"}]),
    ("dripping water, close", [{"is": "water.drip", "distance": 0.05}]),
    (
        "barefoot on sand, ocean waves",
        [{"is": STEP, "tool": "barefoot", "material": "sand"}, {"is": "water.sea"}],
    ),
    ("water over rocks", [{"is": "water.stream", "material": "stone"}]),
    ("door creaks and slams", [{"is": "doors.creak"}, {"is": "doors.slam"}]),
    ("creaking wooden door", [{"is": "doors.creak", "material": "wood"}]),
    ("the door opens and closes", [{"is": "doors.open"}, {"is": "doors.slam", "distance": 0.2}]),
    ("knock on a wooden door", [{"is": "doors.knock", "material": "wood"}]),
    ("car engine idling", [{"is": "engines.car"}]),
    ("a truck passes by in the distance", [{"is": "engines.pass", "size": 0.9, "distance": 0.85}]),
    ("motorcycle passing fast", [{"is": "engines.pass", "tool": "motorcycle", "speed": 0.85}]),
    ("drumstick hits metal", [{"is": HIT, "tool": "stick", "material": "metal"}]),
    ("hammer on a metal door", [{"is": HIT, "tool": "hammer", "material": "metal"}]),
    ("bottles put down on a wooden table", [{"is": HIT, "material": "wood", "tool": "glass"}]),
    ("metal clang", [{"is": HIT, "material": "metal"}]),
    ("a body falls on the wood floor", [{"is": HIT, "material": "wood", "tool": "body"}]),
    (
        "glass bottle breaks, debris",
        [{"is": "breaks.shatter", "material": "glass"}, {"is": "breaks.debris"}],
    ),
    ("bottle breaks on concrete", [{"is": "breaks.shatter", "material": "glass"}]),
    ("glass shattering", [{"is": "breaks.shatter", "material": "glass"}]),
    ("high heels on tile in a large hall", [{"is": STEP, "tool": "heels", "material": "tile"}]),
    ("sneakers running on concrete", [{"is": STEP, "tool": "sneakers", "speed": 0.85}]),
    ("wind through trees", [{"is": "wind.wind", "material": "leaves"}]),
    ("rustling leaves", [{"is": "wind.wind", "material": "leaves"}]),
    ("leather jacket rustle", [{"is": "cloth.rustle", "material": "leather"}]),
    ("cloth rustle, footsteps on carpet", [{"is": "cloth.rustle"}, {"is": STEP, "material": "carpet"}]),
    ("crackling campfire", [{"is": "fire.fire"}]),
    ("quiet room tone, electrical hum", [{"is": "tone.room", "intensity": 0.15}, {"is": "tone.hum"}]),
    (
        "crowd murmur with distant traffic",
        [{"is": "tone.murmur", "distance": 0.2}, {"is": "tone.traffic", "distance": 0.85}],
    ),
    ("sword swing, whoosh", [{"is": "whooshes.whoosh"}]),
    ("footsteps, no rain", [{"is": STEP}]),
    ("footsteps on gravel without wind or rain", [{"is": STEP, "material": "gravel"}]),
    (
        "footsteps on wet gravel in heavy rain",
        [{"is": STEP, "wetness": 0.85, "intensity": 0.5}, {"is": RAIN, "intensity": 0.8}],
    ),
    (
        "heavy rain thunder wind",
        [{"is": RAIN, "intensity": 0.8}, {"is": "wind.thunder", "intensity": 0.5}, {"is": "wind.wind"}],
    ),
    ("FOOTSTEPS; ＲＡＩＮ", [{"is": STEP}, {"is": RAIN}]),
    ("gravel crunching under boots", [{"is": STEP, "material": "gravel", "tool": "boots"}]),
    ("footsteps, gravel", [{"is": STEP, "material": "gravel"}]),
    ("glass bottles put down on a wooden table", [{"is": HIT, "material": "wood", "tool": "glass"}]),
    ("plastic bottles put down on a table", [{"is": HIT, "material": "wood", "tool": "plastic"}]),
    ("plastic cup falls", [{"is": HIT, "material": "plastic", "tool": ""}]),
    ("cup set on saucer", [{"is": HIT, "material": "ceramic", "tool": ""}]),
    ("keys dropped on the floor", [{"is": HIT, "material": "metal", "size": 0.1}]),
    ("coins dropped on a table", [{"is": HIT, "material": "wood", "tool": "metal", "size": 0.1}]),
    ("typing on a keyboard", [{"is": HIT, "material": "plastic", "size": 0.1}]),
    ("mouse clicks and keyboard typing", [{"is": HIT, "material": "plastic", "intensity": 0.15}]),
    ("punches", [{"is": HIT, "material": "body", "intensity": 0.75}]),
    ("sword clash", [{"is": HIT, "material": "metal", "intensity": 0.75}]),
    ("axe chops wood", [{"is": HIT, "material": "wood", "tool": "metal"}]),
    ("basketball bouncing on concrete", [{"is": HIT, "material": "concrete", "tool": "rubber"}]),
    ("dishes clatter in a sink", [{"is": HIT, "material": "metal", "tool": "ceramic"}]),
    (
        "glasses clinking, restaurant",
        [{"is": HIT, "material": "glass", "size": 0.25}, {"is": "tone.murmur"}],
    ),
    ("applause", [{"is": HIT, "material": "body"}]),
    ("car door", [{"is": "doors.slam", "material": "metal"}]),
    ("car door slams", [{"is": "doors.slam", "material": "metal"}]),
    ("wooden door creaks on stone floor", [{"is": "doors.creak", "material": "wood"}]),
    ("door bangs shut", [{"is": "doors.slam", "intensity": 0.8}]),
    ("horse hooves on cobblestone", [{"is": STEP, "material": "stone", "tool": "hooves"}]),
    ("horse galloping on dirt", [{"is": STEP, "material": "dirt", "tool": "hooves", "speed": 0.95}]),
    ("running through puddles", [{"is": STEP, "material": "water", "speed": 0.85}]),
    ("crumpling paper", [{"is": "cloth.rustle", "material": "paper"}]),
    ("plastic bottle breaks", [{"is": "breaks.shatter", "material": "plastic"}]),
    ("branches snapping underfoot", [{"is": "breaks.shatter", "material": "wood"}]),
    ("dripping tap, 60 Hz hum", [{"is": "water.drip"}, {"is": "tone.hum", "material": "60"}]),
    ("mains hum at 60 hertz", [{"is": "tone.hum", "material": "60"}]),
    ("mains hum", [{"is": "tone.hum", "material": ""}]),
]


@pytest.mark.parametrize(("prompt", "expected"), TABLE, ids=[prompt for prompt, _ in TABLE])
def test_prompt_is_read_as_a_sound_editor_means_it(prompt: str, expected: list[dict[str, object]]) -> None:
    voices = read(prompt).voices
    assert [f"{voice.family}.{voice.sound}" for voice in voices] == [want["is"] for want in expected]
    for voice, want in zip(voices, expected, strict=True):
        told = {name: getattr(voice, name) for name in want if name != "is"}
        assert told == {name: value for name, value in want.items() if name != "is"}


def test_every_word_of_the_lexicon_points_at_a_sound_that_exists() -> None:
    for phrase, entry in LEXICON.items():
        if entry.sound is not None:
            family, sound = entry.sound
            assert FAMILIES[family].sound(sound), phrase


def test_every_sound_has_a_word() -> None:
    named = {entry.sound for entry in LEXICON.values()}
    assert {(family.name, sound.name) for family in FAMILIES.values() for sound in family.sounds} <= named


def test_every_word_of_the_lexicon_can_be_found_by_its_own_spelling() -> None:
    for phrase in LEXICON:
        assert all(word in base_forms(word) for word in phrase)
        if LEXICON[phrase].sound:
            assert read(" ".join(phrase)).voices


def test_families_that_take_materials_exist() -> None:
    assert set(FAMILIES) >= TAKES_MATERIAL


@pytest.mark.parametrize(
    ("prompt", "negative", "left"),
    [
        ("footsteps, rain", "rain", [STEP]),
        ("footsteps on gravel, footsteps on wood", "gravel", [STEP]),
        ("footsteps on gravel, rain", "footsteps on wood", [STEP, RAIN]),
        ("footsteps, rain, wind", "raining and windy", [STEP]),
        ("footsteps, rain", "music, speech, voices", [STEP, RAIN]),
        ("footsteps, rain, no rain", "", [STEP]),
    ],
)
def test_negatives_take_sounds_away(prompt: str, negative: str, left: list[str]) -> None:
    reading = read(prompt, negative)
    assert [f"{voice.family}.{voice.sound}" for voice in reading.voices] == left
    assert reading.unknown == ()


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("rain on paper", "no paper for rain"),
        ("dripping on carpet", "no carpet for drip"),
        ("footsteps on silk", "no silk for step"),
    ],
)
def test_a_material_that_a_sound_lacks_is_said(prompt: str, says: str) -> None:
    reading = read(prompt)
    assert [voice.material for voice in reading.voices] == [""]
    assert len(reading.warnings) == 1
    assert says in reading.warnings[0]
    assert f"'{prompt}' is made without it" in reading.warnings[0]


def test_a_negative_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(PromptError, match="takes away every sound"):
        read("rain", "rain")


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(PromptError, match="prompt is empty"):
        read(prompt)


@pytest.mark.parametrize("prompt", ["ботинки", "🌧🌧", "12 34", "xyzzy", "the of and", "...", "no rain"])
def test_a_prompt_without_a_known_sound_is_refused_with_what_there_is(prompt: str) -> None:
    with pytest.raises(PromptError, match="footsteps"):
        read(prompt)


def test_a_misspelling_is_answered_with_the_nearest_word() -> None:
    with pytest.raises(PromptError, match="did you mean 'gravel'"):
        read("gravvel")


def test_unknown_words_are_named_not_swallowed() -> None:
    reading = read("a dog barks over footsteps on gravel while violins play")
    assert reading.unknown == ("dog", "barks", "violins")
    assert "'dog'" in unknown_warning(reading.unknown)
    assert "'barks'" in unknown_warning(reading.unknown)


def test_words_around_a_sound_are_no_unknown_words() -> None:
    assert read("The sound of a man's footsteps as he walks slowly, high quality foley").unknown == ()


@pytest.mark.parametrize(
    ("prompt", "negative", "space"),
    [
        ("footsteps", "", ""),
        ("footsteps in a church", "", "large"),
        ("footsteps inside a cave", "", "large"),
        ("footsteps indoors", "", "small"),
        ("footsteps in a forest", "", "outdoors"),
        ("footsteps", "reverb", "dry"),
        ("footsteps, no echo", "", "dry"),
    ],
)
def test_places_are_read(prompt: str, negative: str, space: str) -> None:
    assert read(prompt, negative).space == space


def test_more_sounds_than_a_sketch_can_hold_are_left_out_by_name() -> None:
    grounds = ("gravel", "wood", "snow", "sand", "mud", "grass", "metal", "tile", "ice", "leaves", "carpet")
    prompt = ", ".join([*(f"footsteps on {ground}" for ground in grounds), "rain", "wind", "thunder"])
    reading = read(prompt)
    assert len(reading.voices) == MAX_VOICES
    assert "thunder" in reading.warnings[0]


def test_the_same_sound_twice_is_one_voice() -> None:
    assert len(read("rain, rain, raining").voices) == 1


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        reading = read(text, text[::-1])
    except PromptError:
        return
    assert reading.voices


_WORDS = [*sorted({word for phrase in LEXICON for word in phrase}), "and", "on", "with", "no", ",", "dog"]


@given(st.lists(st.sampled_from(_WORDS), max_size=25))
@settings(max_examples=200, deadline=None)
def test_any_order_of_known_words_gives_playable_voices(words: list[str]) -> None:
    try:
        reading = read(" ".join(words))
    except PromptError:
        return
    for voice in reading.voices:
        assert sound_of(voice)
        for quality in (voice.intensity, voice.distance, voice.size, voice.speed, voice.wetness):
            assert 0.0 <= quality <= 1.0


def test_ten_thousand_characters_are_read_at_once() -> None:
    assert len(read("footsteps on gravel, " * 500).voices) == 1
