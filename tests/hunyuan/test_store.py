"""The models folder says truly what is in it; the licence is a summary, a text, and a record of consent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from foleyd.config import Folders, find_folders
from foleyd.engines.hunyuan import licence, store
from foleyd.engines.hunyuan.errors import LicenceNotAccepted, ModelBusy, ModelMissing, ModelUnknown
from foleyd.engines.hunyuan.store import FileRecord, Record, record_files

NAME = "hunyuan-xxl"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FOLEYD_MODELS", raising=False)
    return find_folders()


@pytest.fixture
def home(folders: Folders) -> Path:
    """A model whose parts are a file each."""
    folder = folders.models / NAME
    for part in store.PARTS:
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text(f'{{"part": "{part}"}}')
    (folder / "published").mkdir()
    (folder / "published" / "a.pth").write_bytes(b"as fetched")
    files = {name: entry for part in store.PARTS for name, entry in record_files(folder / part, part).items()}
    store.write_record(
        folder,
        Record(
            model=NAME,
            size="xxl",
            source="https://huggingface.co",
            files=files,
            published=record_files(folder / "published"),
            acceptance=licence.accept("terminal", "Terms."),
        ),
    )
    return folder


def test_models_lie_in_a_folder_of_their_own_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path))
    monkeypatch.delenv("FOLEYD_MODELS", raising=False)
    assert find_folders().models == tmp_path / "models"
    monkeypatch.setenv("FOLEYD_MODELS", str(tmp_path / "large"))
    assert find_folders().models == tmp_path / "large"
    monkeypatch.delenv("FOLEYD_HOME")
    assert find_folders().models == tmp_path / "large"
    monkeypatch.delenv("FOLEYD_MODELS")
    assert find_folders().models.name == "models"


def test_a_whole_model_is_ready_and_verified(folders: Folders, home: Path) -> None:
    state = store.state_of(folders, NAME)
    assert (state.ready, state.problem) == (True, "")
    assert store.ready_home(folders, NAME) == home
    assert store.verify(folders, NAME) == []
    assert store.state_json(state)["acceptance"]["how"] == "terminal"
    assert [s.ready for s in store.all_states(folders)] == [True, False]


def test_what_is_not_there_names_the_command_that_gets_it(folders: Folders) -> None:
    with pytest.raises(ModelMissing, match="hunyuan-xl is not in ") as found:
        store.ready_home(folders, "hunyuan-xl")
    assert found.value.fix == "foley models pull hunyuan-xl"
    with pytest.raises(
        ModelUnknown, match=r"there is no model 'hunyuan'; foleyd knows hunyuan-xxl, hunyuan-xl"
    ):
        store.ready_home(folders, "hunyuan")
    for name in ("../etc", "", "/etc"):
        with pytest.raises(ModelUnknown):
            store.home_of(folders, name)


def test_missing_and_shortened_files_are_noticed_at_once_and_changed_ones_by_verify(
    folders: Folders, home: Path
) -> None:
    (home / "clap" / "config.json").write_text('{"part": "clip"}')
    (home / "published" / "a.pth").write_bytes(b"as fetchet")
    assert store.state_of(folders, NAME).ready
    assert store.verify(folders, NAME) == [
        f"{home}/clap/config.json has changed: its hash is not the recorded one",
        f"{home}/published/a.pth has changed: its hash is not the recorded one",
    ]
    (home / "clap" / "config.json").write_text("{}")
    assert store.state_of(folders, NAME).problem == f"{home}/clap/config.json is cut off or changed"
    assert store.verify(folders, NAME)[0] == f"{home}/clap/config.json has 2 bytes instead of 16"
    (home / "clap" / "config.json").unlink()
    state = store.state_of(folders, NAME)
    assert (state.problem, state.fix) == (f"{home}/clap/config.json is missing", f"foley models pull {NAME}")


def test_an_imported_model_is_mended_by_importing_it_again(folders: Folders, home: Path) -> None:
    record = store.read_record(home)
    assert record is not None
    record.source = "import /my films/weights"
    store.write_record(home, record)
    assert store.mend_command(folders, NAME) == "foley models import '/my films/weights'"


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"model": 3}', b"\xff"])
def test_a_damaged_record_is_said(text: bytes, folders: Folders, home: Path) -> None:
    (home / "model.json").write_bytes(text)
    state = store.state_of(folders, NAME)
    assert not state.ready
    assert "model.json cannot be read" in state.problem
    assert state.fix == f"foley models pull {NAME}"
    assert licence.acceptance(home) is None


def test_half_a_model_is_said_to_be_half(folders: Folders, home: Path) -> None:
    record = store.read_record(home)
    assert record is not None
    record.files = {}
    store.write_record(home, record)
    assert store.state_of(folders, NAME).problem == f"{NAME} has not been fetched and converted whole"
    record.published = {}
    store.write_record(home, record)
    assert store.state_of(folders, NAME).problem == f"{NAME} has not been fetched"
    with pytest.raises(ModelMissing):
        store.verify(folders, NAME)


def test_removing_takes_everything_and_only_that(folders: Folders, home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "film.mov").write_bytes(b"mine")
    (home / "link").symlink_to(outside)
    freed = store.remove(folders, NAME)
    assert freed > 0
    assert not home.exists()
    assert (outside / "film.mov").exists()
    with pytest.raises(ModelMissing, match="there is nothing to remove"):
        store.remove(folders, NAME)


def test_one_command_at_a_time_is_at_work_on_a_model(folders: Folders) -> None:
    with store.hold(folders, NAME):
        with (
            pytest.raises(ModelBusy, match="another command is at work on hunyuan-xxl"),
            store.hold(folders, NAME),
        ):
            pass
        with store.hold(folders, "hunyuan-xl"):
            pass
    with store.hold(folders, NAME):
        pass


def test_a_record_is_written_whole_or_not_at_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (home / "model.json").read_bytes()

    def fails(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(Exception, match="is full"):
            store.write_record(home, Record(model=NAME, size="xxl", source="x"))
    assert (home / "model.json").read_bytes() == before
    assert not list(home.glob(".foleyd-*"))


# ----------------------------------------------------------------------------------------- the licence


def test_the_summary_is_called_one_and_says_what_matters() -> None:
    for words in (
        "This is a summary", "not the licence", "European Union", "United Kingdom", "South Korea",
        "100 million", "improve other AI models", "Acceptable use", "Powered by Tencent Hunyuan",
    ):  # fmt: skip
        assert words in " ".join(licence.SUMMARY.split())


def test_acceptance_is_recorded_with_its_date_and_the_text_it_was_of(home: Path) -> None:
    accepted = licence.acceptance(home)
    assert accepted is not None
    assert accepted.licence == "Tencent Hunyuan Community License"
    assert accepted.when.endswith("+00:00")
    assert accepted.text_sha256 == licence.text_hash("Terms.")
    assert licence.acceptance(home.parent / "hunyuan-xl") is None


def test_licence_files_are_found_by_their_usual_names(tmp_path: Path) -> None:
    for name, text in (
        ("LICENSE", "One."), ("Notice.txt", "Two."), ("licence-en.md", "Three."), ("licensed.py", "no"),
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
    (tmp_path / "NOTICE").mkdir()
    assert licence.licence_text(tmp_path) == "One.\n\nTwo.\n\nThree."
    assert licence.licence_text(tmp_path / "none") == ""


def test_a_refusal_says_how_to_accept() -> None:
    error = licence.refused("there is no terminal to ask at")
    assert isinstance(error, LicenceNotAccepted)
    assert "nothing was fetched or imported" in str(error)
    assert "--accept-license" in error.fix


def test_records_and_licence_need_no_torch() -> None:
    code = (
        "import sys; sys.modules.update({name: None for name in ('torch', 'diffusers', 'transformers')})\n"
        "import foleyd.engines.hunyuan.store, foleyd.engines.hunyuan.models, foleyd.engines.hunyuan.hub\n"
        "from foleyd.cli.main import run; code = run(['models', 'list']) or run(['models', 'path'])\n"
        "print(code, run(['models', 'import', '.', '--accept-license']))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "0 2"
    assert "pip install 'foleyd[hunyuan]'" in answer.stderr


def test_files_are_recorded_with_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"abc")
    (entry,) = record_files(tmp_path, "below").items()
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert entry == ("below/a/b", FileRecord(3, sha256))
