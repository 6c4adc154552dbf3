from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from foleyd.errors import Failure
from foleyd.jobs.ledger import Ledger
from foleyd.jobs.records import (
    Figures,
    FileStamp,
    JobUnknown,
    LedgerError,
    NewJob,
    Priority,
    RequestIdTaken,
    State,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "jobs.sqlite")


def test_a_repeated_request_id_is_the_same_job(ledger: Ledger) -> None:
    first, new = ledger.accept(NewJob(b"a", "digest", request_id="r"))
    again, new_again = ledger.accept(NewJob(b"a", "digest", request_id="r"))
    assert (first.id, new, new_again) == (again.id, True, False)
    with pytest.raises(RequestIdTaken):
        ledger.accept(NewJob(b"b", "other", request_id="r"))


def test_jobs_without_a_request_id_are_all_new(ledger: Ledger) -> None:
    assert ledger.accept(NewJob(b"a", "d"))[0].id != ledger.accept(NewJob(b"a", "d"))[0].id


def test_unfinished_jobs_come_back_interactive_first_then_by_age(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "jobs.sqlite")
    ids = [
        ledger.accept(NewJob(b"", "", priority=priority))[0].id
        for priority in (Priority.BATCH, Priority.INTERACTIVE, Priority.BATCH, Priority.INTERACTIVE)
    ]
    ledger.begin(ids[0])
    ledger.finish(ids[3], State.DONE, b"done")
    ledger.close()
    again = Ledger(tmp_path / "jobs.sqlite")
    assert [record.id for record in again.unfinished()] == [ids[1], ids[0], ids[2]]


def test_a_job_ends_once_and_hears_nothing_afterwards(ledger: Ledger) -> None:
    job = ledger.accept(NewJob(b"", ""))[0].id
    assert ledger.append(job, b"one") == 1
    assert ledger.finish(job, State.FAILED, b"failed", failure=Failure("NOT_FOUND", "X", "gone"))
    assert not ledger.finish(job, State.DONE, b"done")
    assert ledger.append(job, b"late") == 0
    assert ledger.events(job) == [(1, b"one"), (2, b"failed")]
    assert ledger.get(job).failure == Failure("NOT_FOUND", "X", "gone")


def test_events_can_be_had_after_a_sequence_number(ledger: Ledger) -> None:
    job = ledger.accept(NewJob(b"", ""))[0].id
    for body in (b"a", b"b", b"c"):
        ledger.append(job, body)
    assert ledger.events(job, after=1) == [(2, b"b"), (3, b"c")]
    assert ledger.newest(job, 2) == [(3, b"c"), (2, b"b")]


def test_claims_become_stamps_and_are_forgotten(ledger: Ledger, tmp_path: Path) -> None:
    job = ledger.accept(NewJob(b"", ""))[0].id
    written, unwritten = tmp_path / "a", tmp_path / "b"
    written.write_bytes(b"12345")
    ledger.claim(job, [written, unwritten])
    assert ledger.files(job) == [(written, None), (unwritten, None)]
    ledger.stamp_files(job, [FileStamp.of(written)])
    ledger.disclaim(job, [unwritten])
    ((path, stamp),) = ledger.files(job)
    assert path == written
    assert stamp is not None
    assert (stamp.size, stamp.mtime_ns) == (5, written.stat().st_mtime_ns)


def test_costs_are_means_of_jobs_that_really_worked(ledger: Ledger) -> None:
    for seconds, misses in ((1.0, 1), (3.0, 1), (100.0, 0)):
        job = ledger.accept(NewJob(b"", ""))[0].id
        ledger.set_engine(job, "e 1")
        ledger.finish(job, State.DONE, b"", Figures({"see": seconds}, misses=misses))
    assert ledger.costs("e 1") == {"see": 2.0}
    assert ledger.costs("other") == {}


def test_pages_run_from_the_newest_to_the_oldest(ledger: Ledger) -> None:
    ids = [ledger.accept(NewJob(b"", str(n)))[0].id for n in range(5)]
    seen, token = [], ""
    while True:
        page, token = ledger.page([], 2, token)
        seen += [record.id for record in page]
        if not token:
            break
    assert seen == ids[::-1]


def test_a_removed_job_takes_its_rows_along(ledger: Ledger) -> None:
    job = ledger.accept(NewJob(b"", ""))[0].id
    ledger.append(job, b"x")
    ledger.remove(job)
    with pytest.raises(JobUnknown):
        ledger.get(job)
    assert ledger.events(job) == []


def test_a_ledger_from_the_future_or_no_ledger_at_all_is_refused(tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(LedgerError, match="newer foleyd"):
        Ledger(newer)
    (tmp_path / "junk").write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerError, match="junk"):
        Ledger(tmp_path / "junk")


def test_a_ledger_of_an_earlier_version_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    ledger = Ledger(path)
    job = ledger.accept(NewJob(b"a", "d"))[0].id
    ledger.close()
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE jobs DROP COLUMN device_peak")
    db.close()
    ledger = Ledger(path)
    assert ledger.get(job).device_peak == 0
    ledger.finish(job, State.DONE, b"done", Figures(device_peak=5))
    assert ledger.get(job).device_peak == 5
