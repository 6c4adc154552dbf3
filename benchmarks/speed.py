"""How fast, how large, how responsive: the daemon with the procedural engine, measured from outside.

    python -m benchmarks.speed [--json FILE] [--long SECONDS]

Clips are made here (H.264, 1080p25, moving noise, about 5.5 Mbit/s). Wall times are of the gRPC call as a
client sees it; memory is the resident set of the daemon and all its children, read from the operating system
every 50 ms. Everything is compared within one run: machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from benchmarks.clip import RATE, make_clip
from foleyd.v1 import foleyd_pb2 as pb
from house import House, request

PROMPT = "footsteps on gravel, light rain"


def repeated(source: Path, path: Path, times: int) -> Path:
    """SOURCE played TIMES times over, without encoding it again."""
    with av.open(str(source)) as first, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(first.streams.video[0])
        packets = [packet for packet in first.demux(video=0) if packet.size]
        length = len(packets) * packets[0].duration
        stamps = [(packet.pts, packet.dts, bytes(packet), packet.is_keyframe) for packet in packets]
        for turn in range(times):
            for pts, dts, data, is_key in stamps:
                packet = av.Packet(data)
                packet.pts, packet.dts = pts + turn * length, dts + turn * length
                packet.time_base, packet.stream, packet.is_keyframe = packets[0].time_base, stream, is_key
                container.mux(packet)
    return path


class Memory:
    """The peak of a process tree's resident memory."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self.peak = 0
        self._go = True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._go:
            total = 0
            for process in [self._root, *self._root.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, total)
            time.sleep(0.05)

    def stop(self) -> float:
        """The peak in megabytes."""
        self._go = False
        self._thread.join()
        return round(self.peak / 1e6, 1)


@contextmanager
def running(home: Path) -> Iterator[tuple[House, object]]:
    """A daemon that has already worked once."""
    house = House(home)
    daemon = house.start()
    try:
        yield house, daemon
    finally:
        house.stop()


def job(daemon, clip: Path, seconds: int, folder: Path, **wanted: object) -> tuple[float, pb.Result]:  # type: ignore[no-untyped-def]
    """Wall seconds of a whole job, and its result."""
    message = request(
        clip, seconds * RATE, rate=Fraction(RATE), folder=folder, engine="procedural", prompt=PROMPT
    )
    message.rule.seed = int(wanted.get("seed", 1))  # type: ignore[call-overload]
    message.output.preview = message.output.picture = bool(wanted.get("pictures", False))
    began = time.perf_counter()
    events = list(daemon.stub.Generate(message))
    assert events[-1].HasField("done"), events[-1]
    return time.perf_counter() - began, events[-1].done


def info_times(daemon, until: threading.Event) -> list[float]:  # type: ignore[no-untyped-def]
    """Milliseconds of GetServerInfo, one every 5 ms."""
    times = []
    while not until.is_set():
        began = time.perf_counter()
        daemon.stub.GetServerInfo(pb.GetServerInfoRequest())
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.005)
    return times


def measure(folder: Path, long: int) -> dict[str, object]:
    """All figures."""
    figures: dict[str, object] = {"cores": os.cpu_count()}
    short_clip = make_clip(folder / "short.mp4", 10)
    long_clip = repeated(short_clip, folder / "long.mp4", long // 10)
    figures["clip bit rate, Mbit/s"] = round(short_clip.stat().st_size * 8 / 10 / 1e6, 2)
    began = time.perf_counter()
    with running(folder / "home") as (house, daemon):
        figures["daemon start to first answer, s"] = round(time.perf_counter() - began, 2)
        assert house.process is not None
        job(daemon, short_clip, 2, folder / "warm")
        memory = Memory(house.process.pid)
        bare, result = job(daemon, short_clip, 10, folder / "a", seed=2)
        figures["10 s of 1080p25, take and timeline, s"] = round(bare, 2)
        figures["  of it by stage, s"] = {k: round(v, 3) for k, v in sorted(result.stage_seconds.items())}
        full, _ = job(daemon, short_clip, 10, folder / "b", seed=3, pictures=True)
        figures["  known picture, new seed, with preview and picture, s"] = round(full, 2)
        again, result = job(daemon, short_clip, 10, folder / "a", seed=2)
        figures["repeated request, wall ms"] = round(again * 1000, 1)
        figures["repeated request, daemon ms"] = round(sum(result.stage_seconds.values()) * 1000, 2)
        figures["memory, 10 s, MB"] = memory.stop()
        over = threading.Event()
        memory = Memory(house.process.pid)
        worker = threading.Thread(target=lambda: (job(daemon, long_clip, long, folder / "c"), over.set()))
        worker.start()
        times = info_times(daemon, over)
        worker.join()
        figures[f"memory, {long} s, MB"] = memory.stop()
        figures["GetServerInfo while a job runs, ms: p50, p99, max"] = [
            round(float(value), 2) for value in (*np.percentile(times, (50, 99)), max(times))
        ]
    return figures


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--long", type=int, default=600, metavar="SECONDS")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), given.long)
    for name, value in figures.items():
        print(f"{name:58} {value}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
