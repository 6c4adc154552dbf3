"""Features of a window's picture, kept as safetensors."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from foleyd.cache.errors import Damaged, NotCached
from foleyd.cache.files import Pin
from foleyd.cache.store import Store
from foleyd.engines.engine import Features

logger = logging.getLogger(__name__)

_FORMAT = "foleyd features 1"
_PLAIN = "biuf"


class FeatureStore:
    """Features by :func:`foleyd.cache.fingerprint.feature_key`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, key: str) -> Features | None:
        """The features of KEY, in memory; None when there are none (or they are damaged)."""
        pin = self._store.pin(key)
        if pin is None:
            return None
        with pin:
            try:
                return read_features(pin.path)
            except Damaged as error:
                logger.warning("%s", error)
        self._store.drop(key)
        return None

    def pin(self, key: str) -> Pin | None:
        """The file of KEY's features, held until released; None when there is none (or it is damaged)."""
        pin = self._store.pin(key)
        if pin is None:
            return None
        try:
            read_features(pin.path)
        except Damaged as error:
            logger.warning("%s", error)
            self._store.drop(key)
            pin.release()
            return None
        return pin

    def save(self, key: str, features: Features, engine: str) -> NotCached | None:
        """Keeps FEATURES, made by ENGINE (its name); returns why not when they could not be kept.

        Raises TypeError for arrays that are not plain numbers.
        """
        return self._store.add(key, engine, lambda path: write_features(path, features))


def write_features(path: Path, features: Features) -> None:
    """Writes FEATURES to PATH. Raises OSError, and TypeError for arrays that are not plain numbers."""
    for name, array in features.arrays.items():
        if array.dtype.kind not in _PLAIN or array.dtype.itemsize > 8:
            raise TypeError(f"feature {name!r} is of type {array.dtype}, which cannot be kept")
    # safetensors reads the memory behind an array as it lies: order and byte order must be plain.
    arrays = {
        name: np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
        for name, array in features.arrays.items()
    }
    text = json.dumps({"meta": dict(features.meta), "warnings": list(features.warnings)})
    try:
        save_file(arrays, path, metadata={"format": _FORMAT, "features": text})
    except SafetensorError as error:
        raise OSError(str(error)) from error


def read_features(path: Path) -> Features:
    """Reads what :func:`write_features` wrote. Raises Damaged."""
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != _FORMAT:
                raise Damaged(f"cache file {path} holds no features that this version reads")
            text = json.loads(metadata["features"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return Features(arrays, text["meta"], tuple(text["warnings"]))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"cache file {path} does not hold readable features ({error})") from error
