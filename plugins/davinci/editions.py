# SPDX-License-Identifier: Apache-2.0
"""Which DaVinci Resolve it is, and what that one allows. Standard library only, Python 3.8 syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .resolve_calls import HostProblem, maybe

OLDEST = (18, 5)
"""Before it sound could not be placed at a frame."""
STUDIO_WINDOWS = (19, 1)
"""From it on the free edition answers a script's window with an offer to buy."""


@dataclass(frozen=True)
class Build:
    """Which Resolve this is."""

    product: str
    version: tuple[int, ...]

    @property
    def studio(self) -> bool:
        """Whether it is the Studio edition; an unknown product is taken for the free one."""
        return "studio" in self.product.lower()

    @property
    def own_windows(self) -> bool:
        """Whether scripts may open windows of Resolve's own."""
        return self.studio or () < self.version < STUDIO_WINDOWS

    @property
    def name(self) -> str:
        """“DaVinci Resolve Studio 21.0.4”."""
        return "{} {}".format(self.product, ".".join(map(str, self.version[:3])))


def detect(resolve: Any) -> Build:
    """Which Resolve RESOLVE is; asks for nothing that only Studio has. Raises HostProblem where too old."""
    product = str(maybe(resolve, "GetProductName") or "DaVinci Resolve")
    said = maybe(resolve, "GetVersion")
    if isinstance(said, dict):
        said = [said[key] for key in sorted(said)]
    if not isinstance(said, (list, tuple)):
        said = re.findall(r"\d+", str(maybe(resolve, "GetVersionString") or ""))
    # The numbers may be floats, as Lua has no others.
    version = tuple(int(part) for part in list(said)[:3] if isinstance(part, float) or str(part).isdigit())
    if version and version < OLDEST:
        raise HostProblem(
            "this is {} {}; foleyd needs 18.5 or later, which can place sound at a frame".format(
                product, ".".join(map(str, version))
            )
        )
    return Build(product, version)
