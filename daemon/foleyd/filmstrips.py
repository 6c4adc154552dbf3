"""Filmstrips kept beside a picture's features, so that a cached take still has pictures to show."""

from __future__ import annotations

import hashlib

import numpy as np

from foleyd.cache.features import FeatureStore
from foleyd.contact_sheet import Filmstrip, Thumbnail
from foleyd.engines.engine import Features

_ENGINE = "filmstrip"


def keep_filmstrip(store: FeatureStore, fingerprint: str, strip: Filmstrip) -> None:
    """Keeps what STRIP collected of the picture of FINGERPRINT."""
    if not strip.thumbnails:
        return
    arrays = {f"{index:03d} {t.frame}": t.rgb for index, t in enumerate(strip.thumbnails)}
    store.save(_key(fingerprint), Features(arrays), _ENGINE)


def kept_filmstrip(store: FeatureStore, fingerprint: str) -> tuple[Thumbnail, ...]:
    """The pictures kept for FINGERPRINT, frames counted from the item's start; none when evicted."""
    features = store.load(_key(fingerprint)) if fingerprint else None
    if features is None:
        return ()
    return tuple(
        Thumbnail(int(name.split()[1]), np.asarray(features.arrays[name])) for name in sorted(features.arrays)
    )


def _key(fingerprint: str) -> str:
    return hashlib.blake2b(f"filmstrip {fingerprint}".encode(), digest_size=20).hexdigest()
