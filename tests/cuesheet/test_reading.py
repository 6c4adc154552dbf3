"""Cue sheets, sidecars and foley.toml: what is read, and each mistake as one sentence with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleyd.cuesheet.errors import SheetError, SheetNotFound
from foleyd.cuesheet.read import read_settings, read_sheet, read_sidecar
from foleyd.cuesheet.schema import FolderSettings, Sidecar, settled


def saved(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def said(cue: object) -> dict[str, object]:
    """What a cue says, without where it stands."""
    fields = cue.__struct_fields__  # type: ignore[attr-defined]
    return {name: value for name in fields if name != "places" and (value := getattr(cue, name)) is not None}


# ------------------------------------------------------------------------------------------ TOML


def test_every_setting_of_a_folder(tmp_path: Path) -> None:
    text = """
prompt = ["footsteps on gravel", "ambience: rain"]
negative = "music"
layer = "foley"
takes = 3
seed = 7
engine = "procedural"
preset = "p"
steps = 20
guidance = 4.5
handles = 24
target = "resolve"
naming = "{name}_t{take}"
loudness = -23

[options]
room = 0.5
dry = true
"""
    settings = read_settings(saved(tmp_path, "foley.toml", text))
    assert settings == FolderSettings(
        prompt=("footsteps on gravel", "ambience: rain"),
        negative="music",
        layer="foley",
        takes=3,
        seed=7,
        engine="procedural",
        preset="p",
        steps=20,
        guidance=4.5,
        options={"room": "0.5", "dry": "true"},
        handles=24,
        target="resolve",
        naming="{name}_t{take}",
        loudness="-23",
    )
    assert settings.prompts == ("footsteps on gravel", "ambience: rain")
    assert read_settings(saved(tmp_path, "foley.toml", "")) == FolderSettings()


def test_a_sidecar_has_cues_with_times_as_typed(tmp_path: Path) -> None:
    text = (
        'prompt = "rain"\n[[cues]]\nstart = "01:00:10:00"\nend = 2.41\n[[cues]]\nstart = 3\nseeds = [1, 9]\n'
    )
    sheet = read_sidecar(saved(tmp_path, "a.foley.toml", text))
    assert sheet.prompts == ("rain",)
    assert [said(cue) for cue in sheet.cues] == [
        {"start": "01:00:10:00", "end": "2.41"},
        {"start": "3", "seeds": (1, 9)},
    ]
    assert str(sheet.cues[1].places["seeds"]) == "line 7, column 1"


def test_a_sidecars_words_go_before_its_folders(tmp_path: Path) -> None:
    folder = FolderSettings(prompt="rain", takes=2, loudness="-23")
    sheet = settled(Sidecar(takes=5, loudness=""), folder)
    assert (sheet.prompt, sheet.takes, sheet.loudness) == ("rain", 5, "")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('promt = "rain"', "line 1, column 1", "no 'promt' here; did you mean 'prompt'?"),
        ('\n  takes = "three"', "line 2, column 3", "takes must be a whole number from 1 to 32, not 'three'"),
        ("takes = 50", "line 1, column 1", "not 50"),
        ("takes = true", "line 1, column 1", "whole number"),
        ('target = "avid"', "line 1, column 1", "one of generic, resolve, premiere, kdenlive, not 'avid'"),
        ('loudness = "loud"', "line 1, column 1", "'loud' is no loudness"),
        ('naming = "{stm}"', "line 1, column 1", "'stm'"),
        ('prompt = ["a", ""]', "line 1, column 1", "the prompt is empty"),
        ("prompt = 3", "line 1, column 1", "prompt must be a text"),
        (f'prompt = "{"x" * 2001}"', "line 1, column 1", "2,001 characters"),
        ("prompt = footsteps", "line 1, column 10", "not TOML"),
        ("prompt = “footsteps”", "line 1, column 10", 'straight quotes ("), not in “'),
        ("options = {a = [1]}", "line 1, column 1", "plain values"),
        ("handles = -1", "line 1, column 1", "frames from 0 to 3600"),
        ("guidance = inf", "line 1, column 1", "a number from 0 to 1000"),
        ("[[cues]]\nstart = 1\nin = 3", "line 3, column 1", "did you mean 'start'?"),
        ("[[cues]]\nstart = 1\nsource = 3", "line 3, column 1", "no 'source' here"),
        ("[[cues]]\nstart = 1\nplaces = {}", "line 3, column 1", "no 'places' here"),
        ('source = "x"', "line 1, column 1", "no 'source' here"),
        ("[[cues]]\nstart = 01:00:10:00", "line 2, column 9", 'timecode needs quotes: "01:00:10:00"'),
        ("[[cues]]\nstart = 01:00:10", "line 2, column 1", "put timecode in quotes"),
        ('\n[[cues]]\nprompt = "x"', "line 2, column 1", "no start"),
        ("cues = [{start = 1}, {start = 2, takes = 0}]", "line 1, column 34", "not 0"),
        ("[cues]\nstart = 1", "line 1, column 1", "each under a line [[cues]]"),
        ("[[cues]]\nstart = 1\nseed = 1\nseeds = [1]", "line 4, column 1", "both given"),
        ("[[cues]]\nstart = 1\nseeds = [1, 1]", "line 3, column 1", "given twice"),
        ("[[cues]]\nstart = 1\ntakes = 3\nseeds = [1]", "line 3, column 1", "leave takes out"),
        ("[[cues]]\nstart = 1\nend = 2\nduration = 1", "line 4, column 1", "keep one of them"),
        ('[[cues]]\nid = "a"\nstart = 1\n[[cues]]\nid = "a"\nstart = 2', "line 5, column 1", "line 1"),
        ("a = " + "[" * 3000, "", "nested too deep"),
    ],
)
def test_a_mistake_in_toml_is_a_sentence_with_its_place(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    with pytest.raises(SheetError) as caught:
        read_sidecar(saved(tmp_path, "clip.foley.toml", text))
    message = str(caught.value)
    assert message.startswith(f"clip.foley.toml{', ' if place else ''}{place}: ")
    assert words in message
    assert "\n" not in message


def test_cues_belong_into_a_sidecar(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="no 'cues' here"):
        read_settings(saved(tmp_path, "foley.toml", "[[cues]]\nstart = 1\n"))


# ------------------------------------------------------------------------------------------- CSV

FOOTSTEPS = [{"start": "0", "end": "2.41", "prompt": "footsteps"}]


@pytest.mark.parametrize(
    "content",
    [
        "Start,End,Prompt\n0,2.41,footsteps\n",
        "\ufeffStart,End,Prompt\r\n0,2.41,footsteps\r\n",
        "START , end,PROMPT\r0,2.41,footsteps\r",
        "In;Out;Cue\n0;2,41;footsteps\n",
        "sep=;\r\nIn;Out;Description\r\n0;2,41;footsteps\r\n",
        "TC In\tTC Out\tSound\n0\t2.41\tfootsteps\n",
        "Scene 12, spotting\n\nStart,End,Prompt\n0,2.41,footsteps\n,,\n",
        "Reel,Start,End,Prompt,Character\nA,0,2.41,footsteps,Anna\n",
        "prompt,end,start\nfootsteps,2.41,0\n",
        'Start,End,Prompt\n"0","2.41","footsteps"\n',
        "Start,End,Prompt,Takes,Layer\n0,2.41,footsteps,,\n",
        "Start,End,Prompt\n0,2.41,footsteps\n".encode("utf-16"),
        "Start\tEnd\tPrompt\n0\t2.41\tfootsteps\n".encode("utf-16-le"),
        "Start;End;Prompt\n0;2.41;footsteps\n".encode("utf-16-be"),
    ],
)
def test_tables_as_programs_write_them(tmp_path: Path, content: str | bytes) -> None:
    sheet = read_sheet(saved(tmp_path, "a.csv", content))
    assert [said(cue) for cue in sheet.cues] == FOOTSTEPS


def test_all_columns_of_a_table(tmp_path: Path) -> None:
    text = (
        "Cue,In,Out,Duration,Layer,Description,Negative Prompt,Takes,Seed,Handles,Engine,Notes\n"
        '1M1,01:00:00:00,01:00:02:10,00:00:02:10,FX,"door, heavy ""oak""",music,3.0,7,24,procedural,ask Ann\n'
        "1M2,01:00:05:00,,,,'=rain,,,7 9 4,,,\n"
    )
    first, second = read_sheet(saved(tmp_path, "a.csv", text)).cues
    assert said(first) == {
        "id": "1M1",
        "start": "01:00:00:00",
        "end": "01:00:02:10",
        "duration": "00:00:02:10",
        "layer": "fx",
        "prompt": 'door, heavy "oak"',
        "negative": "music",
        "takes": 3,
        "seed": 7,
        "handles": 24,
        "engine": "procedural",
        "notes": "ask Ann",
    }
    assert said(second) == {"id": "1M2", "start": "01:00:05:00", "prompt": "=rain", "seeds": (7, 9, 4)}


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ("Start,End,Prompt\n0,2,x\n0,2,x,y\n", "line 3, column 4", "quotes around it"),
        ('Start,End,Prompt\n0,2,"x\n\n', "line 2, column 1", "quotes are not closed"),
        (
            "Start,Takes\n0,x\n",
            "line 2, column 2 (Takes)",
            "takes must be a whole number from 1 to 32, not 'x'",
        ),
        ('Start,Prompt,Takes\n0,"a\nb",1\n0,x,99\n', "line 4, column 3 (Takes)", "not 99"),
        ("Start,Prompt,Seed\n0,x,1.2E+10\n", "line 2, column 3 (Seed)", "shortened it"),
        ("Start,End,Prompt,Negtive\n0,2,x,y\n", "line 1, column 4 (Negtive)", "did you mean 'Negative'?"),
        ("Start,Prompt,Prompt\n0,x,y", "line 1, column 3 (Prompt)", "two columns"),
        ("Prompt,End,Start\n,1,0\nx,2,\n", "line 3, column 3 (Start)", "no start"),
        ("#,Start,Prompt\n1,0,x\n1,2,y\n", "line 3, column 1 (#)", "line 2"),
        (f"Start,Prompt\n0,{'x' * 2001}\n", "line 2, column 2 (Prompt)", "2,001 characters"),
        ("Start,Prompt\n0,a\x07b\n", "line 2, column 2 (Prompt)", "U+0007"),
        ("a,b,c\n1,2,3\n", "line 1, column 1", "Start (or In) in it; the first line has a, b, c"),
        ("", "line 1, column 1", "nothing"),
        ("Start,Prompt\n", "", "no cues under"),
        ("Start,Prompt\n0,café\n".encode("latin-1"), "line 2, column 6", "not UTF-8"),
    ],
)
def test_a_mistake_in_a_table_is_a_sentence_with_its_place(
    tmp_path: Path, content: str | bytes, place: str, words: str
) -> None:
    with pytest.raises(SheetError) as caught:
        read_sheet(saved(tmp_path, "spots.csv", content))
    assert str(caught.value).startswith(f"spots.csv{', ' if place else ''}{place}: ")
    assert words in str(caught.value)


def test_what_is_no_cue_sheet(tmp_path: Path) -> None:
    with pytest.raises(SheetNotFound, match="no such file"):
        read_sheet(tmp_path / "none.csv")
    with pytest.raises(SheetError, match=r"must end in .csv, .tsv, .txt, .toml"):
        read_sheet(saved(tmp_path, "spots.xlsx", "Start"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SheetError, match="is a folder"):
        read_sheet(tmp_path / "folder.toml")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(1 << 34)
    with pytest.raises(SheetError, match="larger than 16 MiB"):
        read_sheet(tmp_path / "huge.csv")
