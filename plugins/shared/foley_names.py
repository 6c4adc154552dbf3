# SPDX-License-Identifier: Apache-2.0
"""Names of folders that every system can have, made of names that a project or a timeline has.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
"""Bytes of a name: disks take 255, and letters have up to four."""
UNTITLED = "untitled"

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])\s*(\.|$)", re.IGNORECASE)
"""Devices of Windows, whatever ending they are given (Microsoft, Naming Files, Paths, and Namespaces)."""


def safe_folder(name: str, longest: int = LONGEST) -> str:
    """NAME as a folder's on any system, LONGEST bytes at most; letters of every script stay."""
    text = unicodedata.normalize("NFC", _UNSAFE.sub("_", name))
    short = text.encode("utf-8", "ignore")[:longest].decode("utf-8", "ignore").strip(" .")
    return f"_{short}" if _RESERVED.match(short) else short or UNTITLED
