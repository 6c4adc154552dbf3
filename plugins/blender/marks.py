# SPDX-License-Identifier: GPL-3.0-or-later
"""What a strip of ours knows of itself: the names of its custom properties, saved and copied with it."""

from __future__ import annotations

from typing import Any

JOB = "foley_job"
"""Which job brought it."""
CUE = "foley_cue"
"""Which cue of that job it fills."""
TAKE = "foley_take"
"""Number of the take within its cue, from 1 on."""
SEED = "foley_seed"
"""As text: seeds are wider than Blender's whole numbers."""
PROMPT = "foley_prompt"
NEGATIVE = "foley_negative"
LAYER = "foley_layer"
ENGINE = "foley_engine"
RANGE = "foley_range"
"""Scene frames of the cue when it was placed: first, and the one after the last."""
HANDLES = "foley_handles"
"""Frames of sound asked for before and after the cue."""
TRACK = "foley_track"
"""Name of the track that it belongs on: what its channel was named."""
TEXT_ONLY = "foley_text_only"
"""Made from the prompt alone."""
CHANNEL = "foley_channel"
"""Number of the channel that got its name from us; 0 where it did not."""
CHANNEL_NAME = "foley_channel_name"
"""That name: its track's, with a number where another channel has it already."""
CHANNEL_WAS = "foley_channel_was"
"""What that channel was named before."""
SILENCED = "foley_silenced"
"""There while it is muted only because another layer is soloed."""


def is_ours(strip: Any) -> bool:
    """Whether STRIP came from a job."""
    return JOB in strip
