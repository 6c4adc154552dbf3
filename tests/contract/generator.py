"""The generator of the stubs: an interpreter of its own, since it needs other packages than foleyd."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


class NoGenerator(Exception):
    """The generator is not installed."""


def generator_python() -> Path:
    """The interpreter with grpcio-tools: FOLEYD_STUBS_PYTHON, else the one of ``.venv-stubs``."""
    named = os.environ.get("FOLEYD_STUBS_PYTHON")
    python = Path(named) if named else ROOT / ".venv-stubs" / "bin" / "python"
    if not python.exists():
        raise NoGenerator(
            f"the stub generator is not installed at {python}: run `make stubs`, or set FOLEYD_STUBS_PYTHON "
            "to a Python that has grpcio-tools 1.76.0 and googleapis-common-protos"
        )
    return python


def generate(folder: Path) -> None:
    """Generates the stubs into FOLDER."""
    _run(["sh", str(ROOT / "tools" / "generate_stubs.sh"), str(folder)])


def describe(file: Path) -> None:
    """Writes the contract's descriptor, comments included, to FILE."""
    python = generator_python()
    found = _run(
        [
            str(python),
            "-c",
            "import google.rpc, pathlib; print(pathlib.Path(list(google.rpc.__path__)[0]).parents[1])",
        ]
    )
    arguments = ["-I", "protos", "-I", found.strip(), "--include_source_info", f"--descriptor_set_out={file}"]
    _run([str(python), "-m", "grpc_tools.protoc", *arguments, "protos/foleyd/v1/foleyd.proto"])


def _run(command: list[str]) -> str:
    environment = {**os.environ, "PYTHON": str(generator_python())}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout
