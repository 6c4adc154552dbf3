"""What ``foley doctor`` says of the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.fake_daemon import FakeDaemon
from foleyd.cli import doctor
from foleyd.cli.main import run
from foleyd.config import Folders
from foleyd.engines.hunyuan import licence, store

NAME = "hunyuan-xxl"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Packages that are there."""
    there = {"torch", "diffusers", "transformers"}
    monkeypatch.setattr(doctor, "_version", lambda package: "1" if package in there else None)
    return there


@pytest.fixture
def home(folders: Folders) -> Path:
    """A whole model whose licence was accepted."""
    home = folders.models / NAME
    for part in store.PARTS:
        (home / part).mkdir(parents=True)
        (home / part / "config.json").write_text("{}")
    files = {
        name: entry for part in store.PARTS for name, entry in store.record_files(home / part, part).items()
    }
    accepted = licence.accept("terminal", "Terms.")
    store.write_record(
        home, store.Record(model=NAME, size="xxl", source="hub", files=files, acceptance=accepted)
    )
    return home


def said(capsys: pytest.CaptureFixture[str], name: str = NAME) -> tuple[str, str, str]:
    """State, detail and fix of a model."""
    assert run(["doctor", "--json"]) == 0
    (found,) = [c for c in json.loads(capsys.readouterr().out)["checks"] if c["name"] == f"model {name}"]
    return found["state"], found["detail"], found["fix"]


def test_models_that_are_absent_are_listed_with_the_command_that_gets_them(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("hunyuan-xxl", "hunyuan-xl"):
        state, detail, fix = said(capsys, name)
        assert state == "note"
        assert detail.startswith("absent (")
        assert fix == f"foley models pull {name} (only if you want it)"


def test_a_model_is_ready_only_when_it_is_whole_and_accepted(
    daemon: FakeDaemon, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, detail, _ = said(capsys)
    assert (state, detail.startswith("ready, "), str(home) in detail) == ("ok", True, True)

    record = store.read_record(home)
    assert record is not None
    record.acceptance = None
    store.write_record(home, record)
    assert said(capsys) == (
        "note",
        f"its licence is not accepted; it is in {home}",
        f"foley models pull {NAME}",
    )
    (home / "clap" / "config.json").unlink()
    state, detail, fix = said(capsys)
    assert (state, fix) == ("note", f"foley models pull {NAME}")
    assert detail == f"incomplete: {home / 'clap' / 'config.json'} is missing"
    (home / "model.json").write_text("{")
    assert said(capsys)[1].startswith("incomplete: ")


def test_packages_that_are_missing_are_said_of_each_model(
    daemon: FakeDaemon, home: Path, installed: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    installed.clear()
    assert said(capsys) == (
        "note",
        "not installed: torch, diffusers, transformers",
        "pip install 'foleyd[hunyuan]'",
    )
    assert said(capsys, "hunyuan-xl")[2] == (
        "pip install 'foleyd[hunyuan]', then foley models pull hunyuan-xl (only if you want it)"
    )
