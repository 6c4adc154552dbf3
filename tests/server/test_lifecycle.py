"""The daemon's own life: one for each user, its doors, its death and what it resumes."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from foleyd.client import Daemon
from foleyd.launch import read_endpoint
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.v1 import foleyd_pb2_grpc
from house import House, finish, kinds, request, wait_for


@pytest.mark.slow
def test_a_killed_daemon_resumes_what_it_had_accepted(house: House, flashes: Path, tmp_path: Path) -> None:
    daemon = house.start()
    jobs = {}
    for number in range(3):
        message = request(flashes, 50, folder=tmp_path / f"out{number}", delay=0.05, prompt=f"c{number}")
        jobs[next(iter(daemon.stub.Generate(message))).job_id] = tmp_path / f"out{number}"
    wait_for(lambda: any("take_ready" in kinds(events_of(daemon, job)) for job in jobs))
    house.kill()
    daemon.close()

    daemon = house.start()
    for job, folder in jobs.items():
        events = list(daemon.stub.WatchJob(pb.WatchJobRequest(job_id=job)))
        assert kinds(events)[-1] == "done"
        assert sum(event.HasField("done") for event in events) == 1
        assert len({event.cue_found.cue.id for event in events if event.HasField("cue_found")}) == 1
        assert sorted(path.suffix for path in folder.iterdir()) == [".otio", ".wav"]
    assert max(daemon.job(job).attempts for job in jobs) == 2
    daemon.close()


def run_server() -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "foleyd.server"], check=False, capture_output=True, timeout=20
    )


def events_of(daemon: Daemon, job: str) -> list[pb.JobEvent]:
    stream = daemon.stub.WatchJob(pb.WatchJobRequest(job_id=job))
    last = daemon.job(job).last_sequence
    events = []
    for event in stream:
        events.append(event)
        if event.sequence >= last:
            stream.cancel()
            break
    return events


def test_a_cancelled_job_is_not_resumed(house: House, flashes: Path, tmp_path: Path) -> None:
    daemon = house.start()
    job = next(iter(daemon.stub.Generate(request(flashes, 50, folder=tmp_path / "out", delay=1)))).job_id
    house.kill()
    daemon.close()
    from foleyd.jobs.ledger import Ledger

    ledger = Ledger(house.folders.ledger)
    ledger.ask_cancel(job, "request")
    ledger.close()
    daemon = house.start()
    wait_for(lambda: daemon.job(job).state == pb.JOB_STATE_CANCELLED)
    assert not (tmp_path / "out").exists()
    daemon.close()


def test_following_resumes_after_a_sequence_number(house: House, flashes: Path) -> None:
    daemon = house.start()
    events = finish(daemon, request(flashes, 50))
    later = list(daemon.stub.WatchJob(pb.WatchJobRequest(job_id=events[0].job_id, after_sequence=3)))
    assert [event.sequence for event in later] == [event.sequence for event in events[3:]]
    daemon.close()


@pytest.mark.slow
def test_takes_of_different_jobs_share_a_batch_and_editors_go_first(
    house: House, flashes: Path, tmp_path: Path
) -> None:
    daemon = house.start()
    log = tmp_path / "batches"
    first = daemon.stub.Generate(request(flashes, 50, prompt="first", delay=0.1, log=log))
    wait_for(log.exists)
    streams = []
    for number, priority in enumerate([pb.PRIORITY_BATCH, pb.PRIORITY_BATCH, pb.PRIORITY_INTERACTIVE]):
        message = request(flashes, 50, prompt=f"job {number}", delay=0.1, log=log)
        message.priority = priority
        streams.append(daemon.stub.Generate(message))
    told = [list(stream) for stream in [first, *streams]]
    assert told[-1][0].queued.position == 1, "those of low priority are not ahead of an editor's"
    batches = [
        [item.split("#")[0].strip() for item in line.split("|")] for line in log.read_text().splitlines()
    ]
    assert batches[0] == ["first"]
    waiting = [prompt for batch in batches[1:] for prompt in batch]
    assert waiting[0] == "job 2"
    assert sorted(waiting) == ["job 0", "job 1", "job 2"]
    assert len(batches) < 4
    daemon.close()


def watched_film(daemon: Daemon, flashes: Path, folder: Path) -> tuple[str, Iterator[pb.JobEvent]]:
    """A batch job that has begun to look at its picture, which takes it five seconds; what it tells."""
    batch = request(flashes, 50, prompt="a film", gaze=0.1, folder=folder / "batch")
    batch.priority = pb.PRIORITY_BATCH
    stream: Iterator[pb.JobEvent] = daemon.stub.Generate(batch)
    seeing = next(event for event in stream if event.stage.name == "see" and event.stage.fraction > 0)
    return seeing.job_id, stream


@pytest.mark.slow
def test_an_editor_does_not_wait_for_the_end_of_what_a_batch_looks_at(
    house: House, flashes: Path, tmp_path: Path
) -> None:
    daemon = house.start()
    job, stream = watched_film(daemon, flashes, tmp_path)
    done = finish(daemon, request(flashes, 50, prompt="at once", folder=tmp_path / "now"))[-1].done
    assert daemon.job(job).stage.name == "see"
    film = list(stream)[-1].done
    assert len(film.takes[0].events) > 0
    assert list(done.takes[0].events) == list(film.takes[0].events)
    daemon.close()


@pytest.mark.slow
def test_what_only_stood_by_does_not_fail_by_what_killed_the_worker(
    house: House, flashes: Path, tmp_path: Path
) -> None:
    daemon = house.start()
    _, stream = watched_film(daemon, flashes, tmp_path)
    bad = finish(daemon, request(flashes, 50, prompt="bad", folder=tmp_path / "bad", crash="die"))[-1]
    assert "the worker process ended unexpectedly" in bad.failed.message
    assert list(stream)[-1].HasField("done")
    daemon.close()


@pytest.mark.slow
def test_works_with_other_options_do_not_share_a_batch(house: House, flashes: Path, tmp_path: Path) -> None:
    daemon = house.start()
    log = tmp_path / "batches"
    streams = [
        daemon.stub.Generate(request(flashes, 50, prompt=f"delay {delay}", delay=delay, log=log))
        for delay in ("0.03", "0.030")
    ]
    for stream in streams:
        list(stream)
    assert all("|" not in line for line in log.read_text().splitlines())
    daemon.close()


def test_the_socket_is_the_users_alone(house: House) -> None:
    house.start().close()
    assert stat.S_IMODE(house.folders.runtime.stat().st_mode) == 0o700
    assert stat.S_IMODE(house.folders.endpoint.stat().st_mode) == 0o600
    assert house.stop() == 0
    assert not house.folders.socket.exists()
    assert not house.folders.endpoint.exists()


_ENDED_AT_BIRTH = """
import os, signal, sys
from foleyd.server import main as server
write = server._write_endpoint
def written(*arguments):
    write(*arguments)
    os.kill(os.getpid(), signal.SIGTERM)
server._write_endpoint = written
sys.exit(server.main(["--to-log"]))
"""


def test_a_daemon_that_is_ended_as_soon_as_it_is_known_leaves_nothing(house: House) -> None:
    ended = subprocess.run([sys.executable, "-c", _ENDED_AT_BIRTH], check=False, timeout=20)
    assert ended.returncode == 0
    assert not house.folders.socket.exists()
    assert not house.folders.endpoint.exists()


_BINDS = """
import sys
from foleyd.server import main as server
def bound(grpc_server, folders, options):
    sys.exit(3 if folders.endpoint.exists() else 7)
server._bind = bound
server.main(["--to-log"])
"""


def test_the_endpoint_of_a_killed_daemon_is_gone_before_the_next_one_answers(house: House) -> None:
    house.start().close()
    house.kill()
    assert house.folders.endpoint.exists()
    assert subprocess.run([sys.executable, "-c", _BINDS], check=False, timeout=20).returncode == 7


def test_a_second_daemon_leaves_and_the_first_stays(house: House) -> None:
    daemon = house.start()
    second = run_server()
    assert second.returncode == 75
    assert b"runs already" in second.stderr
    assert daemon.server_info().pid
    daemon.close()


def test_a_stale_socket_is_cleaned(house: House) -> None:
    house.start().close()
    house.kill()
    assert house.folders.socket.exists()
    house.start().close()


def test_tcp_needs_the_token_and_stays_on_this_machine(house: House) -> None:
    house.start("--tcp").close()
    endpoint = read_endpoint(house.folders)
    assert endpoint is not None
    assert endpoint.address.startswith("127.0.0.1:")
    assert len(endpoint.token) > 30
    with grpc.insecure_channel(endpoint.address) as channel:
        stub = foleyd_pb2_grpc.FoleyStub(channel)
        for metadata in ((), (("authorization", "Bearer wrong"),)):
            with pytest.raises(grpc.RpcError) as refused:
                stub.GetServerInfo(pb.GetServerInfoRequest(), metadata=metadata)
            assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
            with pytest.raises(grpc.RpcError) as refused:
                list(stub.Generate(pb.GenerateRequest(), metadata=metadata))
            assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
    port = int(endpoint.address.rsplit(":", 1)[1])
    own = socket.gethostbyname(socket.gethostname())
    if not own.startswith("127."):
        with socket.socket() as probe:
            assert probe.connect_ex((own, port)) != 0


def test_health_and_reflection_are_served(house: House) -> None:
    house.start().close()
    with grpc.insecure_channel(f"unix:{house.folders.socket}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for service in ("", "foleyd.v1.Foley"):
            answer = health.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        reflect = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        (answer,) = reflect.ServerReflectionInfo(iter([asked]))
        names = {service.name for service in answer.list_services_response.service}
        assert {"foleyd.v1.Foley", "grpc.health.v1.Health"} <= names


@pytest.mark.slow
def test_a_stopping_daemon_ends_streams_and_the_next_one_finishes_the_job(
    house: House, flashes: Path, tmp_path: Path
) -> None:
    daemon = house.start()
    stream = daemon.stub.Generate(request(flashes, 50, folder=tmp_path / "out", delay=1.5))
    job = next(iter(stream)).job_id
    daemon.stop()
    with pytest.raises(grpc.RpcError) as ended:
        list(stream)
    assert ended.value.code() == grpc.StatusCode.UNAVAILABLE
    assert house.process is not None
    assert house.process.wait(15) == 0
    daemon.close()
    with house.start() as daemon:
        wait_for(lambda: daemon.job(job).state == pb.JOB_STATE_DONE, 30)


def test_an_idle_daemon_leaves(house: House) -> None:
    house.start("--idle-seconds", "0.5").close()
    assert house.process is not None
    assert house.process.wait(15) == 0


@pytest.mark.slow
def test_a_daemon_that_is_asked_is_not_idle(house: House) -> None:
    with house.start("--idle-seconds", "2") as daemon:
        assert house.process is not None
        for _ in range(8):
            daemon.server_info()
            with pytest.raises(subprocess.TimeoutExpired):
                house.process.wait(0.5)
    assert house.process.wait(15) == 0


def test_paths_outside_the_roots_are_refused(house: House, flashes: Path, tmp_path: Path) -> None:
    daemon = house.start(settings=f'roots = ["{flashes.parent}"]\n')
    with pytest.raises(grpc.RpcError) as refused:
        list(daemon.stub.Generate(request(flashes, 50, folder=tmp_path / "elsewhere")))
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    link = flashes.parent / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(grpc.RpcError):
        list(daemon.stub.Generate(request(flashes, 50, folder=link / "out")))
    assert kinds(finish(daemon, request(flashes, 50, folder=flashes.parent / "out")))[-1] == "done"
    daemon.close()


@pytest.mark.slow
def test_a_full_queue_says_when_to_try_again(house: House, flashes: Path) -> None:
    daemon = house.start(settings="queue_limit = 2\n")
    for number in range(8):
        next(iter(daemon.stub.Generate(request(flashes, 50, delay=2, prompt=f"interactive {number}"))))
    refused = None
    for number in range(3):
        try:
            next(iter(daemon.stub.Generate(request(flashes, 50, delay=2, prompt=f"more {number}"))))
        except grpc.RpcError as error:
            refused = error
    assert refused is not None
    assert refused.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    status = rpc_status.from_call(refused)
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in status.details)
    assert retry.retry_delay.seconds > 0
    daemon.close()


def test_settings_that_cannot_be_read_are_named(house: House) -> None:
    house.folders.config.mkdir(parents=True)
    (house.folders.config / "foleyd.toml").write_text("engin = 'auto'")
    failed = run_server()
    assert failed.returncode == 1
    assert b"foleyd.toml" in failed.stderr
    assert b"engin" in failed.stderr


def test_server_info_shows_the_engines_and_why_auto_is_what_it_is(house: House) -> None:
    info = house.start().server_info()
    engines = {engine.name: engine for engine in info.engines}
    assert engines["fake"].ready
    assert "foley fetch unready" in engines["unready"].why_not
    assert info.auto_engine.name == "procedural"
    assert "hunyuan" in info.auto_engine.reason
    assert info.memory_bytes > 20_000_000
    assert json.loads(house.folders.endpoint.read_text())["pid"] == info.pid != os.getpid()
