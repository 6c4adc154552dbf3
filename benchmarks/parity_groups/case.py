"""One number that must come out as recorded, and how near it has to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

Manifest = Mapping[str, Any]
"""The folder's manifest.json."""


@dataclass(frozen=True, slots=True)
class Case:
    """NAME within its group; ERROR is the largest absolute difference, EXCESS how far it is out of tolerance.

    TOLERANCE is in words. A case passes when nothing exceeds the tolerance; NOTE says why not where no
    figure can.
    """

    name: str
    error: float
    tolerance: str
    excess: float = 0.0
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.excess <= 0 and not self.note


class Group(Protocol):
    """A module of this package."""

    NEEDS: Mapping[str, tuple[str, ...]]
    """The group's parts, each with the files without which a folder does not have it."""

    def cases(self, folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
        """Computes, on DEVICE, the cases of the parts that FOLDER has."""
        ...


def has(folder: Path, files: tuple[str, ...]) -> bool:
    """Whether FOLDER holds all FILES; a name with ``*`` stands for any that fits."""
    return all(any(folder.glob(file)) for file in files)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """``|a - b| <= atol + rtol |b|``; both 0 means equal."""

    atol: float = 0.0
    rtol: float = 0.0

    def __str__(self) -> str:
        if not self.atol and not self.rtol:
            return "exact"
        return f"{self.atol:g}" + (f" + {self.rtol:g}|b|" if self.rtol else "")


EXACT = Tolerance()


def tolerance(manifest: Manifest, file: str, part: str = "") -> Tolerance:
    """The tolerance that MANIFEST has for FILE, or for PART of it. Raises KeyError when it has none."""
    entry = manifest["files"][file]["tolerance"]
    entry = entry[part] if part else entry
    if entry == "exact":
        return EXACT
    return Tolerance(float(entry["atol"]), float(entry.get("rtol", 0.0)))


def compared(name: str, ours: Tensor, expected: Tensor, within: Tolerance) -> Case:
    """OURS against EXPECTED, in double."""
    if ours.shape != expected.shape:
        note = f"shape {tuple(ours.shape)} instead of {tuple(expected.shape)}"
        return Case(name, float("inf"), str(within), note=note)
    a, b = ours.detach().cpu().double(), expected.cpu().double()
    apart = (a - b).abs()
    if not bool(torch.isfinite(a).all()):
        return Case(name, float("inf"), str(within), note="not all values are finite")
    if not apart.numel():
        return Case(name, 0.0, str(within))
    excess = apart - (within.atol + within.rtol * b.abs())
    return Case(name, float(apart.max()), str(within), float(excess.max()))


def same(name: str, ours: object, expected: object) -> Case:
    """OURS equals EXPECTED."""
    if ours == expected:
        return Case(name, 0.0, "exact")
    if isinstance(ours, list) and isinstance(expected, list):
        differ = [k for k, (a, b) in enumerate(zip(ours, expected, strict=False)) if a != b]
        at = differ[0] if differ else min(len(ours), len(expected))
        note = f"{len(ours)} values, expected {len(expected)}; first difference at {at}"
    else:
        note = f"{ours!r}, expected {expected!r}"
    return Case(name, float("inf"), "exact", note=note[:200])
