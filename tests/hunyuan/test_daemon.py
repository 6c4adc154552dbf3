"""Sound by the hunyuan engine through the real daemon, on tiny random weights: the way a user takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from safetensors.torch import load_file, save_file

from clipmaker import make_clip
from foleyd.client import Daemon
from foleyd.engines.hunyuan import card
from foleyd.engines.hunyuan.store import read_record, record_of, write_record
from foleyd.media.bwf import read_provenance
from foleyd.v1 import foleyd_pb2 as pb
from house import House, finish, kinds, request, wait_for
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


def foley_plain(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    done = subprocess.run(
        [sys.executable, "-m", "foleyd", *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def hunyuan(media: Path, frames: int, folder: Path, *, steps: str = STEPS, **more: Any) -> pb.GenerateRequest:
    return request(media, frames, folder=folder, engine="hunyuan", steps=steps, **more)


def engine_info(daemon: Daemon) -> pb.EngineInfo:
    return next(engine for engine in daemon.server_info().engines if engine.name == "hunyuan")


def workers(daemon: Daemon) -> set[int]:
    """Process ids of the daemon's workers."""
    found = set()
    for child in psutil.Process(daemon.server_info().pid).children(recursive=True):
        with suppress(psutil.Error):  # it has just gone
            if "spawn_main" in str(child.cmdline()):
                found.add(child.pid)
    return found


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


def test_a_take_says_which_weights_made_it_and_how(daemon: Daemon, clip: Path, tmp_path: Path) -> None:
    done = finish(daemon, hunyuan(clip, 50, tmp_path / "out", guidance_scale="2"))[-1].done
    said = read_provenance(Path(done.takes[0].path))
    made = said["model"]
    assert (said["machine_generated"], said["engine"]) == (True, "hunyuan")
    assert (made["model"], made["precision"]) == ("hunyuan-xxl", "float32")
    assert (made["steps"], made["guidance_scale"], made["negative_prompt"]) == (STEPS, "2", "noisy, harsh")
    assert made["weights_source"].startswith("import ")
    assert len(made["weights_digest"]) == 64
    assert said["engine_version"].endswith(made["weights_digest"][:8])
    assert (made["licence"], made["licence_accepted_how"]) == (said["model_licence"], "--accept-license")
    assert made["licence_accepted"][:2] == "20"
    timeline = json.loads(Path(done.otio_path).read_bytes())
    (note,) = [
        child["metadata"]["foleyd"]
        for child in timeline["tracks"]["children"][-1]["children"]
        if "foleyd" in child["metadata"]
    ]
    assert note["model"] == made
    assert note["machine_generated"] is True


def test_a_new_prompt_on_known_footage_is_not_looked_at_again(
    daemon: Daemon, clip: Path, tmp_path: Path
) -> None:
    def seconds(number: int, **more: Any) -> set[str]:
        done = finish(daemon, hunyuan(clip, 50, tmp_path / str(number), **more))[-1].done
        assert len(done.takes) == 1
        return set(done.stage_seconds)

    seconds(0, prompt="known footage")
    wait_for(lambda: "see" not in seconds(1, prompt="a new prompt"))  # a fresh file's time is not trusted
    assert "see" not in seconds(2, prompt="a new prompt", guidance_scale="1.5")
    assert "see" in seconds(3, prompt="a new prompt", sync_crop="letterbox")
    assert "see" not in seconds(4, prompt="another one", sync_crop="letterbox")


def test_takes_of_a_cue_are_as_long_as_its_file_and_mono(daemon: Daemon, clip: Path, tmp_path: Path) -> None:
    done = finish(daemon, hunyuan(clip, 50, tmp_path / "out", takes=3, prompt="three"))[-1].done
    assert [take.seed for take in done.takes] == [1, 2, 3]
    sounds = [soundfile.read(take.path, always_2d=True)[0] for take in done.takes]
    assert {sound.shape for sound in sounds} == {(done.takes[0].samples, 1)}
    assert not np.array_equal(sounds[0], sounds[1])


def test_a_prompt_that_is_too_long_is_refused_before_anything_is_looked_at(
    daemon: Daemon, clip: Path, tmp_path: Path
) -> None:
    events = finish(daemon, hunyuan(clip, 50, tmp_path / "out", prompt="footsteps " * 60))
    (failed,) = [event.failed for event in events if event.HasField("failed")]
    assert "the prompt has 601 tokens and the model reads 512 at most; shorten it" in failed.message
    assert {event.stage.name for event in events if event.HasField("stage")} <= {"spot"}
    assert engine_worker(daemon)  # no other process has torch


def test_text_alone_makes_sound(daemon: Daemon, tmp_path: Path) -> None:
    message = hunyuan(tmp_path / "nothing.mov", 50, tmp_path / "out", prompt="wind")
    message.text_only = True
    done = finish(daemon, message)[-1].done
    assert soundfile.info(done.takes[0].path).frames == done.takes[0].samples
    assert "see" not in done.stage_seconds


def test_a_long_clip_sounds_to_its_end(daemon: Daemon, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "long.mp4", frames=625, size=(64, 48))
    done = finish(daemon, hunyuan(clip, 625, tmp_path / "out", steps="1"))[-1].done
    (take,) = done.takes
    data, _ = soundfile.read(take.path, always_2d=True)
    assert len(data) == take.samples
    end = take.source_in_samples + take.cue_samples
    assert take.cue_samples == 25 * 48_000
    for second in range(25):
        assert np.abs(data[take.source_in_samples :][second * 48_000 : (second + 1) * 48_000]).max() > 0
    assert np.abs(data[end - 960 : end]).max() > 0


def test_a_cancelled_job_stops_and_leaves_nothing(daemon: Daemon, clip: Path, tmp_path: Path) -> None:
    message = hunyuan(clip, 50, tmp_path / "out", steps="200", prompt="long")
    for event in daemon.generate(message):
        if event.stage.name == "hear" and event.stage.step:
            daemon.cancel(event.job_id)
    assert event.WhichOneof("event") == "cancelled"
    assert not (tmp_path / "out").exists()


def test_a_cancelled_job_is_told_so_while_those_that_share_its_batch_go_on(
    daemon: Daemon, clip: Path, tmp_path: Path
) -> None:
    first = daemon.generate(hunyuan(clip, 50, tmp_path / "a", steps="199", prompt="first"))
    heard = next(iter(first)).job_id
    wait_for(lambda: daemon.job(heard).stage.step > 0, 60)
    streams = [
        iter(daemon.generate(hunyuan(clip, 50, tmp_path / name, steps="199", prompt=name))) for name in "bc"
    ]
    jobs = [next(stream).job_id for stream in streams]
    wait_for(lambda: set(daemon.server_info().slots[1].job_ids) == set(jobs), 60)
    wait_for(lambda: daemon.job(jobs[1]).stage.step > 0, 60)
    daemon.cancel(jobs[0])
    wait_for(lambda: daemon.job(jobs[0]).state == pb.JOB_STATE_CANCELLED, 2)
    assert daemon.job(jobs[1]).state == pb.JOB_STATE_RUNNING
    assert list(streams[1])[-1].HasField("done")
    assert not (tmp_path / "b").exists()


def test_a_job_whose_engine_is_killed_is_repeated_in_a_new_process(
    daemon: Daemon, clip: Path, tmp_path: Path
) -> None:
    killed = 0
    for event in daemon.generate(hunyuan(clip, 50, tmp_path / "out", steps="150", prompt="killed")):
        if event.stage.name == "hear" and event.stage.step and not killed:
            killed = engine_worker(daemon)
            psutil.Process(killed).kill()
    assert killed
    assert event.WhichOneof("event") == "done"
    assert engine_worker(daemon) != killed
    (take,) = event.done.takes
    assert soundfile.info(take.path).frames == take.samples


def test_unloading_ends_the_process_and_the_next_job_starts_it_again(
    daemon: Daemon, clip: Path, tmp_path: Path
) -> None:
    foley_plain("unload", "hunyuan")
    code, _, err = foley_plain("load", "hunyuan")
    assert code == 0, err
    assert "loading the transformer" in err
    first = engine_worker(daemon)
    assert foley_plain("unload", "hunyuan")[0] == 0
    assert first not in workers(daemon)
    assert not engine_info(daemon).loaded
    events = finish(daemon, hunyuan(clip, 50, tmp_path / "out", prompt="again"))
    assert "loading the transformer" in [event.stage.words for event in events if event.stage.name == "load"]
    assert set(events[-1].done.stage_seconds) >= {"load", "hear"}
    assert engine_worker(daemon) != first


def test_an_engine_that_is_loaded_otherwise_must_be_unloaded_first(daemon: Daemon) -> None:
    assert foley_plain("load", "hunyuan")[0] == 0
    code, _, err = foley_plain("load", "hunyuan", "--device", "cuda:0")
    assert code == 2
    assert "unload it first" in err


def test_auto_passes_it_by_without_a_card_and_says_why(daemon: Daemon) -> None:
    info = engine_info(daemon)
    assert info.ready
    auto = daemon.server_info().auto_engine
    if card.caution():
        assert auto.name == "procedural"
        assert card.caution() in auto.reason
    else:
        assert auto.name == "hunyuan"


@pytest.mark.parametrize(("keep_alive", "stays"), [(0, False), (-1, True)])
def test_the_card_is_given_back_when_the_settings_say_so(
    keep_alive: int, stays: bool, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    import_tiny(tmp_path / "home", tmp_path / "published")
    house = House(tmp_path / "home")
    with house.start(settings=f"keep_alive = {keep_alive}\n") as daemon:
        assert kinds(finish(daemon, hunyuan(clip, 50, tmp_path / "out")))[-1] == "done"
        if stays:
            assert engine_info(daemon).loaded
        else:
            wait_for(lambda: len(workers(daemon)) == 1)
            assert not engine_info(daemon).loaded
    assert house.stop() == 0


def test_weights_that_change_between_two_jobs_are_loaded_anew(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    import_tiny(tmp_path / "home", tmp_path / "published")
    house = House(tmp_path / "home")
    home = house.folders.models / "hunyuan-xxl"

    def made(number: int) -> tuple[bool, str, bytes]:
        """Whether the engine was loaded; its version; the sound."""
        message = hunyuan(
            clip, 50, tmp_path / str(number), steps="1", prompt="rain" if number < 3 else "wind"
        )
        done = finish(daemon, message)[-1].done
        (take,) = done.takes
        return "load" in done.stage_seconds, done.engine.version, soundfile.read(take.path)[0].tobytes()

    with house.start() as daemon:
        loaded, version, sound = made(1)
        assert loaded
        worker = engine_worker(daemon)
        (path,) = (home / "autoencoder").glob("*.safetensors")
        save_file({name: 0.5 * weight for name, weight in load_file(path).items()}, path)
        record = read_record(home)
        assert record is not None
        record.files[f"autoencoder/{path.name}"] = record_of(path)
        write_record(home, record)
        loaded_again, other_version, other_sound = made(2)
        assert loaded_again
        assert version != other_version
        assert sound != other_sound
        assert made(3)[0] is False
        assert engine_worker(daemon) == worker
    assert house.stop() == 0


def test_without_weights_it_is_refused_with_the_command_that_gets_them(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    house = House(tmp_path / "home")
    house.start().close()
    words = ("generate", str(clip), "-o", str(tmp_path / "out"), "--engine", "hunyuan", "--prompt", "rain")
    code, answer, _ = foley(*words)
    assert (code, answer["error"]["code"]) == (2, "FAILED_PRECONDITION")
    assert "foley models pull hunyuan-xxl" in answer["error"]["message"]
    # Weights that come while the daemon runs are found; those whose licence was not accepted are not used.
    import_tiny(tmp_path / "home", tmp_path / "published")
    record = house.folders.models / "hunyuan-xxl" / "model.json"
    whole = record.read_text()
    record.write_text(json.dumps({**json.loads(whole), "acceptance": None}))
    code, answer, _ = foley(*words)
    assert (code, answer["error"]["reason"]) == (2, "ENGINE_NOT_READY")
    assert "licence" in answer["error"]["message"]
    assert "foley models pull hunyuan-xxl" in answer["error"]["message"]
    record.write_text(whole)
    assert foley(*words, "--steps", STEPS)[0] == 0
    assert house.stop() == 0
