"""The selftest on the hunyuan engine, through the real daemon, on tiny random weights."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foleyd.selftest.clip import TAKE_SAMPLES
from house import House
from hunyuan.weights import import_tiny


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the weights were imported from, with a daemon whose user did so."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("tiny") / "home"
        patch.setenv("FOLEYD_HOME", str(home))
        patch.setenv("OMP_NUM_THREADS", "1")
        folder = tmp_path_factory.mktemp("published")
        import_tiny(home, folder)
        house = House(home)
        house.start().close()
        yield folder
        assert house.stop() == 0


def test_random_weights_pass_as_plumbing_and_are_reported_with_their_digest(
    published: Path, tmp_path: Path
) -> None:
    words = ["selftest", "hunyuan", "--steps", "3", "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "foleyd", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    states = {check["name"]: check["state"] for check in told["checks"]}
    assert {name: states[name] for name in ("file", "length", "numbers", "level")} == dict.fromkeys(
        ("file", "length", "numbers", "level"), "ok"
    )
    assert (told["sound"]["channels"], told["sound"]["samples"]) == (1, TAKE_SAMPLES)
    assert {"load", "see", "hear"} <= set(told["job"]["seconds"])
    model = told["job"]["model"]
    assert (model["steps"], model["precision"]) == ("3", "float32")
    report = (tmp_path / "out" / "report.md").read_text()
    for text in ("hunyuan-xxl", model["weights_digest"], "precision float32", "steps 3", "torch ", "full"):
        assert text in report
    assert "imported from files" in report
    assert str(published) not in report
    assert str(tmp_path) not in report
