from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
import soundfile
from foley import foley_find, foley_server
from foley.foley_call import FoleyMissing, PrivateFolder
from foley.foley_jobs import ENDED, Jobs, JobView
from foley.foley_requests import Ask, AskWrong
from foley.foley_server import ServerWatch
from foley.program import Program, Shot

from clipmaker import make_clip
from foleyd.launch import read_endpoint
from foleyd.v1 import foleyd_pb2 as pb
from house import FAKE_ENGINE, House, request, wait_for
from plugins.disks import small_disk

CLIPS = Path(__file__).parents[1] / "data" / "clips"
PLUGIN_TESTS = str(Path(__file__).parent)
CHILD = Path(PLUGIN_TESTS) / "child.py"
FOLEY = str(Path(sys.executable).parent / "foley")
WITH_FAKE = ["/usr/bin/env", f"PYTHONPATH={FAKE_ENGINE}", FOLEY]
"""The fake engine is known to daemons that this command starts, too."""
Make = Callable[..., Jobs]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A home of its own, whose daemon is ended whoever started it."""
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    house = House(tmp_path / "home")
    yield house
    endpoint = read_endpoint(house.folders)
    if endpoint is not None and psutil.pid_exists(endpoint.pid):
        subprocess.run([FOLEY, "stop"], check=False, capture_output=True)
    house.stop()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Jobs whose temporary files are gone at the end."""
    parent = tmp_path / "temporary"
    parent.mkdir()
    made: list[Jobs] = []

    def new(command: list[str] | None = None) -> Jobs:
        made.append(Jobs(lambda: command or WITH_FAKE, str(parent)))
        return made[-1]

    yield new
    for each in made:
        each.close()
    assert list(parent.iterdir()) == [], "something was left behind"


@pytest.fixture(scope="module")
def flashes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "flashes.mp4", frames=50, size=(96, 64))


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    return Ask(
        prompt="clicks",
        engine="fake",
        folder=str(tmp_path / "sound"),
        client="tests",
        options={"delay": "0.3"},
    )


def program(clip: Path, frames: int = 50, rate: Fraction = Fraction(25)) -> Program:
    shot = Shot(clip.stem, str(clip), Fraction(0), 0, frames, Fraction(1))
    return Program(rate, (shot,), 0, frames, clip.stem)


def other(ask: Ask, prompt: str, **changes: Any) -> Ask:
    """ASK for other sound: an equal question would be answered from the cache."""
    return Ask(**{**vars(ask), "prompt": prompt, **changes})


def until(work: Jobs, view: JobView, state: str) -> list[str]:
    """Polls until VIEW is in STATE; the states it went through."""
    seen: list[str] = []

    def there() -> bool:
        seen.extend(each.state for each in work.poll() if each is view)
        assert view.state == state or view.state not in ENDED, (view.state, view.error, view.detail)
        return view.state == state

    wait_for(there, 40)
    return seen


def polling(work: Jobs, condition: Callable[[], Any]) -> None:
    """Polls until CONDITION holds."""
    wait_for(lambda: (work.poll(), condition())[1], 40)


def children() -> list[int]:
    """The calls of foley that live; other tests may have left other children to this process."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # of one that has ended
            if "call" in child.cmdline():
                found.append(child.pid)
    return found


# ------------------------------------------------------------------------------------- a good end


@pytest.mark.slow
def test_real_footage_becomes_takes_with_whole_numbers(house: House, make: Make, tmp_path: Path) -> None:
    work = make()
    ask = Ask(
        prompt="a stream over stones", engine="procedural", takes=2, handles=5, folder=str(tmp_path / "sound")
    )
    ask.ranges = [(20, 60)]
    clip = program(CLIPS / "stream-of-water.mp4", 90, Fraction(30000, 1001))
    view = work.submit(ask, clip, "Scene")
    assert (view.title, view.scene_name, view.state) == ("a stream over stones", "Scene", "starting")
    words: list[str] = []
    fractions: list[float] = []
    while view.state not in ENDED:
        work.poll()
        words.append(view.words)
        fractions.append(view.fraction)
        time.sleep(0.005)
    assert (view.state, view.error, view.warnings) == ("done", "", [])
    assert view.engine == "procedural"
    assert fractions == sorted(fractions)
    assert "looking at the picture" in words
    assert view.result is not None
    assert [item["enabled"] for item in view.result["placements"]] == [True, False]
    for take in view.result["takes"]:
        assert take["file_range"] == {"start_frame": 15, "end_frame": 65}
        assert soundfile.info(take["path"]).frames == take["samples"]
    assert {item["range"]["end_frame"] for item in view.result["placements"]} == {60}
    assert work.active == []
    assert children() == []


@pytest.mark.slow
def test_jobs_run_side_by_side_and_each_says_when_its_state_changes(
    house: House, make: Make, flashes: Path, ask: Ask
) -> None:
    house.start()
    work = make()
    views = [work.submit(other(ask, f"clicks {number}"), program(flashes)) for number in range(2)]
    changed: list[tuple[str, str]] = []
    together = 0
    while work.active:
        changed += [(view.title, view.state) for view in work.poll()]
        together = max(together, len([view for view in work.active if view.job_id]))
        time.sleep(0.01)
    assert together == 2
    for view in views:
        states = [state for title, state in changed if title == view.title]
        assert states[-2:] == ["running", "done"]
        assert len(states) == len(set(states))
    assert work.poll() == []


@pytest.mark.slow
def test_the_stage_of_a_running_job_is_said_in_words(
    house: House, make: Make, flashes: Path, ask: Ask
) -> None:
    house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    until(work, view, "running")
    polling(work, lambda: view.words.startswith("making sound, step "))
    assert view.words.endswith(" of 10")
    polling(work, lambda: (view.eta or 0) > 0)
    assert work.wait(view.id, 20).state == "done"
    assert view.eta is None


@pytest.mark.slow
def test_no_more_than_four_children_run_at_a_time(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    house.start()
    work = make()
    views = [work.submit(other(ask, f"clicks {number}"), program(flashes)) for number in range(7)]
    polling(work, lambda: len(children()) == 4)
    work.poll()
    assert [view.state for view in views[4:]] == ["queued"] * 3
    assert [view.words for view in views[4:]] == [f"waiting, {ahead} jobs ahead" for ahead in (4, 5, 6)]
    work.cancel(views[5].id)
    assert views[5].state == "cancelled"
    while work.active:
        work.poll()
        assert len(children()) <= 4
        time.sleep(0.02)
    ends = [view.error or view.state for view in views]
    assert ends == ["done"] * 5 + ["cancelled", "done"]


@pytest.mark.slow
def test_a_job_that_is_done_in_part_says_which_part_is_not(house: House, make: Make, tmp_path: Path) -> None:
    house.start()
    work = make()
    ask = Ask(prompt="clicks", engine="fake", folder=str(tmp_path / "sound"))
    ask.cues = [(0, 20, "clicks"), (20, 40, "unplayable")]
    view = work.submit(ask, program(CLIPS / "stream-of-water.mp4", 90, Fraction(30000, 1001)))
    assert work.wait(view.id, 40).state == "done"
    assert view.warnings == ["a part could not be made: the fake engine cannot play this; ask for clicks"]


# ------------------------------------------------------------------------------------- rendering first


@pytest.mark.slow
def test_a_job_may_wait_for_its_strips_to_be_rendered(
    house: House, make: Make, flashes: Path, ask: Ask
) -> None:
    house.start()
    work = make()
    view = work.hold(ask, "Scene")
    for _ in range(3):
        work.poll()
    assert view.state == "rendering"
    assert children() == []
    work.start(view.id, program(flashes))
    assert work.wait(view.id, 30).state == "done"


def test_a_rendering_that_fails_fails_its_job(make: Make, ask: Ask, flashes: Path) -> None:
    work = make()
    view = work.hold(ask)
    work.fail(view.id, "the strip Title could not be rendered; make it shorter")
    assert work.poll() == [view]
    assert (view.state, view.error) == ("failed", "the strip Title could not be rendered; make it shorter")
    work.start(view.id, program(flashes))
    assert view.state == "failed"


def test_what_is_wrong_in_the_dialog_starts_nothing(make: Make, flashes: Path, ask: Ask) -> None:
    work = make()
    with pytest.raises(AskWrong, match="the prompt is empty"):
        work.submit(other(ask, " "), program(flashes))
    with pytest.raises(AskWrong, match=r"there is no folder for the sound"):
        work.hold(other(ask, "clicks", folder=""))
    assert work.views == []


# ------------------------------------------------------------------------------------------ cancelling


def test_cancelling_before_anything_was_started(make: Make, flashes: Path, ask: Ask) -> None:
    work = make()
    held, waiting = work.hold(ask), work.submit(ask, program(flashes))
    for view in (held, waiting):
        work.cancel(view.id)
    assert work.poll() == [held, waiting]
    assert (held.state, waiting.state) == ("cancelled", "cancelled")
    work.start(held.id, program(flashes))
    assert held.state == "cancelled"
    assert children() == []


def test_cancelling_while_the_child_starts(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    work.poll()
    assert view.state == "starting"
    wait_for(lambda: len(children()) == 1)  # while it becomes foley, it has no command line to know it by
    work.cancel(view.id)
    assert view.words == "cancelling"
    until(work, view, "cancelled")
    assert view.error == ""


@pytest.mark.slow
def test_cancelling_in_the_daemons_queue(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    daemon = house.start()
    for number in range(8):
        next(iter(daemon.stub.Generate(request(flashes, 50, delay=1, prompt=f"busy {number}"))))
    work = make()
    view = work.submit(ask, program(flashes))
    until(work, view, "queued")
    assert view.words == "waiting, 8 jobs ahead"
    work.cancel(view.id)
    until(work, view, "cancelled")
    wait_for(lambda: daemon.job(view.job_id).state == pb.JOB_STATE_CANCELLED)
    daemon.close()


def test_cancelling_a_running_job_leaves_nothing(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    daemon = house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    until(work, view, "running")
    work.cancel(view.id)
    work.cancel(view.id)
    until(work, view, "cancelled")
    assert daemon.job(view.job_id).state == pb.JOB_STATE_CANCELLED
    assert list(Path(ask.folder).glob("*.wav")) == []
    work.cancel(view.id)
    assert work.poll() == []
    daemon.close()


@pytest.mark.slow
def test_closing_cancels_what_is_under_way(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    daemon = house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    until(work, view, "running")
    work.close()
    assert view.state == "cancelled"
    assert children() == []
    wait_for(lambda: daemon.job(view.job_id).state == pb.JOB_STATE_CANCELLED)
    daemon.close()


# ---------------------------------------------------------------------------------------------- killed


@pytest.mark.slow
def test_a_job_outlives_a_daemon_that_is_killed(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    until(work, view, "running")
    house.kill()
    assert work.wait(view.id, 40).state == "done", (view.error, view.detail)
    with house.connect() as daemon:
        assert daemon.job(view.job_id).attempts == 2


def killed_with_its_child(house: House, work: Jobs, view: JobView) -> None:
    """First the daemon, so that it cannot notice that the child goes."""
    until(work, view, "running")
    (child,) = children()
    os.kill(child, signal.SIGSTOP)
    house.kill()
    os.kill(child, signal.SIGKILL)
    polling(work, lambda: view.words == "the connection was lost; taking it up again")


@pytest.mark.slow
def test_a_job_whose_daemon_and_child_are_killed_is_taken_up_again(
    house: House, make: Make, flashes: Path, ask: Ask
) -> None:
    house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    killed_with_its_child(house, work, view)
    assert work.wait(view.id, 40).state == "done", (view.error, view.detail)
    assert view.result is not None
    assert len(view.result["takes"]) == 1


@pytest.mark.slow
def test_a_job_taken_up_again_can_be_cancelled(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    killed_with_its_child(house, work, view)
    work.cancel(view.id)
    until(work, view, "cancelled")
    with house.connect() as daemon:
        assert daemon.job(view.job_id).state == pb.JOB_STATE_CANCELLED


@pytest.mark.slow
def test_a_second_loss_is_the_last(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    killed_with_its_child(house, work, view)
    polling(work, children)
    os.kill(children()[0], signal.SIGKILL)
    until_failed(work, view)
    assert view.error.startswith("the connection to the foley daemon was lost")


def until_failed(work: Jobs, view: JobView) -> None:
    assert work.wait(view.id, 40).state == "failed", view


@pytest.mark.slow
def test_a_killed_child_is_a_sentence(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    daemon = house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    until(work, view, "running")
    os.kill(children()[0], signal.SIGKILL)
    until_failed(work, view)
    assert view.error == (
        "the connection to the foley daemon was lost before the work was done;"
        " run it again: what was made is kept"
    )
    assert daemon.job(view.job_id).state == pb.JOB_STATE_CANCELLED
    daemon.close()


@pytest.mark.slow
def test_a_daemon_that_is_stopped_is_not_started_again(
    house: House, make: Make, flashes: Path, ask: Ask
) -> None:
    house.start()
    work = make()
    view = work.submit(ask, program(flashes))
    until(work, view, "running")
    house.stop()
    until_failed(work, view)
    assert "stopping" in view.error
    endpoint = read_endpoint(house.folders)
    assert endpoint is None or not psutil.pid_exists(endpoint.pid)


HOST = """
import json, sys, time
from fractions import Fraction
tests, parent, clip, folder, command = sys.argv[1:]
sys.path.insert(0, tests)
import conftest
from foley.foley_jobs import Jobs
from foley.program import Program, Shot
from foley.foley_requests import Ask
work = Jobs(lambda: json.loads(command), parent)
ask = Ask(prompt="clicks", engine="fake", folder=folder, options={"delay": "2"})
view = work.submit(ask, Program(Fraction(25), (Shot("a", clip, Fraction(0), 0, 50, Fraction(1)),), 0, 50))
while view.state != "running":
    work.poll()
    time.sleep(0.01)
print(view.job_id, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_killed_host_cancels_its_jobs_and_its_files_are_swept(
    house: House, flashes: Path, ask: Ask, tmp_path: Path
) -> None:
    daemon = house.start()
    parent = tmp_path / "parent"
    parent.mkdir()
    script = tmp_path / "host.py"
    script.write_text(HOST)
    words = [PLUGIN_TESTS, str(parent), str(flashes), ask.folder, json.dumps(WITH_FAKE)]
    host = subprocess.Popen([sys.executable, str(script), *words], stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    job = host.stdout.readline().strip()
    (child,) = psutil.Process(host.pid).children()
    host.kill()
    host.communicate()
    wait_for(lambda: daemon.job(job).state == pb.JOB_STATE_CANCELLED)
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert len(list(parent.iterdir())) == 1
    PrivateFolder(str(parent)).close()
    assert list(parent.iterdir()) == []
    daemon.close()


# ---------------------------------------------------------------------------------------------- refused


def test_a_foley_that_is_missing_fails_the_job_with_its_sentence(
    make: Make, flashes: Path, ask: Ask, tmp_path: Path
) -> None:
    work = make([str(tmp_path / "gone" / "foley")])
    view = work.submit(ask, program(flashes))
    assert work.poll() == [view]
    assert view.state == "failed"
    assert view.error == (
        f"the foley command {tmp_path}/gone/foley cannot be started: it is not there;"
        " run foley install blender again"
    )


def test_a_command_that_is_not_found_fails_the_job_with_its_sentence(flashes: Path, ask: Ask) -> None:
    def find() -> list[str]:
        raise FoleyMissing("foley is not installed; install it")

    work = Jobs(find)
    view = work.submit(ask, program(flashes))
    work.poll()
    assert (view.state, view.error) == ("failed", "foley is not installed; install it")
    work.close()


@pytest.mark.slow
def test_a_full_queue_is_a_sentence(house: House, make: Make, flashes: Path, ask: Ask) -> None:
    daemon = house.start(settings="queue_limit = 2\n")
    for number in range(10):  # 8 are under way
        next(iter(daemon.stub.Generate(request(flashes, 50, delay=2, prompt=f"busy {number}"))))
    work = make()
    view = work.submit(ask, program(flashes))
    until_failed(work, view)
    assert view.error == "2 jobs wait already; try again when some are done"
    daemon.close()


@pytest.mark.slow
def test_missing_media_is_named(house: House, make: Make, tmp_path: Path, ask: Ask) -> None:
    house.start()
    work = make()
    view = work.submit(ask, program(tmp_path / "moved.mp4"))
    until_failed(work, view)
    assert "moved.mp4" in view.error


@pytest.mark.slow
def test_a_full_disk_under_the_sound_is_a_sentence(
    house: House, make: Make, flashes: Path, ask: Ask, tmp_path: Path
) -> None:
    house.start()
    work = make()
    with small_disk(tmp_path / "small", "64k") as disk:
        view = work.submit(other(ask, "clicks", folder=str(disk / "sound")), program(flashes))
        until_failed(work, view)
        assert "No space left" in view.error or "full" in view.error
        assert list(disk.rglob("*.wav")) == []


def test_a_full_disk_under_the_temporary_files_is_a_sentence(
    house: House, flashes: Path, ask: Ask, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "small") as disk:
        work = Jobs(lambda: WITH_FAKE, str(disk))
        work.poll()
        filler = disk / "filler"
        with suppress(OSError):
            filler.write_bytes(b"x" * 2**20)
        view = work.submit(ask, program(flashes))
        until_failed(work, view)
        assert view.error.endswith("is full; free some space there and run it again")
        work.close()
        assert list(disk.iterdir()) == [filler]


def test_twenty_jobs_that_are_over_are_kept_and_can_be_forgotten(
    make: Make, flashes: Path, ask: Ask, tmp_path: Path
) -> None:
    work = make([str(tmp_path / "gone")])
    views = [work.submit(other(ask, f"clicks {number}"), program(flashes)) for number in range(25)]
    while work.active:
        work.poll()
    assert [view.title for view in work.views] == [view.title for view in views[5:]]
    work.forget(views[7].id)
    assert views[7] not in work.views
    running = work.hold(ask)
    work.forget(running.id)
    assert running in work.views


# --------------------------------------------------------------------------------------- the server


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[[list[str]], ServerWatch]]:
    made: list[ServerWatch] = []

    def new(command: list[str]) -> ServerWatch:
        made.append(ServerWatch(lambda: command, str(tmp_path)))
        return made[-1]

    yield new
    for each in made:
        each.close()
    assert [name for name in os.listdir(tmp_path) if name.startswith("foley-plugin-")] == []


def answered(asked: ServerWatch) -> ServerWatch:
    asked.ask()
    wait_for(lambda: asked.poll() or not asked.busy, 40)
    return asked


def test_a_daemon_that_is_ready_says_with_which_engine(house: House, watch: Any) -> None:
    asked = watch([FOLEY])
    assert (asked.text, asked.age, asked.busy) == ("", float("inf"), False)
    answered(asked)
    assert asked.problem == ""
    assert asked.text.startswith("ready: procedural (")
    assert {"procedural", "hunyuan"} <= set(asked.engines)
    assert asked.layers == ["foley", "fx", "ambience"]
    assert asked.why_not("procedural") == ""
    packages = all(find_spec(name) for name in ("torch", "diffusers", "transformers"))
    fix = "foley models" if packages else "pip install 'foleyd[hunyuan]'"
    assert fix in asked.why_not("hunyuan")
    assert asked.age < 40


@pytest.mark.slow
def test_a_foley_that_is_too_old_is_said_to_be(
    house: House, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foley_find, "MINIMUM", "99.0")
    asked = answered(watch([FOLEY]))
    assert "is too old for this plugin, which needs 99.0" in asked.problem
    assert asked.text == asked.problem


def test_a_missing_foley_is_said_at_once(watch: Any, tmp_path: Path) -> None:
    asked = watch([str(tmp_path / "gone")])
    asked.ask()
    assert not asked.busy
    assert "is not there" in asked.problem


def test_a_foley_that_does_not_answer_is_given_up(watch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foley_server, "_SECONDS", 0.2)
    asked = answered(watch([sys.executable, str(CHILD), "until-cancelled"]))
    assert "did not answer" in asked.problem
    assert children() == []
