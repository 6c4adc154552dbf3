"""The licence of the weights: what it says in short, its text, and that it was accepted.

Nothing here is legal advice. The summary (``model-spec.md`` 12) is called one wherever it is shown, and the
text that comes with the weights is shown with it. Needs no torch.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from foleyd.engines.hunyuan.errors import LicenceNotAccepted

LICENCE = "Tencent Hunyuan Community License"
ATTRIBUTION = "Powered by Tencent Hunyuan"
"""The line that the licence encourages beside what was made with the model."""
WHERE = "https://huggingface.co/tencent/HunyuanVideo-Foley"
"""Where weights and licence are published."""
RECORD = "model.json"
ACCEPT_FLAG = "--accept-license"

SUMMARY = f"""\
The weights of HunyuanVideo-Foley are Tencent's, not foleyd's, under the {LICENCE}.
This is a summary by foleyd of some of its terms. It is not the licence and no legal advice; the text counts.

- Territory: it grants no rights in the European Union, the United Kingdom and South Korea. There you may not
  use or copy the weights, nor use what is made with them.
- Size: whoever had more than 100 million monthly active users when the model came out needs a licence of its
  own from Tencent.
- Other models: neither the weights nor what is made with them may be used to improve other AI models.
- Acceptable use: its policy (Exhibit A) binds you, and whoever you pass the weights on to.
- Passing on: a copy of the licence, notes on changes, and the Notice file must go with the weights. The line
  "{ATTRIBUTION}" is encouraged.

SigLIP2 (google), CLAP (laion) and Synchformer, which it needs beside it, have terms of their own."""

_NAMES = re.compile(r"(?i)^(licen[cs]e|notice)([-_. ].{0,40})?$")
_TEXT_LIMIT = 1024**2


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody accepted LICENCE: WHEN (UTC, ISO 8601) and HOW (``terminal`` or the flag).

    TEXT_SHA256 is the hash of the text that was shown; "" where none came with the weights and only the
    summary, and where to read the text, could be.
    """

    licence: str
    when: str
    how: str
    text_sha256: str = ""


class _Recorded(msgspec.Struct):
    """What this module reads of a model's record."""

    acceptance: Acceptance | None = None


def acceptance(folder: Path) -> Acceptance | None:
    """What was accepted for the model in FOLDER; None when nothing was, or its record cannot be read."""
    try:
        return msgspec.json.decode((folder / RECORD).read_bytes(), type=_Recorded).acceptance
    except (OSError, msgspec.DecodeError):
        return None


def accept(how: str, text: str) -> Acceptance:
    """The record of accepting, now, the licence whose TEXT was shown ("": only the summary was)."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Acceptance(licence=LICENCE, when=now, how=how, text_sha256=text_hash(text))


def text_hash(text: str) -> str:
    """SHA-256 of TEXT as UTF-8; "" for no text."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def is_licence_name(name: str) -> bool:
    """Whether a file called NAME holds a licence or notice."""
    return _NAMES.match(name) is not None


def licence_text(folder: Path) -> str:
    """The licence files that lie in FOLDER, one after the other; "" when there are none.

    Files that are no text, or too long to be read by a person, are passed over.
    """
    texts = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if is_licence_name(path.name) and path.is_file() and path.stat().st_size <= _TEXT_LIMIT:
            texts.append(path.read_bytes().decode("utf-8", "replace").strip())
    return "\n\n".join(text for text in texts if text)


def refused(why: str) -> LicenceNotAccepted:
    """The error for a licence that was not accepted, because of WHY."""
    return LicenceNotAccepted(
        f"the licence of the weights was not accepted ({why}); nothing was fetched or imported."
        f" Read the summary and the text, and pass {ACCEPT_FLAG} if you accept them",
        fix=f"foley models pull hunyuan-xxl {ACCEPT_FLAG}",
    )
