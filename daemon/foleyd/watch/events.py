"""What the system says about a folder: that something happened, and that a writer has closed a file."""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

_NETWORK = (
    *("nfs", "cifs", "smb", "afp", "webdav", "davfs", "9p", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"),
    *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gvfsd", "vboxsf", "vmhgfs", "fuse.vmhgfs", "prl_fs"),
    *("virtiofs", "acfs", "xtreemfs", "afs", "ncpfs", "pvfs2", "drvfs"),
)
# It calls an error what is none: that a folder it listened to is gone.
logging.getLogger("watchdog").setLevel(logging.CRITICAL)


def network_kind(folder: Path) -> str:
    """The kind of network file system that FOLDER lies on, or "": such tell nothing of what others do."""
    real = os.path.realpath(folder)
    if sys.platform == "win32" and real.startswith("\\\\"):
        return "a network share"
    best, kind = "", ""
    with suppress(OSError, psutil.Error):
        for part in psutil.disk_partitions(all=True):
            mount = part.mountpoint.rstrip(os.sep) + os.sep
            if (real + os.sep).startswith(mount) and len(mount) >= len(best):
                best, kind = mount, part.fstype.casefold()
    return kind if kind.startswith(_NETWORK) else ""


class Events(FileSystemEventHandler):
    """Listens to one folder. BELL is rung at each event; files that are being written are OPEN."""

    def __init__(self, bell: threading.Event) -> None:
        self._bell = bell
        self._lock = threading.Lock()
        self._open: set[str] = set()
        self._closed: set[str] = set()
        self._observer: Any = None
        self._place: tuple[int, int] | None = None

    def start(self, folder: Path) -> str:
        """Begins to listen to FOLDER; returns why that cannot be, else ""."""
        observer: Any = None
        try:
            self._place = _place(folder)
            observer = Observer()
            observer.schedule(self, str(folder), recursive=False)
            observer.start()
        except Exception as error:  # watchdog's back ends raise what they like
            with suppress(Exception):
                observer.stop()
            return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
        self._observer = observer
        return ""

    def stop(self) -> None:
        """Listens no more."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(5)
            self._observer = None
        with self._lock:
            self._open, self._closed = set(), set()

    def hears(self, folder: Path) -> bool:
        """Whether events of FOLDER can still come: not where it was removed, or another lies in its place."""
        if self._observer is None or not self._observer.is_alive():
            return False
        return all(each.is_alive() for each in self._observer.emitters) and _place(folder) == self._place

    def take_closed(self) -> set[str]:
        """Names of files that were closed by their writer, or moved into place, since this was last asked."""
        with self._lock:
            closed, self._closed = self._closed, set()
            return closed

    def is_open(self, name: str) -> bool:
        """Whether NAME was seen to be written to and not yet closed."""
        with self._lock:
            return name in self._open

    def on_any_event(self, event: FileSystemEvent) -> None:
        """As watchdog tells it."""
        if event.is_directory or event.event_type in ("opened", "closed_no_write"):
            return
        name = os.path.basename(os.fsdecode(event.src_path))
        with self._lock:
            match event.event_type:
                case "created" | "modified":
                    self._closed.discard(name)
                    # Only some systems tell when a file is closed.
                    if sys.platform == "linux":
                        self._open.add(name)
                case "closed":
                    self._open.discard(name)
                    self._closed.add(name)
                case "moved":
                    target = os.path.basename(os.fsdecode(event.dest_path))
                    self._open -= {name, target}
                    self._closed.discard(name)
                    self._closed.add(target)
                case "deleted":
                    self._open.discard(name)
                    self._closed.discard(name)
        self._bell.set()


def _place(folder: Path) -> tuple[int, int] | None:
    """What tells FOLDER from another of its name; None where there is none."""
    try:
        facts = os.stat(folder)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
