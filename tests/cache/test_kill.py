"""A daemon killed with SIGKILL at any point of a publish leaves a cache that is whole."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foleyd.cache.files import checksum
from foleyd.cache.store import Store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a matter of POSIX")

PUBLISH_FOREVER = """
import sys
from pathlib import Path
from foleyd.cache.store import Store

store = Store(Path(sys.argv[1]), 400_000)
number = int(sys.argv[2])
while True:
    number += 1
    content = number.to_bytes(8, "little") * 2500
    store.add(f"{number:040x}", "procedural", lambda path: path.write_bytes(content))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""

DIE_AT = """
import os, signal, sys
from pathlib import Path
from foleyd.cache import index, store

def dying(call, after):
    def wrapper(*args, **kwargs):
        if after:
            call(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    return wrapper

cache = store.Store(Path(sys.argv[1]), 100)
cache.add("aa" * 20, "procedural", lambda path: path.write_bytes(b"x" * 60))
where, after = sys.argv[2], sys.argv[3] == "after"
owner, name = {
    "fsync": (store, "fsync"), "rename": (os, "replace"), "insert": (index.Index, "insert"),
    "evict": (index.Index, "delete"), "unlink": (store, "unlink"),
}[where]
setattr(owner, name, dying(getattr(owner, name), after))
cache.add("bb" * 20, "procedural", lambda path: path.write_bytes(b"y" * 60))
cache.add("cc" * 20, "procedural", lambda path: path.write_bytes(b"z" * 60))
"""


def assert_whole(folder: Path, budget: int) -> dict[str, bytes]:
    """Opens the cache and compares every file with the index, its own checksum and the figures."""
    with Store(folder, budget) as store:
        entries = store.index.entries()
        names = {path.name for path in (folder / "entries").iterdir()}
        assert {entry.file for entry in entries} == names
        assert list((folder / "drafts").iterdir()) == []
        for entry in entries:
            assert checksum(folder / "entries" / entry.file) == entry.checksum
        figures = store.figures()
        assert figures.entries == len(entries)
        assert figures.bytes == sum(entry.size for entry in entries) <= budget
        return {entry.key: (folder / "entries" / entry.file).read_bytes() for entry in entries}


def test_killed_at_random_moments_of_publishing(tmp_path: Path) -> None:
    moments = random.Random(20)
    number = 0
    for _ in range(8):
        command = [sys.executable, "-c", PUBLISH_FOREVER, str(tmp_path), str(number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
            assert daemon.stdout is not None
            first = int(daemon.stdout.readline())
            time.sleep(moments.uniform(0, 0.05))
            daemon.kill()
            published = [first, *(int(line) for line in daemon.stdout.read().split("\n")[:-1] if line)]
        number = published[-1] + 1
        held = assert_whole(tmp_path, 400_000)
        for key, content in held.items():
            assert content == int(key, 16).to_bytes(8, "little") * 2500
        # One more may have been published than said; of those said the last 19 fit the budget.
        assert {f"{kept:040x}" for kept in published[-19:]} <= held.keys()


@pytest.mark.parametrize("after", ["before", "after"])
@pytest.mark.parametrize("where", ["fsync", "rename", "insert", "evict", "unlink"])
def test_killed_at_every_step_of_a_publish(tmp_path: Path, where: str, after: str) -> None:
    died = subprocess.run([sys.executable, "-c", DIE_AT, str(tmp_path), where, after], check=False)
    assert died.returncode == -signal.SIGKILL
    held = assert_whole(tmp_path, 100)
    contents = {"aa" * 20: b"x" * 60, "bb" * 20: b"y" * 60, "cc" * 20: b"z" * 60}
    assert held.items() <= contents.items()
    assert len(held) == 1


def test_a_disk_that_takes_no_more_leaves_the_job_uncached(tmp_path: Path) -> None:
    script = """
import resource, signal, sys
from pathlib import Path
from foleyd.cache.store import Store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(Path(sys.argv[1]), 10_000_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
print(store.add("aa" * 20, "procedural", lambda path: path.write_bytes(b"x" * 2_000_000)))
print(store.add("bb" * 20, "procedural", lambda path: path.write_bytes(b"x" * 500_000)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True
    )
    refused, kept = ran.stdout.splitlines()
    assert "File too large" in refused
    assert kept == "None"
    assert assert_whole(tmp_path, 10_000_000).keys() == {"bb" * 20}


def test_another_process_cannot_open_the_cache(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from foleyd.cache.errors import CacheInUse
from foleyd.cache.store import Store

try:
    Store(Path(sys.argv[1]), 1000, wait=0.05)
except CacheInUse as error:
    print(error)
"""
    with Store(tmp_path, 1000):
        ran = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True
        )
    assert "in use by another foleyd" in ran.stdout
