"""Filmstrips kept beside a picture's features, so that a cached take still has pictures to show."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np

from foleyd.cache.errors import NotCached
from foleyd.cache.features import FeatureStore, write_features
from foleyd.cache.files import Draft
from foleyd.cache.store import Store
from foleyd.contact_sheet import Filmstrip, Thumbnail
from foleyd.engines.engine import Features

logger = logging.getLogger(__name__)

_ENGINE = "filmstrip"


def write_filmstrip(path: Path, strip: Filmstrip) -> None:
    """Writes what STRIP collected to PATH. Raises OSError."""
    arrays = {f"{index:03d} {t.frame}": t.rgb for index, t in enumerate(strip.thumbnails)}
    write_features(path, Features(arrays))


def keep_filmstrip(store: Store, fingerprint: str, path: Path) -> None:
    """Keeps what was written to PATH of the picture of FINGERPRINT, if there is room for it."""
    try:
        store.publish(_key(fingerprint), Draft(path), _ENGINE).release()
    except NotCached as reason:
        logger.warning("%s", reason)


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
