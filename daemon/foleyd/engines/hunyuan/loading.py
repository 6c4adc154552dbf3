"""Models from their folders to a device, without a second copy on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open

from foleyd.engines.engine import EngineNotReady

M = TypeVar("M", bound=Any)


def load_module(kind: type[M], folder: Path, dtype: torch.dtype, device: torch.device) -> M:
    """The model of KIND (a diffusers ModelMixin) in FOLDER, in DTYPE on DEVICE.

    Built without memory and filled from the safetensors files, which are mapped and read straight to the
    device. Raises EngineNotReady where the folder does not hold all of it.
    """
    try:
        with torch.device("meta"):
            module = kind.from_config(kind.load_config(folder))
        missing = set(module.state_dict())
        for path in sorted(folder.glob("*.safetensors")):
            with safe_open(path, framework="pt", device=str(device)) as file:
                state = {name: file.get_tensor(name).to(dtype) for name in missing.intersection(file.keys())}
            missing -= set(state)
            module.load_state_dict(state, strict=False, assign=True)
    except (OSError, SafetensorError, RuntimeError, ValueError) as error:
        if isinstance(error, torch.cuda.OutOfMemoryError):
            raise
        raise EngineNotReady(f"{folder} cannot be loaded ({error})", fix="foley models verify") from error
    if missing:
        raise EngineNotReady(
            f"{folder} lacks {len(missing)} weights, {min(missing)} first", fix="foley models verify"
        )
    ready: M = module.eval().requires_grad_(False)
    return ready
