"""What a take says of the weights it was made with, and how."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from foleyd.engines.hunyuan.licence import ATTRIBUTION
from foleyd.engines.hunyuan.options import NEGATIVE_PROMPT, Settings
from foleyd.engines.hunyuan.store import Record


def weights_digest(record: Record) -> str:
    """SHA-256 of the recorded hashes of all files, in the order of their names: equal for equal weights."""
    lines = (f"{name} {file.sha256}\n" for name, file in sorted(record.files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def weights_provenance(record: Record) -> dict[str, str]:
    """Which weights they are, where they came from, and on what terms."""
    revisions = ", ".join(f"{name}@{commit}" for name, commit in sorted(record.revisions.items()))
    accepted = record.acceptance
    found = {
        "model": record.model,
        "weights_source": record.source,
        "weights_revisions": revisions,
        "weights_digest": weights_digest(record),
        "licence": accepted.licence if accepted else "",
        "licence_accepted": accepted.when if accepted else "",
        "licence_accepted_how": accepted.how if accepted else "",
        "licence_text_sha256": accepted.text_sha256 if accepted else "",
        "attribution": ATTRIBUTION,
    }
    return {name: value for name, value in found.items() if value}


def take_provenance(
    settings: Settings, precision: str, profile: str, negative_prompt: str
) -> Mapping[str, str]:
    """How it was made of them."""
    return {
        "steps": str(settings.steps),
        "guidance_scale": f"{settings.guidance:g}",
        "sync_crop": settings.crop,
        "negative_prompt": negative_prompt or NEGATIVE_PROMPT,
        "precision": precision,
        "memory_profile": profile,
    }
