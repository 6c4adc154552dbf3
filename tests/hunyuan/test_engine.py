"""The engine on tiny random weights of the published layout: plumbing, lengths, options, repeatability."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models import modeling_utils

from foleyd.config import Folders, find_folders
from foleyd.engines.engine import (
    Audio,
    Cancelled,
    EngineError,
    EngineNotReady,
    Features,
    Frame,
    Item,
    OptionError,
    PromptError,
    Window,
)
from foleyd.engines.hunyuan import storage
from foleyd.engines.hunyuan.engine import HunyuanEngine, _device
from foleyd.engines.hunyuan.pipeline import Pipeline
from hunyuan.weights import import_tiny

RATE = 48_000
QUICK = {"steps": "2"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HunyuanEngine]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("FOLEYD_HOME", str(home))
        folders = find_folders()
        import_tiny(home, tmp_path_factory.mktemp("published"))
        torch.set_num_threads(1)
        made = HunyuanEngine(folders)
        assert made.ready() == ""
        made.load("cpu", "auto", lambda fraction, words: None)
        yield made


def film(seconds: float, rate: int = 25, size: tuple[int, int] = (36, 64)) -> Iterator[Frame]:
    random = np.random.default_rng(3)
    for number in range(max(1, round(seconds * rate))):
        yield Frame(Fraction(number, rate), random.integers(0, 255, (*size, 3), dtype=np.uint8))


def item_of(
    engine: HunyuanEngine,
    windows: list[Window],
    samples: int,
    *,
    seed: int = 1,
    prompt: str = "footsteps",
    **options: str,
) -> Item:
    settings = {**QUICK, **options}
    seen = [(w, engine.encode(film(w.duration / RATE), w, settings)) for w in windows]
    return Item(seen, prompt, "", seed, samples, settings)


def make(engine: HunyuanEngine, *items: Item) -> list[Audio]:
    made = engine.generate(items, lambda done, total: None, lambda index: False)
    assert all(isinstance(one, Audio) for one in made)
    return [one for one in made if isinstance(one, Audio)]


@pytest.mark.parametrize("samples", [1, 961, 30_719, 48_000, 92_345])
def test_a_take_is_as_long_as_its_window(engine: HunyuanEngine, samples: int) -> None:
    (audio,) = make(engine, item_of(engine, [Window(Fraction(0), samples)], samples))
    assert audio.samples.dtype == np.float32
    assert audio.samples.shape[0] == 1
    assert audio.samples.shape[1] >= samples
    assert np.isfinite(audio.samples).all()
    assert np.abs(audio.samples[:, -960:]).max() > 0  # the picture is held, nothing is padded


def test_windows_that_overlap_or_meet_cover_the_item(engine: HunyuanEngine) -> None:
    windows = [
        Window(Fraction(0), 60_001, 9_600),
        Window(Fraction(50_401, RATE), 70_003, 0),
        Window(Fraction(120_404, RATE), 40_000),
    ]
    samples = 60_001 - 9_600 + 70_003 + 40_000
    (audio,) = make(engine, item_of(engine, windows, samples))
    assert audio.samples.shape[1] >= samples


def test_the_same_request_repeats_bit_for_bit(engine: HunyuanEngine) -> None:
    item = item_of(engine, [Window(Fraction(0), RATE)], RATE)
    (first,), (second,) = make(engine, item), make(engine, item)
    assert np.array_equal(first.samples, second.samples)


def test_company_changes_nothing_that_can_be_heard(engine: HunyuanEngine) -> None:
    item = item_of(engine, [Window(Fraction(0), RATE)], RATE)
    other = item_of(
        engine, [Window(Fraction(0), 2 * RATE)], 2 * RATE, seed=9, prompt="rain on a tin roof, far"
    )
    (alone,), (_, beside) = make(engine, item), make(engine, other, item)
    assert np.abs(alone.samples - beside.samples).max() < 1e-4


def test_seed_and_prompt_change_the_take(engine: HunyuanEngine) -> None:
    window = [Window(Fraction(0), RATE)]
    one, two, three = make(
        engine,
        item_of(engine, window, RATE),
        item_of(engine, window, RATE, seed=2),
        item_of(engine, window, RATE, prompt="glass breaks"),
    )
    assert not np.array_equal(one.samples, two.samples)
    assert not np.array_equal(one.samples, three.samples)


def test_words_alone_make_a_take(engine: HunyuanEngine) -> None:
    window = Window(Fraction(0), RATE)
    item = Item([(window, Features({}))], "wind", "", 1, RATE, QUICK)
    (audio,) = make(engine, item)
    assert audio.samples.shape[1] >= RATE


def test_a_cancelled_item_stops_and_the_other_goes_on(engine: HunyuanEngine) -> None:
    item = item_of(engine, [Window(Fraction(0), RATE)], RATE)
    steps: list[int] = []
    made = engine.generate([item, item], lambda done, total: steps.append(done), lambda index: index == 0)
    assert isinstance(made[0], Cancelled)
    assert isinstance(made[1], Audio)
    assert steps == [1, 2]


def test_values_out_of_range_are_noticed_and_the_item_is_made_in_bf16(
    engine: HunyuanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = engine._loaded()
    plain, steps = pipeline.step, []

    def overflowing(batch, noisy, vec, triple, guidance):  # type: ignore[no-untyped-def]
        steps.append(1)
        return plain(batch, noisy, vec, triple, guidance).fill_(float("inf"))

    velocity, complaints = pipeline.velocity, []
    monkeypatch.setattr(pipeline, "step", overflowing)
    monkeypatch.setattr(modeling_utils.logger, "warning", lambda *words: complaints.append(words))
    item = item_of(engine, [Window(Fraction(0), RATE)], RATE, steps="9")
    (audio,) = make(engine, item)
    assert len(steps) == 2  # the loop did not go on with what could not be mended
    assert any("BF16" in warning for warning in audio.warnings)
    assert pipeline.velocity.dtype == torch.bfloat16
    assert complaints == []
    pipeline.velocity.model.to(torch.float32)
    pipeline.velocity, pipeline.step = velocity, plain


def test_what_cannot_be_is_refused(engine: HunyuanEngine) -> None:
    with pytest.raises(OptionError, match="no option 'colour'"):
        engine.check("rain", "", {"colour": "red"})
    for wrong in (
        *({"steps": "0"}, {"steps": "2.5"}, {"guidance_scale": "much"}, {"guidance_scale": "21"}),
        *({"sync_crop": "left"}, {"colour": "red"}),
    ):
        with pytest.raises(OptionError) as refused:
            engine.check("rain", "", wrong)
        assert [refused.value.field] == [f"engine.options.{name}" for name in wrong]
    with pytest.raises(PromptError, match="empty"):
        engine.check("  ", "", {})
    with pytest.raises(PromptError, match="shorten"):
        engine.check("footsteps " * 600, "", {})
    with pytest.raises(EngineError, match="no picture"):
        engine.encode(iter(()), Window(Fraction(0), RATE), {})


@pytest.mark.parametrize(
    "text", ["x" * 510, "x" * 511, "é" * 255, "é" * 256, "日本 🙂\n" * 40, " <s> word " * 99]
)
def test_what_is_too_long_is_refused_alike_before_and_after_loading(engine: HunyuanEngine, text: str) -> None:
    said = []
    for one in (HunyuanEngine(engine._folders), engine):
        for texts in ((text, ""), ("rain", text)):
            try:
                one.check(*texts, {})
                said.append("")
            except PromptError as error:
                said.append(f"{error.field}: {error}")
    assert said[:2] == said[2:]
    assert bool(said[0]) == bool(said[1])


def test_without_weights_it_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path))
    folders: Folders = find_folders()
    engine = HunyuanEngine(folders)
    assert "foley models pull hunyuan-xxl" in engine.ready()
    with pytest.raises(EngineNotReady):
        engine.load("auto", "auto", lambda fraction, words: None)


@pytest.mark.parametrize("profile", ["8bit", "offload"])
def test_weights_that_take_less_make_nearly_the_same_sound(
    engine: HunyuanEngine, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_LARGE", 1)
    item = item_of(engine, [Window(Fraction(0), RATE)], RATE)
    (plain,) = make(engine, item)
    smaller = HunyuanEngine(engine._folders)
    assert smaller.load("cpu", profile, lambda fraction, words: None).profile == profile
    (audio,) = make(smaller, item)
    assert audio.provenance["memory_profile"] == profile
    assert np.abs(audio.samples - plain.samples).max() < (1e-6 if profile == "offload" else 0.05)


def test_when_memory_runs_out_the_take_is_made_with_weights_that_take_less(
    engine: HunyuanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = HunyuanEngine(engine._folders)
    small.load("cpu", "full", lambda fraction, words: None)
    plain = small._generate

    def full(*arguments):  # type: ignore[no-untyped-def]
        if small.report().profile == "full":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(*arguments)

    monkeypatch.setattr(small, "_generate", full)
    item = item_of(engine, [Window(Fraction(0), RATE)], RATE)
    (audio,) = make(small, item)
    assert audio.warnings == ("memory of the card ran out: the profile is now 8bit",)
    report = small.report()
    assert report is not None
    assert (report.profile, "memory of the card ran out" in report.note) == ("8bit", True)

    def never(*arguments):  # type: ignore[no-untyped-def]
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(small, "_generate", never)
    with pytest.raises(EngineError, match="even with"):
        make(small, item)


def test_when_memory_runs_out_while_seeing_the_picture_is_seen_with_weights_that_take_less(
    engine: HunyuanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = HunyuanEngine(engine._folders)
    small.load("cpu", "full", lambda fraction, words: None)
    plain = item_of(small, [Window(Fraction(0), RATE)], RATE)
    see = Pipeline.see

    def full(*arguments):  # type: ignore[no-untyped-def]
        if small.report().profile != "offload":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return see(*arguments)

    monkeypatch.setattr(Pipeline, "see", full)
    item = item_of(small, [Window(Fraction(0), RATE)], RATE)  # the frames come only once
    ((_, expected),), ((_, features),) = plain.windows, item.windows
    assert np.array_equal(features.arrays["clip"], expected.arrays["clip"])
    assert features.warnings == expected.warnings  # those are kept with the picture, for other days
    report = small.report()
    assert report is not None
    assert (report.profile, "since memory of the card ran out" in report.note) == ("offload", True)
    (audio,), (later,) = make(small, item), make(small, item)
    assert audio.warnings == ("memory of the card ran out: the profile is now offload",)
    assert later.warnings == ()

    def never(*arguments):  # type: ignore[no-untyped-def]
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Pipeline, "see", never)
    with pytest.raises(EngineError, match="even with"):
        item_of(small, [Window(Fraction(0), RATE)], RATE)


@pytest.mark.parametrize("wanted", ["auto", "full"])
@pytest.mark.parametrize("where", ["load", "warm_up"])
def test_when_memory_runs_out_while_loading_weights_that_take_less_are_loaded(
    engine: HunyuanEngine, monkeypatch: pytest.MonkeyPatch, where: str, wanted: str
) -> None:
    plain, tries = getattr(Pipeline, where), []

    def full(*arguments):  # type: ignore[no-untyped-def]
        tries.append(where)
        if len(tries) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(*arguments)

    monkeypatch.setattr(Pipeline, where, full)
    small = HunyuanEngine(engine._folders)
    report = small.load("cpu", wanted, lambda fraction, words: None)
    assert report.profile == "8bit"
    assert "the transformer's weights in 8 bits, since memory of the card ran out" in report.note

    def never(*arguments):  # type: ignore[no-untyped-def]
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Pipeline, where, never)
    with pytest.raises(EngineError, match="even with"):
        small.load("cpu", wanted, lambda fraction, words: None)
    assert small.report() is None


def test_a_device_is_one_that_is_there() -> None:
    assert [_device(name, 2) for name in ("auto", "", "cuda", "cuda:1", "cpu")] == [
        *("cuda:0", "cuda:0", "cuda:0", "cuda:1", "cpu"),
    ]
    assert _device("auto", 0) == "cpu"
    for name in ("cuda:2", "cuda:x", "toaster"):
        with pytest.raises(EngineNotReady, match="there are cpu, cuda:0, cuda:1"):
            _device(name, 2)
