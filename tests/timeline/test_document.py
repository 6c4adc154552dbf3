"""Reading documents safely: size, depth, numbers, schemas; one typed error, and quickly."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edits import SAMPLES, clip, gap, span, stack, time, timeline, track
from foleyd.timeline.document import MAX_DEPTH, read_document, write_document
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.markers import read_markers
from foleyd.timeline.media_url import rebase_url
from foleyd.timeline.program import read_program

EFFECT = {"name": "", "metadata": {}, "effect_name": "", "enabled": True}


def document(root: Any) -> bytes:
    text: str = root.to_json_string()
    return text.encode()


def edited(change: Any) -> bytes:
    """A small sound edit after CHANGE has had its JSON tree."""
    tree = json.loads(document(timeline(track(clip("a", span(0, 10), span(0, 100))), start=time(86400))))
    change(tree)
    return json.dumps(tree).encode()


def first_clip(tree: Any) -> Any:
    return tree["tracks"]["children"][0]["children"][0]


def used(tree: Any) -> Any:
    return first_clip(tree)["source_range"]


def refused(data: bytes, name: str = "cut.otio") -> str:
    with pytest.raises(TimelineError) as error:
        read_document(data, name)
    sentence = str(error.value)
    assert sentence.startswith(name)
    assert len(sentence) < 400
    return sentence


@pytest.mark.parametrize(
    "data",
    [b"[" * 200_000, b"[" * 200_000 + b"]" * 200_000, b'{"OTIO_SCHEMA":' * 100_000, b'{"a":[' * 50_000],
)
def test_deep_nesting_never_reaches_the_reader(data: bytes) -> None:
    assert "levels deep" in refused(data)


def test_brackets_inside_strings_are_not_nesting() -> None:
    data = edited(lambda tree: tree.update(name='[{"\\[' * 1000))
    assert read_document(data, "x").name == '[{"\\[' * 1000


def test_escaped_quotes_and_backslashes_end_no_string() -> None:
    for name in ('"' * 9 + "[" * 300, "\\\\" + "[" * 300, '\\"' * 5 + "{" * 300):
        assert read_document(edited(lambda tree, name=name: tree.update(name=name)), "x").name == name
    assert "levels deep" in refused(b'{"a": "\\\\", "b": ' + b"[" * 300)


def test_nesting_up_to_the_limit_is_read() -> None:
    def nest(tree: Any) -> None:
        value: Any = 1
        for _ in range(MAX_DEPTH - 4):
            value = [value]
        tree["metadata"]["deep"] = value

    assert read_document(edited(nest), "x").tracks is not None


def test_unterminated_strings_cost_one_pass() -> None:
    refused(b'"' + b'\\"' * 500_000)
    refused(b'{"a": "' + b"\\" * 500_001)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "is empty"),
        (b"  \n ", "is empty"),
        (b"\x00\x01\xff\xfe", "not UTF-8"),
        (b"hello", "not an OpenTimelineIO document"),
        (b"{}", "not an OpenTimelineIO document"),
        (b"[]", "not an OpenTimelineIO document"),
        (b"3", "not an OpenTimelineIO document"),
        (b'{"OTIO_SCHEMA": 3}', "not a sound"),
        (b'{"OTIO_SCHEMA": "Clip"}', "not a sound"),
        (b'{"OTIO_SCHEMA": "Foo.1"}', "UnknownSchema"),
        (b'{"OTIO_SCHEMA": "RationalTime.1", "rate": 24, "value": 1}', "not a timeline"),
        (b'{"OTIO_SCHEMA": "Timeline.1"}', "not a sound"),
        (b'{"OTIO_SCHEMA": "Timeline.1", "tracks": null, "name": "", "metadata": {}}', ""),
        (b'{"OTIO_SCHEMA": "Timeline.7", "tracks": null}', "newer OpenTimelineIO (Timeline.7)"),
        (b'{"OTIO_SCHEMA": "Clip.2", "x": ' + b"9" * 5000 + b"}", "not an OpenTimelineIO document"),
    ],
)
def test_what_is_no_document_is_refused_with_the_cause(data: bytes, cause: str) -> None:
    assert cause in refused(data)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda t: used(t)["duration"].update(value=-1.0), "negative duration -1 at clip 'a'"),
        (lambda t: used(t)["duration"].update(rate=0.0), "the rate 0 at clip 'a'"),
        (lambda t: used(t)["start_time"].update(rate=-24.0), "the rate -24"),
        (lambda t: used(t)["start_time"].update(value=float("nan")), "not a finite number"),
        (lambda t: used(t)["start_time"].update(value=float("inf")), "not a finite number"),
        (lambda t: used(t)["start_time"].update(value="1"), "not a finite number"),
        (lambda t: used(t)["duration"].update(value=1e300), "out of all range"),
        (lambda t: used(t)["duration"].update(rate=1e-300), "out of all range"),
        (lambda t: t["global_start_time"].update(value=-5.0), "before timecode zero"),
        (lambda t: t["global_start_time"].update(rate=0.0), "the rate 0"),
        (
            lambda t: first_clip(t)["effects"].append(
                {**EFFECT, "OTIO_SCHEMA": "LinearTimeWarp.1", "time_scalar": 1e9}
            ),
            "speed of 1000000000.0",
        ),
    ],
)  # fmt: skip
def test_times_that_no_editor_has_are_refused_with_their_place(change: Any, cause: str) -> None:
    assert cause in refused(edited(change))


def test_a_still_may_have_media_of_rate_zero() -> None:
    def still(tree: Any) -> None:
        available = first_clip(tree)["media_references"]["DEFAULT_MEDIA"]["available_range"]
        available["start_time"]["rate"] = available["duration"]["rate"] = 0.0

    read = read_program(read_document(edited(still), "x"), base_folder=None)
    assert [(shot.record.start, shot.record.end) for shot in read.program.shots] == [(0, 10)]


def test_metadata_may_hold_any_number_and_unknown_schemas() -> None:
    def fill(tree: Any) -> None:
        tree["metadata"] = {
            "odd": {"OTIO_SCHEMA": "RationalTime.1", "rate": 0.0, "value": float("nan")},
            "theirs": {"OTIO_SCHEMA": "Studio.9", "big": 2**63, "small": 0.009602577785650889},
            "inf": float("inf"),
        }
        first_clip(tree)["studio_field"] = [1, 2.5, None]

    data = edited(fill).replace(b"Infinity", b"Inf")
    written = write_document(read_document(data, "x"), data)
    tree = json.loads(written)
    assert tree["metadata"]["theirs"] == {
        "OTIO_SCHEMA": "Studio.9",
        "big": 2**63,
        "small": 0.009602577785650889,
    }
    assert tree["metadata"]["inf"] == float("inf")
    assert first_clip(tree)["studio_field"] == [1, 2.5, None]


@pytest.mark.parametrize("place", ["effects", "markers", "children", "media"])
def test_an_unknown_schema_in_the_edit_is_named_with_its_place(place: str) -> None:
    unknown = {"OTIO_SCHEMA": "Studio.9", "name": "", "metadata": {}}

    def change(tree: Any) -> None:
        if place == "children":
            tree["tracks"]["children"][0]["children"].append(unknown)
        elif place == "media":
            first_clip(tree)["media_references"]["DEFAULT_MEDIA"] = unknown
        else:
            first_clip(tree)[place].append(unknown)

    assert "Studio.9" in refused(edited(change))


@pytest.mark.parametrize(
    ("schema", "field"),
    [("Clip.1", "media_references"), ("Clip.0", "media_references"), ("Marker.1", "marked_range")],
)
@pytest.mark.parametrize("place", ["effects", "metadata"])
def test_old_schemas_with_new_fields_never_reach_the_reader(schema: str, field: str, place: str) -> None:
    # OpenTimelineIO 0.18.1 dereferences a dead pointer while it upgrades such an object.
    media = {"DEFAULT_MEDIA": {"OTIO_SCHEMA": "ExternalReference.1", "target_url": "a"}}
    value = media if field == "media_references" else media["DEFAULT_MEDIA"]
    mixed = {"OTIO_SCHEMA": schema, "name": "m", field: value}

    def change(tree: Any) -> None:
        if place == "metadata":
            tree["metadata"]["theirs"] = mixed
        else:
            first_clip(tree)["effects"].append(mixed)

    assert f"{schema} with newer fields" in refused(edited(change))


def test_an_object_that_refers_to_another_is_refused() -> None:
    def loop(tree: Any) -> None:
        tree["OTIO_REF_ID"] = "r"
        tree["metadata"]["self"] = {"OTIO_SCHEMA": "SerializableObjectRef.1", "id": "r"}

    assert "twice" in refused(edited(loop))


def test_a_bare_item_in_a_track_is_refused_by_name() -> None:
    def plain(tree: Any) -> None:
        first_clip(tree)["OTIO_SCHEMA"] = "Item.1"

    with pytest.raises(TimelineError, match="neither clip, gap, track nor"):
        read_program(read_document(edited(plain), "x"), base_folder=None)


@pytest.mark.parametrize(
    "root",
    [
        clip("a", span(5, 10)),
        track(clip("a", span(5, 10))),
        stack(track(clip("a", span(5, 10)))),
        stack(clip("a", span(5, 10))),
    ],
)
def test_a_bare_clip_track_or_stack_is_a_timeline_of_that(root: Any) -> None:
    data = document(root)
    read = read_document(data, "x")
    (shot,) = read_program(read, base_folder=None).program.shots
    assert (shot.name, shot.record.end, shot.source_start) == ("a", 10, Fraction(5, 24))
    again = read_document(write_document(read, data), "x")
    assert again.is_equivalent_to(read)


def test_a_collection_is_the_one_timeline_in_it() -> None:
    one = otio.schema.SerializableCollection("bin")
    one.append(timeline(track(clip("a", span(0, 3))), name="the one"))
    data = document(one)
    read = read_document(data, "x")
    assert read.name == "the one"
    one.append(timeline(track(gap(3)), name="another"))
    assert "2 timelines" in refused(document(one))
    assert "no timeline" in refused(document(otio.schema.SerializableCollection("bin")))


def test_a_collection_comes_back_whole_with_its_timeline_changed() -> None:
    bin_ = otio.schema.SerializableCollection("bin", metadata={"Tool": {"odd": 0.1 + 0.2}})
    bin_.append(clip("before", span(0, 3), url="rushes/ä.mov"))
    bin_.append(timeline(track(clip("a", span(0, 3), url="a.mov")), name="the one"))
    sequence = otio.schema.ImageSequenceReference("plates/", "p.", ".exr", 1, 1, 24, 4)
    bin_.append(otio.schema.Clip("after", sequence, span(0, 3)))
    bin_.append(clip("far", span(0, 3), url="/media/far.mov"))
    data = document(bin_)
    read = read_document(data, "x")
    read.tracks.append(track(gap(3), name="ours"))
    came = json.loads(data)
    back = json.loads(write_document(read, data))
    assert back["children"][1]["tracks"]["children"].pop()["name"] == "ours"
    assert back == came
    assert read_document(write_document(read, data), "x").is_equivalent_to(read)
    moved = json.loads(
        write_document(read, data, moved=lambda url: rebase_url(url, Path("/a"), Path("/a/b")))
    )
    references = [
        one["media_references"]["DEFAULT_MEDIA"] for one in moved["children"] if "tracks" not in one
    ]
    assert references[0]["target_url"] == "../rushes/ä.mov"
    assert references[1]["target_url_base"] == "../plates/"
    assert references[2]["target_url"] == "/media/far.mov"


def test_clips_of_the_first_schema_are_read_and_written_as_the_second() -> None:
    edit = timeline(track(clip("a", span(0, 10), span(0, 100))))
    text = otio.adapters.write_to_string(edit, "otio_json", target_schema_versions={"Clip": 1})
    assert '"Clip.1"' in text
    data = text.encode().replace(b'"value": 100.0', b'"value": 95.90409590409591')
    tree = json.loads(write_document(read_document(data, "x"), data))
    assert first_clip(tree)["OTIO_SCHEMA"] == "Clip.2"
    reference = first_clip(tree)["media_references"]["DEFAULT_MEDIA"]
    assert reference["available_range"]["duration"]["value"] == 95.90409590409591


def test_too_much_is_refused_before_it_is_looked_at() -> None:
    assert "MiB" in refused(b" " * (65 * 2**20))
    assert "4,000,000 values" in refused(b"[" + b"0," * 4_000_001)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_document(b"\xef\xbb\xbf" + edited(lambda _: None), "x").name == "edit"


@given(
    name=st.sampled_from(
        sorted(path.name for path in SAMPLES.glob("*.otio") if path.stat().st_size < 20_000)
    ),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=150, deadline=None)
def test_damaged_documents_are_read_or_refused_and_nothing_else(name: str, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray((SAMPLES / name).read_bytes())
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        way = chance.randrange(4)
        if way == 0:
            data[at] = chance.randrange(256)
        elif way == 1:
            del data[at : at + chance.randint(1, 30)]
        elif way == 2:
            data[at:at] = chance.choice([b"{", b"]", b'"', b"-", b"NaN", b"9" * 20, b"null", b"0", b"e9"])
        else:
            other = chance.randrange(len(data))
            data[at : at + 8] = data[other : other + 8]
    try:
        read = read_document(bytes(data), name)
        read_program(read, base_folder=None)
        read_markers(read)
        write_document(read, bytes(data))
    except TimelineError:
        return


@pytest.mark.parametrize("place", ["effects", "metadata", "name"])
def test_entries_of_one_name_never_reach_the_reader(place: str) -> None:
    # OpenTimelineIO 0.18.1 crashes on objects that come twice.
    effect = '{"OTIO_SCHEMA": "Effect.1", "name": "", "metadata": {}, "effect_name": "x"}'
    doubled = {
        "effects": f'"effects": [{effect}], "effects": [{effect}]',
        "metadata": f'"metadata": {{"a": {effect}, "a": {effect}}}',
        "name": '"name": "x", "name": "y"',
    }
    words = refused(f'{{"OTIO_SCHEMA": "Gap.1", {doubled[place]}}}'.encode())
    assert f"two entries '{'a' if place == 'metadata' else place}'" in words
