"""Probed media and timelines on the wire."""

from __future__ import annotations
