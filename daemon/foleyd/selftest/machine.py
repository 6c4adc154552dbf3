"""What the selftest's report says of the machine: versions and cards, and nothing about whose it is."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata

import psutil

from foleyd import __version__

_PACKAGES = ("torch", "triton", "diffusers", "transformers", "numpy", "av")
_CARD_SECONDS = 10


def versions() -> dict[str, str]:
    """foleyd, Python, and the packages that are installed of those that matter."""
    found = {"foleyd": __version__, "Python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def computer() -> str:
    """System, processor cores and memory in one line."""
    gibibytes = psutil.virtual_memory().total / 1024**3
    return f"{platform.platform()}, {os.cpu_count()} cores, {gibibytes:.0f} GiB of memory"


def cards() -> list[str]:
    """Name, memory and driver of each NVIDIA card, as its driver's own tool says; empty without one."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = "--query-gpu=name,memory.total,driver_version"
    try:
        said = subprocess.run(
            [tool, query, "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=_CARD_SECONDS,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[cell.strip() for cell in line.split(",")] for line in said.splitlines()]
    return [f"{row[0]}, {row[1]}, driver {row[2]}" for row in rows if len(row) == 3]
