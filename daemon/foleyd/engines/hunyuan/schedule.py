"""The flow-matching schedule: model-spec.md 6, by diffusers' scheduler with the sigmas of the spec."""

from __future__ import annotations

import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler


def schedule(steps: int) -> FlowMatchEulerDiscreteScheduler:
    """A scheduler whose STEPS sigmas run evenly from 1 to 0, the last step ending at 0.

    ``timesteps`` (steps,) are 1000 sigma, ``sigmas`` (steps + 1,); both float32 on the CPU. Its own default
    would end at 0.001 and space the steps otherwise.
    """
    scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=1.0)
    scheduler.set_timesteps(sigmas=torch.linspace(1, 0, steps + 1)[:-1].numpy())
    scheduler.set_begin_index(0)
    return scheduler
