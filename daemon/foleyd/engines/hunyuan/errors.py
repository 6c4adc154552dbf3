"""What can be wrong with weights: their files, their licence, the place they come from. Needs no torch."""

from __future__ import annotations

from foleyd.engines.engine import EngineError


class CheckpointError(EngineError, ValueError):
    """A file of weights is damaged, cut off, swapped for another, or holds what it must not."""

    code = "INVALID_ARGUMENT"
    reason = "WEIGHTS_UNUSABLE"


class TooLarge(CheckpointError):
    """A parameter has values beyond what the wanted precision can hold. TARGET is our name of it."""

    reason = "WEIGHTS_TOO_LARGE"

    def __init__(self, target: str) -> None:
        super().__init__(
            f"{target} has values beyond the range of 16-bit floats; load it as bfloat16 or float32"
        )
        self.target = target


class ModelUnknown(EngineError):
    """There is no model of that name."""

    code = "NOT_FOUND"
    reason = "MODEL_UNKNOWN"


class ModelMissing(EngineError):
    """A model is not in the models folder, or not whole; FIX is the command that gets it."""

    code = "FAILED_PRECONDITION"
    reason = "MODEL_MISSING"


class ModelBusy(EngineError):
    """Another command is at work on the same model."""

    code = "FAILED_PRECONDITION"
    reason = "MODEL_BUSY"


class LicenceNotAccepted(EngineError):
    """The weights' licence has not been accepted; nothing was fetched or imported."""

    code = "FAILED_PRECONDITION"
    reason = "LICENCE_NOT_ACCEPTED"


class DownloadFailed(EngineError):
    """The place that has the weights cannot be reached, broke off, or lacks them."""

    code = "UNAVAILABLE"
    reason = "DOWNLOAD_FAILED"


class DownloadCorrupt(EngineError):
    """What came is not what was announced."""

    code = "DATA_LOSS"
    reason = "DOWNLOAD_CORRUPT"
