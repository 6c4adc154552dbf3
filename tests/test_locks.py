from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foleyd.locks import lock_file


def test_a_file_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with lock_file(path) as first, lock_file(path) as second:
        assert (first, second) == (True, False)
    with lock_file(path) as again:
        assert again


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    script = (
        "import os, pathlib, sys; from foleyd.locks import lock_file\n"
        "with lock_file(pathlib.Path(sys.argv[1])) as ours: os._exit(0 if ours else 1)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 0
    with lock_file(path) as ours:
        assert ours


def test_a_file_that_cannot_be_made_is_the_callers_to_explain(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), lock_file(tmp_path / "no" / "a.lock"):
        raise AssertionError
