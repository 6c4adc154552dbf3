from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.fake_daemon import FakeDaemon
from foleyd import __version__
from foleyd.client import Daemon, DaemonBusy, DaemonUnavailable, connect
from foleyd.config import Folders
from foleyd.launch import Endpoint, read_endpoint, start_detached
from foleyd.refused import RequestRefused
from foleyd.v1 import foleyd_pb2 as pb

FAKE = [sys.executable, str(Path(__file__).with_name("fake_daemon.py"))]


@pytest.fixture
def started(folders: Folders) -> Iterator[Folders]:
    """Folders in which a test may start fake daemons; the last is stopped in the end."""
    yield folders
    if read_endpoint(folders) is not None:
        with connect(folders, start=False) as daemon:
            daemon.stop()


def request_for(prompt: str) -> pb.GenerateRequest:
    return pb.GenerateRequest(rule=pb.CueRule(prompts=[prompt]))


def starts(folders: Folders) -> list[str]:
    return (folders.state / "starts").read_text().splitlines()


def test_a_daemon_is_started_when_none_answers_and_used_when_one_does(started: Folders) -> None:
    said: list[str] = []
    with connect(started, command=FAKE, on_status=said.append) as first:
        pid = first.endpoint.pid
    with connect(started, command=FAKE) as second:
        assert second.endpoint.pid == pid
    assert pid != os.getpid()
    assert said == ["starting the daemon"]
    assert starts(started) == [f"{pid} client"]


def test_clients_that_start_at_once_end_with_one_daemon(started: Folders) -> None:
    pids: list[int] = []

    def one() -> None:
        with connect(started, command=FAKE) as daemon:
            pids.append(daemon.endpoint.pid)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4
    assert len(set(pids)) == 1
    assert len(starts(started)) == 1


def test_without_leave_to_start_nothing_is_started(folders: Folders) -> None:
    with pytest.raises(DaemonUnavailable, match="no daemon is running"):
        connect(folders, start=False, command=FAKE)
    assert not folders.state.exists()


def test_an_endpoint_left_by_a_killed_daemon_is_not_believed(started: Folders) -> None:
    with connect(started, command=FAKE) as first:
        pid = first.endpoint.pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert read_endpoint(started) == first.endpoint
    with connect(started, command=FAKE) as fresh:
        assert fresh.endpoint.pid != pid
        os.kill(fresh.endpoint.pid, 0)
        assert fresh.server_info().version
    assert len(starts(started)) == 2


def test_a_daemon_that_comes_meanwhile_is_not_taken_for_the_one_that_was_killed(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have the same socket: the new one may answer to the old one's endpoint."""
    daemon = FakeDaemon(folders)
    fresh = folders.endpoint.read_bytes()
    killed = {**json.loads(fresh), "pid": 1, "version": "0.0.1"}
    folders.endpoint.write_text(json.dumps(killed))
    serves = Daemon.serves

    def answered(self: Daemon, timeout: float) -> bool:
        folders.endpoint.write_bytes(fresh)
        return serves(self, timeout)

    monkeypatch.setattr(Daemon, "serves", answered)
    with connect(folders, start=False) as found:
        assert (found.endpoint.pid, found.endpoint.version) == (os.getpid(), __version__)
    daemon.close()


def test_an_endpoint_that_is_no_json_counts_as_none(started: Folders) -> None:
    started.endpoint.parent.mkdir(parents=True)
    started.endpoint.write_text('{"address": ')
    with connect(started, command=FAKE) as fresh:
        assert fresh.endpoint.pid


def test_a_daemon_that_cannot_start_is_reported_with_its_last_words(folders: Folders) -> None:
    with pytest.raises(DaemonUnavailable, match=r"the ledger is damaged; move it away \(log: .*foleyd.log\)"):
        connect(folders, command=[*FAKE, "--broken"])


def test_a_command_that_is_not_there_is_reported(folders: Folders) -> None:
    with pytest.raises(DaemonUnavailable, match="could not be started"):
        connect(folders, command=["/nonexistent/daemon"])


def test_an_idle_daemon_of_another_version_is_replaced(started: Folders) -> None:
    with _old_daemon(started) as old:
        assert old.endpoint.version == "0.0.1"
    said: list[str] = []
    with connect(started, command=FAKE, on_status=said.append) as fresh:
        assert fresh.endpoint.version != "0.0.1"
        assert fresh.endpoint.pid != old.endpoint.pid
    assert said[0].startswith("restarting the daemon: it is version 0.0.1")


@pytest.mark.slow
def test_installations_that_replace_each_others_daemon_give_up(started: Folders) -> None:
    said: list[str] = []
    with _old_daemon(started), pytest.raises(DaemonBusy, match=r"is version 0\.0\.1 again"):
        connect(started, command=[*FAKE, "--version", "0.0.1"], on_status=said.append)
    assert sum(text.startswith("restarting") for text in said) == 3


def _old_daemon(folders: Folders) -> Daemon:
    start_detached([*FAKE, "--version", "0.0.1"], folders)
    while read_endpoint(folders) is None:
        threading.Event().wait(0.02)
    return connect(folders, start=False)


def test_a_busy_daemon_of_another_version_is_left_alone(folders: Folders) -> None:
    daemon = FakeDaemon(folders, version="0.0.1")
    daemon.foley.info.running_jobs = 2
    try:
        with pytest.raises(DaemonBusy, match=r"version 0\.0\.1.*2 jobs to finish"):
            connect(folders, command=FAKE)
        assert not daemon.foley.stopping.is_set()
    finally:
        daemon.close()


def test_every_request_has_an_id_that_the_client_chose(daemon: FakeDaemon, folders: Folders) -> None:
    with connect(folders) as client:
        request = request_for("rain")
        for _ in range(2):
            list(client.generate(request))
        request.request_id = "mine"
        list(client.generate(request))
    first, second, third = (seen.request_id for seen in daemon.foley.requests)
    assert len(first) == 32
    assert first != second
    assert third == "mine"


@pytest.mark.parametrize("breaks", [1, 3])
def test_a_stream_that_breaks_is_taken_up_where_it_broke(
    daemon: FakeDaemon, folders: Folders, breaks: int
) -> None:
    daemon.foley.breaks_left, daemon.foley.break_after = breaks, 1
    with connect(folders) as client:
        events = list(client.generate(request_for("rain")))
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5, 6]
    assert events[-1].HasField("done")
    watched = [request for name, request in daemon.foley.calls if name == "WatchJob"]
    assert [request.after_sequence for request in watched] == list(range(1, breaks + 1))
    assert {request.job_id for request in watched} == {"job-rain"}


def test_a_stream_that_breaks_before_its_first_event_is_asked_for_again(
    daemon: FakeDaemon, folders: Folders
) -> None:
    daemon.foley.breaks_left, daemon.foley.break_after = 1, 0
    with connect(folders) as client:
        assert list(client.generate(request_for("rain")))[-1].HasField("done")
    first, second = daemon.foley.requests
    assert first == second


def test_a_daemon_killed_in_mid_job_is_replaced_and_nothing_is_lost(started: Folders) -> None:
    with connect(started, command=[*FAKE, "--hang-first-after", "2"]) as client:
        sequences = []
        for event in client.generate(request_for("rain")):
            sequences.append(event.sequence)
            if event.sequence == 2:
                os.kill(client.endpoint.pid, signal.SIGKILL)
                os.waitpid(client.endpoint.pid, 0)
    assert sequences == [1, 2, 3, 4, 5, 6]
    assert len(starts(started)) == 2


def test_a_daemon_that_was_told_to_stop_stays_stopped(daemon: FakeDaemon, folders: Folders) -> None:
    daemon.foley.breaks_left, daemon.foley.break_after = 1, 2
    daemon.foley.break_reason = "STOPPING"
    with connect(folders) as client, pytest.raises(RequestRefused):
        list(client.generate(request_for("rain")))
    assert not [name for name, _ in daemon.foley.calls if name == "WatchJob"]


def test_a_refusal_carries_code_reason_fix_and_field(daemon: FakeDaemon, folders: Folders) -> None:
    with connect(folders) as client, pytest.raises(RequestRefused, match="it is refused") as caught:
        list(client.generate(request_for("refuse INVALID_ARGUMENT")))
    failure = caught.value.failure
    assert (failure.code, failure.reason, failure.fix) == ("INVALID_ARGUMENT", "NO", "foley doctor")
    assert caught.value.violations == (("rule.prompts", "it is refused"),)


def test_the_token_travels_with_every_call(folders: Folders) -> None:
    fake = FakeDaemon(folders)
    try:
        with Daemon(Endpoint(fake.address, token="s3cret")) as client:
            list(client.generate(request_for("rain")))
        assert fake.foley.metadata[0]["authorization"] == "Bearer s3cret"
    finally:
        fake.close()
