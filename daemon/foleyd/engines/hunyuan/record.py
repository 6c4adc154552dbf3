"""The step, recorded once for each set of sizes and replayed: CUDA graphs.

A step is some eight hundred kernels, most of them shorter than Python takes to start them. Recorded, they
follow one another without a gap. A new set of sizes costs one plain step and the recording, a fraction of a
second; no compiler runs. Where recording fails, steps run plainly, and :attr:`Recorder.note` says so.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor

from foleyd.engines.hunyuan.layout import Sizes
from foleyd.engines.hunyuan.step import Batch, Velocity

logger = logging.getLogger(__name__)

_KEPT = 24
"""Recordings that are kept, the most recently used ones."""


@dataclass(slots=True)
class _Recording:
    """A graph, the tensors it reads and the one it writes. LOADED is the batch whose values it has."""

    graph: torch.cuda.CUDAGraph
    batch: Batch
    noisy: Tensor
    vec: Tensor
    triple: Tensor
    guidance: Tensor
    velocity: Tensor
    loaded: Batch


class Recorder:
    """:class:`.step.Velocity` by replay; called as it is. One at a time: recordings share their memory."""

    def __init__(self, velocity: Velocity) -> None:
        self._velocity = velocity
        self._recordings: OrderedDict[Sizes, _Recording] = OrderedDict()
        self._pool = torch.cuda.graph_pool_handle()
        self.note = ""

    def __call__(self, batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float) -> Tensor:
        """As :meth:`.step.Velocity.__call__`; the result is overwritten by the next call."""
        if self.note:
            return self._velocity(batch, noisy, vec, triple, guidance)
        recording = self._recordings.get(batch.layout.sizes)
        if recording is None:
            try:
                recording = self._record(batch, noisy, vec, triple, guidance)
            except RuntimeError as error:
                if isinstance(error, torch.cuda.OutOfMemoryError):
                    raise
                self.note = f"steps are not recorded, since recording failed ({error})"
                logger.warning("%s", self.note)
                return self(batch, noisy, vec, triple, guidance)
        self._recordings.move_to_end(batch.layout.sizes)
        if recording.loaded is not batch:
            recording.batch.copy_(batch)
            recording.loaded = batch
        recording.noisy.copy_(noisy)
        recording.vec.copy_(vec)
        recording.triple.copy_(triple)
        recording.guidance.fill_(guidance)
        recording.graph.replay()
        return recording.velocity

    def _record(
        self, batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float
    ) -> _Recording:
        own = batch.to(noisy.device).clone()
        inputs = (noisy.clone(), vec.clone(), triple.clone(), torch.tensor(guidance, device=noisy.device))
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # a plain step first: kernels are loaded, workspaces made
            self._velocity(own, *inputs)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=side):
            velocity = self._velocity(own, *inputs)
        recording = _Recording(graph, own, *inputs, velocity, loaded=batch)
        self._recordings[batch.layout.sizes] = recording
        while len(self._recordings) > _KEPT:
            self._recordings.popitem(last=False)
        return recording
