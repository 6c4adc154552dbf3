"""Recorded steps: batches of the same sizes share a recording and never each other's values.

The graph is a stand-in that computes the step when it is replayed; on a card, parity runs through real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from foleyd.engines.hunyuan import record
from foleyd.engines.hunyuan.ops import Attention, PlainOps
from foleyd.engines.hunyuan.record import Recorder
from foleyd.engines.hunyuan.step import Batch, Conditions, Times, Velocity
from hunyuan.tiny import latents, packed, tiny, velocity, window


class TileOps(PlainOps):
    """Looks where the tiles say, as the kernels do: a recording knows the numbers of one batch only."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor, attention: Attention) -> Tensor:
        out = q.new_zeros(len(q), q.shape[1] * q.shape[2])
        for first, count, *keys in attention.tiles.tolist():
            if count:
                seen = [*range(keys[0], sum(keys[:2])), *range(keys[2], sum(keys[2:]))]
                parts = (part.transpose(0, 1)[None] for part in (q[first : first + count], k[seen], v[seen]))
                mixed = F.scaled_dot_product_attention(*parts)
                out[first : first + count] = mixed[0].transpose(0, 1).flatten(1)
        return out


TILED = Velocity(tiny(), TileOps())


@dataclass
class Replayed:
    """What a graph does: computes from the recording's own tensors into its own result."""

    recording: Any = None
    replays: int = 0

    def replay(self) -> None:
        held = self.recording
        self.replays += 1
        moved = TILED(held.batch, held.noisy, held.vec, held.triple, held.guidance)
        held.velocity.copy_(moved)


class StandIn(Recorder):
    """Records without a card."""

    def _record(self, batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float) -> Any:
        graph: Any = Replayed()
        inputs = (noisy.clone(), vec.clone(), triple.clone(), torch.tensor(guidance))
        made = record._Recording(graph, batch.clone(), *inputs, torch.empty_like(noisy), loaded=batch)
        graph.recording = made
        self._recordings[batch.layout.sizes] = made
        return made


@pytest.fixture(autouse=True)
def _no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 0))


def asked(one: Conditions) -> tuple[Batch, Tensor, Times]:
    batch = velocity().batch([one], guided=True)
    return batch, packed(batch, [latents(one.latents)], 0.0), velocity().times(torch.tensor([900.0, 100.0]))


@torch.inference_mode()
def test_windows_of_the_same_sizes_take_turns_on_one_recording() -> None:
    recorder = StandIn(velocity())
    windows = [window(60, seed=1), window(58, seed=2), window(61, segments=1, seed=3)]
    for _ in range(2):
        for one in windows:
            batch, noisy, times = asked(one)
            for number, guidance in ((0, 4.5), (1, 2.0)):
                given = (batch, noisy, times.vec[number], times.triple[number], guidance)
                rows = slice(one.latents)
                ours, plain = recorder(*given)[rows], velocity()(*given)[rows]
                assert torch.allclose(ours, plain, rtol=1e-4, atol=2e-5)
    sizes = {asked(one)[0].layout.sizes for one in windows}
    assert len(sizes) == len(recorder._recordings) == 1


@torch.inference_mode()
def test_where_recording_fails_steps_run_plainly_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: object) -> None:
        raise RuntimeError("no stream can be captured here")

    recorder = Recorder(velocity())
    monkeypatch.setattr(recorder, "_record", fails)
    batch, noisy, times = asked(window(60))
    given = (batch.waiting(), noisy, times.vec[0], times.triple[0], 4.5)
    assert torch.equal(recorder(*given), velocity()(*given))
    assert "no stream can be captured" in recorder.note


@torch.inference_mode()
def test_too_little_memory_to_record_is_for_the_caller_to_hear(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: object) -> None:
        raise torch.cuda.OutOfMemoryError("out of memory")

    recorder = Recorder(velocity())
    monkeypatch.setattr(recorder, "_record", fails)
    batch, noisy, times = asked(window(60))
    with pytest.raises(torch.cuda.OutOfMemoryError):
        recorder(batch, noisy, times.vec[0], times.triple[0], 4.5)
    assert recorder.note == ""
