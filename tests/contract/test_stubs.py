"""The committed stubs are what the .proto says."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.generator import ROOT, NoGenerator, generate, generator_python

PACKAGE = Path("foleyd/v1")
STUBS = ("foleyd_pb2.py", "foleyd_pb2.pyi", "foleyd_pb2_grpc.py")


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stubs")
    generate(folder)
    return folder / PACKAGE


def test_nothing_else_is_generated(generated: Path) -> None:
    assert sorted(path.name for path in generated.iterdir()) == sorted(STUBS)


@pytest.mark.parametrize("name", STUBS)
def test_the_committed_stub_is_the_generated_one(generated: Path, name: str) -> None:
    committed = ROOT / "daemon" / PACKAGE / name
    assert committed.read_bytes() == (generated / name).read_bytes(), (
        f"daemon/{PACKAGE / name} is not what foleyd.proto says: run `make stubs` and commit it"
    )


def test_a_missing_generator_is_a_sentence_and_no_pass(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOLEYD_STUBS_PYTHON", str(tmp_path / "nowhere"))
    with pytest.raises(NoGenerator, match="run `make stubs`"):
        generator_python()
    with pytest.raises(NoGenerator):
        generate(tmp_path)
