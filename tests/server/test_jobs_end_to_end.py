"""Whole jobs through a real daemon, measured with code that is not ours."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleyd.client import Daemon
from foleyd.refused import RequestRefused
from foleyd.v1 import foleyd_pb2 as pb
from house import House, finish, kinds, request, wait_for


def test_a_job_delivers_takes_on_the_exact_samples(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    message = request(flashes, 50, folder=tmp_path / "out", ranges=[(5, 40)], start=90_000)
    events = finish(daemon, message)

    assert kinds(events) == ["queued", "engine_chosen", "cue_found", "take_ready", "done"]
    (take,) = events[-1].done.takes
    # Handles would begin at frame -7, 12 before the cue: 12 frames of 1920 samples at 25 fps.
    assert (take.source_in_samples, take.cue_samples, take.samples) == (23_040, 67_200, 113_280)
    assert take.time_reference_samples == (90_000 - 7) * 1920
    data, rate = soundfile.read(take.path, always_2d=True)
    assert (rate, len(data), soundfile.info(take.path).subtype) == (48_000, take.samples, "PCM_24")
    # Bright from frame 10, dark from frame 30: clicks 17 and 37 frames into the file.
    starts = np.flatnonzero(np.diff(np.abs(data[:, 0]) > 0.25) & (np.abs(data[1:, 0]) > 0.25)) + 1
    assert starts.tolist() == [17 * 1920, 37 * 1920]
    assert [Fraction(e.time.num, e.time.den) for e in take.events] == [Fraction(5, 25), Fraction(25, 25)]


def test_the_timeline_places_the_take_in_whole_frames(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    events = finish(daemon, request(flashes, 50, folder=tmp_path / "out", ranges=[(5, 40)], start=90_000))
    timeline = json.loads(Path(events[-1].done.otio_path).read_bytes())
    track = timeline["tracks"]["children"][-1]
    gap, clip = track["children"]
    assert track["name"] == "Foley: foley"
    assert gap["source_range"]["duration"]["value"] == 5
    assert clip["source_range"]["start_time"]["value"] == 90_005
    assert clip["source_range"]["duration"]["value"] == 35
    (reference,) = clip["media_references"].values()
    assert reference["available_range"]["start_time"]["value"] == 90_000 - 7
    assert reference["available_range"]["duration"]["value"] == 12 + 35 + 12
    assert clip["metadata"]["foleyd"]["prompt"] == "clicks"


def test_a_repeat_of_a_request_is_the_same_job(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    message = request(flashes, 50, folder=tmp_path / "out")
    first, again = finish(daemon, message), finish(daemon, message)
    assert first[-1].job_id == again[-1].job_id
    message.rule.prompts[:] = ["something else"]
    with pytest.raises(RequestRefused) as refused:
        finish(daemon, message)
    assert refused.value.failure.code == "ALREADY_EXISTS"


def test_jobs_that_end_together_in_one_folder_get_names_of_their_own(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    streams = [
        daemon.stub.Generate(request(flashes, 50, folder=tmp_path / "out", prompt=f"clicks {n}", delay=0.05))
        for n in range(4)
    ]
    ends = [list(stream)[-1] for stream in streams]
    assert [end.failed.message or end.WhichOneof("event") for end in ends] == ["done"] * 4
    assert len({end.done.takes[0].path for end in ends}) == 4
    assert len(list((tmp_path / "out").glob("*.wav"))) == 4


def test_the_same_work_again_gives_the_files_that_are_there(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    first = finish(daemon, request(flashes, 50, folder=tmp_path / "out"))[-1].done
    again = finish(daemon, request(flashes, 50, folder=tmp_path / "out"))[-1].done
    assert again.cached
    assert [take.path for take in again.takes] == [take.path for take in first.takes]
    # A file that changed is not given again, and not written over.
    changed = Path(first.takes[0].path)
    changed.write_bytes(b"mine now")
    third = finish(daemon, request(flashes, 50, folder=tmp_path / "out"))[-1].done
    assert third.cached
    assert third.takes[0].path != first.takes[0].path
    assert changed.read_bytes() == b"mine now"


def test_a_copied_clip_finds_the_same_take(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    finish(daemon, request(flashes, 50, prompt="copied", folder=tmp_path / "a"))
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(flashes.read_bytes())
    events = finish(daemon, request(copy, 50, prompt="copied", folder=tmp_path / "b"))
    assert [event.take_ready.cached for event in events if event.HasField("take_ready")] == [True]


def test_takes_of_one_cue_have_their_seeds_and_alternates_are_disabled(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    done = finish(daemon, request(flashes, 50, folder=tmp_path / "out", takes=3))[-1].done
    assert [take.seed for take in done.takes] == [1, 2, 3]
    placed = [(placement.track_name, placement.enabled) for placement in done.placements]
    assert placed == [
        ("Foley: foley", True),
        ("Foley: foley (take 2)", False),
        ("Foley: foley (take 3)", False),
    ]


def test_missing_media_fail_their_cue_and_the_rest_is_done(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    message = request(flashes, 50, folder=tmp_path / "out", ranges=[(0, 50), (50, 80)])
    gone = message.selection.program.shots.add(record_start_frame=50, duration_frames=30, name="gone")
    gone.media.path = str(tmp_path / "gone.mov")
    events = finish(daemon, message)
    assert [event.cue_failed.cue_id for event in events if event.HasField("cue_failed")] == ["cue-2"]
    assert len(events[-1].done.takes) == 1
    assert "gone" in events[-1].done.failed_cues[0].status.message
    assert [cue.id for cue in events[-1].done.cues] == ["cue-1", "cue-2"]
    job = daemon.job(events[-1].job_id)
    assert (job.state, job.stage.fraction) == (pb.JOB_STATE_DONE, 1.0)


def test_media_missing_under_a_cue_are_named_until_they_are_there(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    message = request(flashes, 50, folder=tmp_path / "out", ranges=[(0, 60)])
    for place, start in (("gone", 50), ("unselected", 60)):
        shot = message.selection.program.shots.add(record_start_frame=start, duration_frames=10, name=place)
        shot.media.path = str(tmp_path / f"{place}.mov")
    done = finish(daemon, message)[-1].done
    assert len(done.takes) == 1
    (missing,) = done.missing_media
    assert "gone.mov does not exist" in missing.what
    assert missing.where == "00:00:02:00"
    assert list(done.warnings).count(missing) == len(done.warnings) == 1
    shutil.copyfile(flashes, tmp_path / "gone.mov")
    message.request_id = ""
    again = finish(daemon, message)[-1].done
    assert not again.missing_media
    assert not again.cached


def test_nothing_deliverable_is_a_failure_that_leaves_nothing(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a film")
    events = finish(daemon, request(tmp_path / "text.mp4", 50, folder=tmp_path / "out"))
    assert kinds(events)[-1] == "failed"
    assert "text.mp4" in events[-1].failed.message
    assert not (tmp_path / "out").exists()


def test_a_full_queue_of_progress_never_goes_back(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    events = finish(daemon, request(flashes, 50, folder=tmp_path / "out", delay=0.05))
    fractions = [event.stage.fraction for event in events if event.HasField("stage")]
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0
    assert fractions[-1] <= 1
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


def test_cancel_ends_a_job_and_leaves_nothing(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    message = request(flashes, 50, folder=tmp_path / "out", delay=0.3)
    events = []
    for event in daemon.generate(message):
        events.append(event)
        if event.stage.name == "hear":
            daemon.cancel(event.job_id)
    assert kinds(events)[-1] == "cancelled"
    assert not (tmp_path / "out").exists()
    assert daemon.job(events[0].job_id).state == pb.JOB_STATE_CANCELLED


def test_a_dropped_stream_cancels_where_that_was_asked_for(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    for choice, state in (
        (pb.ON_DISCONNECT_CANCEL, pb.JOB_STATE_CANCELLED),
        (pb.ON_DISCONNECT_DETACH, pb.JOB_STATE_DONE),
    ):
        message = request(flashes, 50, folder=tmp_path / "out", delay=0.1, prompt=f"clicks {choice}")
        message.on_disconnect = choice
        stream = daemon.stub.Generate(message)
        job = next(iter(stream)).job_id
        stream.cancel()
        wait_for(lambda job=job: daemon.job(job).state in (pb.JOB_STATE_CANCELLED, pb.JOB_STATE_DONE))
        assert daemon.job(job).state == state


def test_a_deadline_that_passes_cancels(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    message = request(flashes, 50, folder=tmp_path / "out", delay=0.3, prompt="late clicks")
    message.on_disconnect = pb.ON_DISCONNECT_CANCEL
    stream = daemon.stub.Generate(message, timeout=1.0)
    job = next(iter(stream)).job_id
    with pytest.raises(Exception, match="DEADLINE"):
        list(stream)
    wait_for(lambda: daemon.job(job).state == pb.JOB_STATE_CANCELLED)


def test_removing_a_job_deletes_its_files_but_not_changed_ones(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    events = finish(daemon, request(flashes, 50, folder=tmp_path / "out", takes=2, prompt="removed"))
    first, second = (Path(take.path) for take in events[-1].done.takes)
    second.write_bytes(second.read_bytes() + b"!")
    answer = daemon.stub.RemoveJob(pb.RemoveJobRequest(job_id=events[-1].job_id, delete_files=True))
    assert not first.exists()
    assert list(answer.kept_paths) == [str(second)]
    assert second.exists()


def test_a_job_knows_its_files_where_a_client_has_moved_them(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    message = request(flashes, 50, folder=tmp_path / "out", prompt="moved")
    events = finish(daemon, message)
    job, old = events[-1].job_id, tmp_path / "out"
    other = tmp_path / "other" / "mine.txt"
    other.parent.mkdir()
    other.write_text("mine")
    old.rename(tmp_path / "new")
    files = [str(path) for path in (tmp_path / "new").iterdir()]
    with pytest.raises(RequestRefused, match="nothing that the job wrote lies beside it") as refused:
        daemon.move_job_files(job, [*files, str(other)])
    assert refused.value.failure.reason == "FILE_NOT_OF_JOB"
    with pytest.raises(RequestRefused, match="1 to 100,000 files"):
        daemon.move_job_files(job, [])
    with pytest.raises(RequestRefused, match="is not absolute"):
        daemon.move_job_files(job, ["a.wav"])
    for _ in range(2):
        assert sorted(daemon.move_job_files(job, files).paths) == sorted(files)
    # The same request is done anew: its files are not where it wants them.
    message.request_id = ""
    again = finish(daemon, message)[-1].done
    assert Path(again.takes[0].path).exists()
    Path(files[0]).unlink()
    answer = daemon.ask("RemoveJob", pb.RemoveJobRequest(job_id=job, delete_files=True), pb.RemoveJobResponse)
    assert list(answer.missing_paths) == files[:1]
    assert sorted(answer.deleted_paths) == sorted(files[1:])
    assert not (tmp_path / "new").exists()
    assert old.exists()


@pytest.mark.parametrize(
    ("crash", "code", "word"),
    [("raise", 13, "told to fail"), ("defect", 13, "its log has it"), ("nan", 13, "no numbers")],
)
def test_an_engine_that_fails_ends_its_job_with_a_sentence(
    daemon: Daemon, flashes: Path, tmp_path: Path, crash: str, code: int, word: str
) -> None:
    events = finish(daemon, request(flashes, 50, folder=tmp_path / "out", crash=crash))
    assert events[-1].failed.code == code
    assert word in events[-1].failed.message
    assert "Traceback" not in events[-1].failed.message
    assert not (tmp_path / "out").exists()


def test_a_worker_that_dies_fails_its_job_and_the_next_one_works(
    daemon: Daemon, flashes: Path, tmp_path: Path
) -> None:
    events = finish(daemon, request(flashes, 50, folder=tmp_path / "out", crash="die"))
    assert "worker process ended" in events[-1].failed.message
    assert kinds(finish(daemon, request(flashes, 50, folder=tmp_path / "two")))[-1] == "done"


def test_named_engines_never_fall_back(daemon: Daemon, flashes: Path) -> None:
    unknown = finish(daemon, request(flashes, 50, engine="nonesuch"))[-1].failed
    unready = finish(daemon, request(flashes, 50, engine="unready"))[-1].failed
    assert (unknown.code, unready.code) == (5, 9)
    assert "foley fetch unready" in unready.message


def test_wrong_options_and_prompts_are_refused_by_name(daemon: Daemon, flashes: Path) -> None:
    option = finish(daemon, request(flashes, 50, volume="11"))[-1].failed
    prompt = finish(daemon, request(flashes, 50, prompt="unplayable"))[-1].failed
    assert (option.code, prompt.code) == (3, 3)
    assert "volume" in option.message


def test_text_alone_needs_no_picture(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    message = request(tmp_path / "nothing.mov", 50, folder=tmp_path / "out")
    message.text_only = True
    done = finish(daemon, message)[-1].done
    assert soundfile.info(done.takes[0].path).frames == done.takes[0].samples


def test_spotting_alone_lists_cues_and_needs_no_media(daemon: Daemon, tmp_path: Path) -> None:
    message = request(tmp_path / "gone.mov", 50, ranges=[(0, 10), (20, 30)])
    spotted = daemon.spot(pb.SpotRequest(selection=message.selection, rule=message.rule))
    assert [(cue.range.start_frame, cue.range.end_frame) for cue in spotted.cues] == [(0, 10), (20, 30)]
    assert spotted.program.shots[0].duration_frames == 50


def test_jobs_are_listed_newest_first_in_pages(house: House, flashes: Path) -> None:
    daemon = house.start()
    made = [finish(daemon, request(flashes, 50, prompt=f"clicks {n}"))[-1].job_id for n in range(3)]
    page = daemon.stub.ListJobs(pb.ListJobsRequest(page_size=2))
    rest = daemon.stub.ListJobs(pb.ListJobsRequest(page_size=2, page_token=page.next_page_token))
    assert [job.id for job in (*page.jobs, *rest.jobs)] == made[::-1]
    job = daemon.job(made[0])
    assert set(job.stage_seconds) >= {"spot", "see", "hear", "conform", "place"}
    assert job.peak_memory_bytes > 10_000_000
    assert (job.cache_hits, job.cache_misses, job.attempts) == (0, 1, 1)
    daemon.close()
