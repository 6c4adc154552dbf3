"""Checks the hunyuan engine's numbers against a folder of recorded ones.

    python -m benchmarks.parity DIR [--json FILE] [--device cpu|cuda] [--only GROUP ...]

DIR is laid out like the golden folder: a manifest.json with a tolerance per file, and data in folders
beside it. Sizes, seeds and the names of cases are read from there; parts that it lacks are named.
Everything is computed in float32, by the code that serves jobs. Exit status 1 when a case misses its
tolerance or there is none at all.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from benchmarks.parity_groups import GROUPS
from benchmarks.parity_groups.case import Case, Group, Manifest, has


@dataclass(frozen=True, slots=True)
class Checked:
    """A case of a group, and the seconds it took."""

    group: str
    case: Case
    seconds: float


def group_of(name: str) -> Group:
    """The module of group NAME."""
    module: Any = import_module(f"benchmarks.parity_groups.{name}")
    return module  # type: ignore[no-any-return]


def missing_parts(folder: Path, names: Sequence[str] = GROUPS) -> list[str]:
    """Parts of groups that FOLDER has no data for, as ``group: part``."""
    needs = {name: group_of(name).NEEDS for name in names}
    return [
        f"{name}: {part}" for name in names for part, files in needs[name].items() if not has(folder, files)
    ]


def check(folder: Path, device: torch.device, names: Sequence[str] = GROUPS) -> Iterator[Checked]:
    """Computes what FOLDER has of the groups NAMES, on DEVICE in full float32."""
    manifest = read_manifest(folder)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    for name in names:
        group = group_of(name)
        if not any(has(folder, files) for files in group.NEEDS.values()):
            continue
        start = time.perf_counter()
        for case in _whatever_happens(group.cases(folder, manifest, device)):
            now = time.perf_counter()
            yield Checked(name, case, now - start)
            start = now


def _whatever_happens(cases: Iterator[Case]) -> Iterator[Case]:
    """CASES; should computing one fail, a miss that says so, and the other groups go on."""
    try:
        yield from cases
    except Exception as error:
        yield Case("stopped", float("inf"), "", note=f"{type(error).__name__}: {error}"[:300])


def read_manifest(folder: Path) -> Manifest:
    """FOLDER's manifest.json. Raises SystemExit with a sentence when there is none."""
    try:
        manifest: Manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError) as error:
        raise SystemExit(f"{folder} has no manifest.json that can be read ({error})") from error
    return manifest


def row(checked: Checked) -> str:
    """One line of the table."""
    case = checked.case
    error = f"{case.error:.2e}" if case.error < float("inf") else "-"
    verdict = "pass" if case.passed else "MISS"
    return (
        f"{checked.group:15} {case.name:48} {error:>9}  {case.tolerance:18} {verdict}  {case.note}".rstrip()
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0 when everything passed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.parity",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder laid out like the golden one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the table there")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--only", nargs="+", default=list(GROUPS), choices=GROUPS, metavar="GROUP",
                        help=f"some groups only: {', '.join(GROUPS)}")  # fmt: skip
    given = parser.parse_args(arguments)
    device = torch.device(given.device)
    absent = missing_parts(given.folder, given.only)
    print(f"{'group':15} {'case':48} {'max error':>9}  {'tolerance':18} ")
    done = []
    for checked in check(given.folder, device, given.only):
        print(row(checked), flush=True)
        done.append(checked)
    missed = sum(not checked.case.passed for checked in done)
    print(f"{len(done)} cases on {device_name(device)}, {missed} missed")
    if absent:
        print(f"not in this folder: {', '.join(absent)}")
    if given.json:
        given.json.write_text(json.dumps(report(done, absent, device), indent=1) + "\n")
    return 1 if missed or not done else 0


def device_name(device: torch.device) -> str:
    """What DEVICE calls itself."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def report(done: Sequence[Checked], absent: Sequence[str], device: torch.device) -> dict[str, Any]:
    """The table as data."""
    return {
        "device": device_name(device),
        "torch": torch.__version__,
        "passed": bool(done) and all(checked.case.passed for checked in done),
        "absent": list(absent),
        "cases": [
            {
                "group": checked.group,
                "case": checked.case.name,
                "max_abs_error": checked.case.error if checked.case.error < float("inf") else None,
                "tolerance": checked.case.tolerance,
                "passed": checked.case.passed,
                "note": checked.case.note,
                "seconds": round(checked.seconds, 4),
            }
            for checked in done
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
