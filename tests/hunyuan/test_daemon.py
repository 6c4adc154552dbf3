"""Sound by the hunyuan engine through the real daemon, on tiny random weights: the way a user takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from clipmaker import make_clip
from foleyd.client import Daemon
from foleyd.v1 import foleyd_pb2 as pb
from house import House, finish, kinds, request
from hunyuan.weights import import_tiny

STREAM = Path(__file__).parents[1] / "data" / "clips" / "stream-of-water.mp4"
STEPS = "3"


@pytest.fixture(scope="module")
def tiny_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A daemon whose user has accepted and imported weights."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("tiny") / "home"
        patch.setenv("FOLEYD_HOME", str(home))
        patch.setenv("OMP_NUM_THREADS", "1")
        import_tiny(home, tmp_path_factory.mktemp("published"))
        house = House(home)
        house.start().close()
        yield house
        assert house.stop() == 0


@pytest.fixture
def daemon(tiny_house: House) -> Iterator[Daemon]:
    with tiny_house.connect() as daemon:
        yield daemon


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "two.mp4", frames=50, size=(96, 64))


def foley(*words: str) -> tuple[int, Any, str]:
    """Exit code, JSON and stderr of a command."""
    done = subprocess.run(
        [sys.executable, "-m", "foleyd", *words, "--json"], capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def hunyuan(media: Path, frames: int, folder: Path, *, steps: str = STEPS, **more: Any) -> pb.GenerateRequest:
    return request(media, frames, folder=folder, engine="hunyuan", steps=steps, **more)


def engine_info(daemon: Daemon) -> pb.EngineInfo:
    return next(engine for engine in daemon.server_info().engines if engine.name == "hunyuan")


def workers(daemon: Daemon) -> dict[int, int]:
    """Resident bytes by process id of the daemon's workers."""
    children = psutil.Process(daemon.server_info().pid).children(recursive=True)
    return {child.pid: child.memory_info().rss for child in children if "spawn_main" in str(child.cmdline())}


def engine_worker(daemon: Daemon) -> int:
    """The process that has the engine: the one that has torch in memory."""
    (pid,) = [
        pid for pid in workers(daemon) if any("libtorch" in m.path for m in psutil.Process(pid).memory_maps())
    ]
    return pid


def test_the_command_makes_sound_for_a_clip(tiny_house: House, tmp_path: Path) -> None:
    code, made, err = foley(
        *("generate", str(STREAM), "-o", str(tmp_path / "out"), "--engine", "hunyuan"),
        *("--prompt", "a brook over stones", "--steps", STEPS),
    )
    assert code == 0, err
    assert made["engine"] == "hunyuan"
    assert "hunyuan, as asked for" in err.splitlines()[0]
    ((take,),) = (cue["takes"] for cue in made["cues"])
    data, rate = soundfile.read(take["path"], always_2d=True)
    assert (rate, data.shape) == (48_000, (take["samples"], 1))
    end = take["source_in_samples"] + take["cue_samples"]
    assert np.abs(data[end - 960 : end]).max() > 0  # up to the last sample of the cue, nothing is padded
    assert set(made["seconds"]) >= {"see", "hear"}


def test_desk_and_engine_are_processes_of_their_own(daemon: Daemon, clip: Path, tmp_path: Path) -> None:
    assert kinds(finish(daemon, hunyuan(clip, 50, tmp_path / "out")))[-1] == "done"
    info = daemon.server_info()
    assert [slot.device for slot in info.slots] == ["cpu-worker", "gpu-worker"]
    assert len(workers(daemon)) == 2
    assert engine_worker(daemon)  # and no other has torch
    engine = engine_info(daemon)
    assert (engine.loaded, engine.device, engine.profile) == (True, "cpu", "full")
    assert "hunyuan-xxl in float32" in engine.note
