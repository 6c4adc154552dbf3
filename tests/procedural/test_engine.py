"""The engine's side of the protocol: what it promises, takes, refuses and reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np
import pytest

from foleyd.engines.engine import (
    Audio,
    Cancelled,
    Engine,
    Features,
    Frame,
    Item,
    OptionError,
    PromptError,
    Window,
)
from foleyd.engines.procedural.engine import ProceduralEngine
from foleyd.engines.procedural.play import hops
from foleyd.engines.procedural.sight import Sight, SightError
from foleyd.engines.procedural.sounds.catalogue import FAMILIES
from foleyd.engines.procedural.sounds.family import Voice
from foleyd.engines.procedural.sounds.names import name_of
from tests.procedural.scenes import RATE, impacts, sight

ENGINE = ProceduralEngine()


def item(
    prompt: str, seconds: float, seen: Sight | None = None, *, seed: int = 1, negative: str = "",
    options: Mapping[str, str] | None = None,
) -> Item:  # fmt: skip
    n = round(seconds * RATE)
    seen = seen or sight(seconds, impacts([0.5, 1.0], strength=0.8, pan=[-0.5, 0.5]), motion=0.2)
    return Item([(Window(Fraction(0), n), seen.to_features())], prompt, negative, seed, n, options or {})


def generate(*items: Item) -> list[Audio | Cancelled]:
    return ENGINE.generate(items, lambda done, total: None, lambda index: False)


def one(made: list[Audio | Cancelled]) -> Audio:
    assert isinstance(made[0], Audio)
    return made[0]


def test_it_fulfils_the_protocol_and_says_that_it_is_a_sketch() -> None:
    assert isinstance(ENGINE, Engine)
    told = ENGINE.capabilities
    assert (told.name, told.sample_rate, told.channels, told.needs_gpu) == ("procedural", 48_000, 2, False)
    assert told.longest_window is None
    assert not told.needs_gpu
    assert "synthetic sketch" in told.summary
    assert ENGINE.ready() == ""
    report = ENGINE.load("cpu", "", lambda fraction, what: None)
    assert "sketch" in report.note
    ENGINE.unload()


def test_a_take_is_stereo_and_as_long_as_asked() -> None:
    audio = one(generate(item("wood hit", 1.7)))
    assert audio.samples.shape == (2, round(1.7 * RATE))
    assert audio.samples.dtype == np.float32


def test_the_events_reported_are_those_that_sound() -> None:
    audio = one(generate(item("wood hit, light rain", 2.0)))
    assert [event.time for event in audio.events] == [Fraction(1, 2), Fraction(1)]
    assert {event.kind for event in audio.events} == {"wood hit"}
    assert [event.strength for event in audio.events] == [0.8, 0.8]
    assert audio.events[0].pan < 0 < audio.events[1].pan


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("plastic hit", "plastic hit"),
        ("footsteps", "footstep"),
        ("boots on gravel", "footstep on gravel"),
        ("walking in snow", "footstep in snow"),
        ("horse on cobblestone", "hoof on stone"),
        ("bottles put down on a table", "glass on wood"),
        ("drumstick on metal", "stick on metal"),
        ("glass breaks", "glass break"),
        ("debris", "debris"),
        ("door slam", "door slam"),
        ("metal door closes", "metal door closing"),
        ("door knock", "door knock"),
        ("key in lock", "metal hit"),
        ("water splash", "splash"),
        ("match strike", "flame catching"),
    ],
)
def test_events_are_called_what_an_editor_would_call_them(prompt: str, kind: str) -> None:
    assert one(generate(item(prompt, 1.5))).events[0].kind == kind


def test_every_sound_that_is_struck_has_a_name() -> None:
    for family in FAMILIES.values():
        for sound in family.sounds:
            if sound.strike is not None:
                assert "." not in name_of(Voice(family.name, sound.name))


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_what_is_made_in_a_pause_and_what_is_paused_are_as_they_would_be(family: str) -> None:
    """An editor's take is made in the midst of a batch's."""
    prompts = [f"{sound.name.replace('.', ' ')} {family}" for sound in FAMILIES[family].sounds]
    batch = item(", ".join(prompts[:3]) + ", light rain in a hall", 2.0)
    editors = item(", ".join(prompts[-3:]) + ", light rain in a hall", 1.0, seed=2)
    wanted, editors_wanted = (one(generate(each)).samples for each in (batch, editors))
    seen = ENGINE.encode(pictures(), Window(Fraction(0), RATE), {})
    between: list[Audio] = []

    def step(done: int, total: int) -> None:
        if done in (0, total // 2):
            between.append(one(generate(editors)))

    (made,) = ENGINE.generate([batch], step, lambda index: False)
    assert isinstance(made, Audio)
    np.testing.assert_array_equal(made.samples, wanted)
    assert len(between) >= 2
    for audio in between:
        np.testing.assert_array_equal(audio.samples, editors_wanted)
    looked: list[Features] = []

    def pausing() -> Iterator[Frame]:
        for number, frame in enumerate(pictures()):
            if number in (5, 20):
                looked.append(ENGINE.encode(pictures(), Window(Fraction(0), RATE), {}))
                generate(editors)
            yield frame

    looked.append(ENGINE.encode(pausing(), Window(Fraction(0), RATE), {}))
    for features in looked:
        assert features.arrays.keys() == seen.arrays.keys()
        for name, values in seen.arrays.items():
            np.testing.assert_array_equal(features.arrays[name], values)


def pictures() -> Iterator[Frame]:
    """A bright square that falls and stops, 30 pictures in a second."""
    for number in range(30):
        rgb = np.full((90, 160, 3), 40, np.uint8)
        top = min(60, 4 * number)
        rgb[top : top + 20, 60:90] = 230
        yield Frame(Fraction(number, 30), rgb)


def test_windows_are_joined_at_their_starts() -> None:
    n = 2 * RATE
    features = sight(2.0, impacts([1.25])).to_features()
    windows = [(Window(Fraction(0), n), features), (Window(Fraction(2), n), features)]
    audio = one(generate(Item(windows, "wood hit", "", 1, 2 * n)))
    assert [event.time for event in audio.events] == [Fraction(5, 4), Fraction(13, 4)]


def test_batches_sound_like_single_items() -> None:
    items = [item("wood hit, rain", 1.5, seed=3), item("boots on gravel", 2.0, seed=4)]
    together = generate(*items)
    for index, single in enumerate(items):
        alone = one(generate(single))
        assert np.array_equal(together[index].samples, alone.samples)  # type: ignore[union-attr]


def test_seeds_change_the_sound_but_not_the_events() -> None:
    first, second = (one(generate(item("boots on gravel", 2.0, seed=seed))) for seed in (1, 2**62))
    assert first.events == second.events
    assert not np.array_equal(first.samples, second.samples)


def test_every_step_is_told_once_over_the_whole_batch() -> None:
    steps: list[tuple[int, int]] = []
    items = [item("rain", 1.0), item("wood hit", 1.6)]
    ENGINE.generate(items, lambda done, total: steps.append((done, total)), lambda index: False)
    total = sum(hops(single.duration_samples) for single in items)
    assert {step[1] for step in steps} == {total}
    done = [step[0] for step in steps]
    assert done == sorted(done)
    assert done[-1] == total


def test_a_cancelled_item_stops_within_a_step_and_the_others_go_on() -> None:
    asked = {0: 0, 1: 0}

    def cancelled(index: int) -> bool:
        asked[index] += 1
        return index == 0 and asked[0] > 3

    made = ENGINE.generate([item("rain", 20.0), item("wood hit", 1.0)], lambda done, total: None, cancelled)
    assert isinstance(made[0], Cancelled)
    assert asked[0] == 4
    assert isinstance(made[1], Audio)


def test_unknown_words_are_warned_of_before_and_after() -> None:
    assert "'dog'" in ENGINE.check("dog, footsteps", "", {})[0]
    assert "'dog'" in one(generate(item("dog, wood hit", 1.0))).warnings[0]
    assert ENGINE.check("footsteps on gravel", "music", {}) == ()


@pytest.mark.parametrize(
    ("prompt", "negative", "options", "error", "says"),
    [
        ("", "", {}, PromptError, "empty"),
        ("qwertz", "", {}, PromptError, "qwertz"),
        ("rain", "rain", {}, PromptError, "takes away"),
        ("rain", "", {"sapce": "dry"}, OptionError, "no option 'sapce'"),
        ("rain", "", {"space": "moon"}, OptionError, "auto, dry, small, large, outdoors"),
        ("rain", "", {"sensitivity": "loud"}, OptionError, "number from 0 to 1"),
        ("rain", "", {"sensitivity": "nan"}, OptionError, "number from 0 to 1"),
        ("rain", "", {"width": "2"}, OptionError, "number from 0 to 1"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    prompt: str, negative: str, options: dict[str, str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        ENGINE.check(prompt, negative, options)


@pytest.mark.parametrize(("option", "value"), [("sapce", "dry"), ("space", "moon"), ("width", "much")])
def test_a_refused_option_is_named_as_a_field(option: str, value: str) -> None:
    with pytest.raises(OptionError) as refused:
        ENGINE.check("rain", "", {option: value})
    assert refused.value.field == f"engine.options.{option}"


def test_a_still_picture_gives_silence_and_says_why() -> None:
    audio = one(generate(item("footsteps on gravel", 1.0, sight(1.0))))
    assert not np.any(audio.samples)
    assert audio.events == ()
    assert "No footfalls were seen" in audio.warnings[0]


def test_an_item_without_windows_still_has_its_beds() -> None:
    audio = one(generate(Item([], "rain", "", 1, RATE)))
    assert np.sqrt((audio.samples**2).mean()) > 1e-4


def text_only(prompt: str, seconds: float) -> Item:
    n = round(seconds * RATE)
    half = Window(Fraction(0), n // 2), Window(Fraction(n // 2, RATE), n - n // 2)
    return Item([(window, Features({})) for window in half], prompt, "", 1, n)


def test_words_alone_give_beds_and_no_events() -> None:
    audio = one(generate(text_only("rain, footsteps on gravel, cloth rustle", 3.0)))
    assert audio.events == ()
    assert np.sqrt((audio.samples[:, RATE:] ** 2).mean()) > 1e-3
    assert any("no picture to place 'footsteps on gravel' by" in warning for warning in audio.warnings)
    assert any("'cloth rustle' follows motion, and there is no picture" in w for w in audio.warnings)


def test_events_asked_of_words_alone_are_silence_and_a_warning() -> None:
    audio = one(generate(text_only("footsteps on gravel", 1.0)))
    assert not np.any(audio.samples)
    assert len(audio.warnings) == 1


def test_features_of_another_version_are_refused() -> None:
    with pytest.raises(SightError, match="make them anew"):
        generate(Item([(Window(Fraction(0), RATE), Features({}, {"sight": "0"}))], "rain", "", 1, RATE))


def test_frames_are_looked_at_once_and_become_features() -> None:
    rgb = np.full((36, 64, 3), 90, dtype=np.uint8)
    frames = (Frame(Fraction(number, 25), rgb) for number in range(25))
    features = ENGINE.encode(frames, Window(Fraction(0), RATE), {})
    seen = Sight.from_features(features)
    assert seen.duration == 1.0
    assert len(seen.impacts) == 0
