"""HDR picture for eyes and models that know only SDR: PQ or HLG in BT.2020 to BT.709, as a 3D table.

Sources: SMPTE ST 2084 (PQ); ITU-R BT.2100 (HLG and its OOTF); ITU-R BT.2390-8, 5.4.1 (the tone curve,
here on the largest of R, G, B so that hues stay); BT.2087 (BT.2020 to BT.709); BT.1886 (display gamma).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

PQ, HLG = 16, 18
"""AVColorTransferCharacteristic of SMPTE ST 2084 and of ARIB STD-B67."""

HDR_TRANSFERS = frozenset((PQ, HLG))

SDR_WHITE = 203.0
"""Nits that become full white: the graphics white of BT.2408."""

_PEAKS = {PQ: 4000.0, HLG: 1000.0}
_SIZE = 33
_M1, _M2, _C1, _C2, _C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float64
)
_BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float64)

Array = npt.NDArray[np.float64]


@cache
def cube_file(transfer: int) -> str:
    """The table for TRANSFER (PQ or HLG) as the text of a .cube file, red changing fastest."""
    levels = np.linspace(0, 1, _SIZE)
    blue, green, red = np.meshgrid(levels, levels, levels, indexing="ij")
    table = to_sdr(np.stack([red, green, blue], -1).reshape(-1, 3), transfer)
    lines = (f"{r:.5f} {g:.5f} {b:.5f}" for r, g, b in table)
    return f"LUT_3D_SIZE {_SIZE}\n" + "\n".join(lines) + "\n"


def to_sdr(signal: Array, transfer: int) -> Array:
    """SIGNAL, R'G'B' (n, 3) in 0..1 of BT.2020 in PQ or HLG, as BT.709 R'G'B' in 0..1."""
    nits = _pq_to_nits(signal) if transfer == PQ else _hlg_to_nits(signal)
    largest = np.maximum(nits.max(-1, keepdims=True), 1e-6)
    mapped = nits * (_tone(largest, _PEAKS[transfer]) / largest)
    light = np.clip(mapped @ _BT2020_TO_BT709.T / SDR_WHITE, 0, 1)
    return np.asarray(light ** (1 / 2.4), np.float64)


def _tone(nits: Array, peak: float) -> Array:
    """BT.2390's curve: PEAK becomes SDR_WHITE, what is dark enough stays as it is."""
    top = _nits_to_pq(np.array(peak))
    level = np.minimum(_nits_to_pq(nits) / top, 1)
    ceiling = _nits_to_pq(np.array(SDR_WHITE)) / top
    knee = 1.5 * ceiling - 0.5
    t = np.clip((level - knee) / (1 - knee), 0, 1)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * ceiling
    )
    return _pq_to_nits(np.where(level < knee, level, spline) * top)


def _nits_to_pq(nits: Array) -> Array:
    y = (nits / 10_000) ** _M1
    return np.asarray(((_C1 + _C2 * y) / (1 + _C3 * y)) ** _M2, np.float64)


def _pq_to_nits(signal: Array) -> Array:
    root = signal ** (1 / _M2)
    return np.asarray(10_000 * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1), np.float64)


def _hlg_to_nits(signal: Array) -> Array:
    """Inverse OETF, then the OOTF of a 1000-nit display (gamma 1.2)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luma = np.maximum(scene @ _BT2020_LUMA, 1e-9)[..., None]
    return np.asarray(_PEAKS[HLG] * luma**0.2 * scene, np.float64)
