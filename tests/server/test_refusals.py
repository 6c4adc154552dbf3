"""What a daemon refuses, it refuses in its own words, whole on the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.client import Daemon
from foleyd.errors import Failure
from foleyd.launch import read_endpoint
from foleyd.server.status import shortened, status_of
from foleyd.v1 import foleyd_pb2 as pb
from house import House, finish, request

METHODS = pb.DESCRIPTOR.services_by_name["Foley"].methods_by_name
TRUNCATED = b"\x0a\xff"


def refused(error: Any) -> tuple[str, str, str]:
    """Code, reason and sentence of a refused call."""
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    assert status is not None
    assert status.details[0].Unpack(info)
    return error.code().name, info.reason, status.message


@pytest.mark.parametrize("name", sorted(METHODS))
def test_bytes_that_are_no_message_are_refused_as_a_wrong_request(shared_house: House, name: str) -> None:
    endpoint = read_endpoint(shared_house.folders)
    assert endpoint is not None
    with grpc.insecure_channel(endpoint.address) as channel:
        path = f"/foleyd.v1.Foley/{name}"
        streams = METHODS[name].server_streaming
        ask = channel.unary_stream(path) if streams else channel.unary_unary(path)
        with pytest.raises(grpc.RpcError) as caught:
            list(ask(TRUNCATED, timeout=10))
    code, reason, sentence = refused(caught.value)
    assert (code, reason) == ("INVALID_ARGUMENT", "REQUEST_MALFORMED")
    assert name in sentence
    assert "Traceback" not in shared_house.log


def test_a_refusal_with_a_long_name_in_it_arrives(daemon: Daemon) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        daemon.stub.GetJob(pb.GetJobRequest(job_id="😀" * 5000))
    assert refused(caught.value)[0] == "NOT_FOUND"


def test_a_range_that_no_window_divides_is_the_requests_fault(daemon: Daemon, flashes: Path) -> None:
    message = request(flashes, 50)
    message.selection.program.rate.num, message.selection.program.rate.den = 25, 1001
    last = finish(daemon, message)[-1]
    assert last.failed.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert "choose a shorter range" in last.failed.message


texts = st.text(st.characters(exclude_categories=[]), max_size=3000)


@given(texts, texts, texts, texts)
@settings(max_examples=50, deadline=None)
def test_any_failure_fits_into_the_headers(message: str, fix: str, field: str, where: str) -> None:
    failure = Failure("INVALID_ARGUMENT", "X", message * 5, fix, field, where * 3)
    status = rpc_status.to_status(status_of(failure))
    plain = len(status.details.encode()) * 3
    binary = sum(len(value) for _, value in status.trailing_metadata) * 4 // 3
    assert plain + binary < 8192 - 200


@given(texts, st.integers(10, 400))
def test_what_is_shortened_keeps_both_ends(text: str, longest: int) -> None:
    body = text.encode("utf-8", "replace").decode()
    short = shortened(text, longest)
    assert len(short.encode()) <= longest
    if len(body.encode()) <= longest:
        assert short == body
    else:
        head, _, tail = short.partition("…")
        assert body.startswith(head)
        assert body.endswith(tail.rpartition("…")[2])
