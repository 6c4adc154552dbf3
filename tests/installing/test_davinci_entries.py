"""The Python entries of Resolve's menu, run by the Pythons that a Resolve may have."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foleyd.plugins.davinci_entries import PYTHON_ENTRIES, entries, is_entry

PYENV = Path("~/.pyenv/versions").expanduser()
PLUGIN = """\
from __future__ import annotations
import sys
RUNS = []
def run(entry, host):
    RUNS.append(entry)
    print("ran", entry, host["resolve"], len(RUNS), *sys.path[:1])
"""


def pythons(oldest: tuple[int, int], below: tuple[int, int]) -> list[str]:
    """Pythons of this machine from OLDEST to BELOW; this very one always, if it is among them."""
    found = {}
    for python in PYENV.glob("*/bin/python"):
        pair = tuple(int(part) for part in python.parents[1].name.split(".")[:2] if part.isdigit())
        if oldest <= pair < below:
            found[pair] = str(python)
    if oldest <= sys.version_info[:2] < below:
        found.setdefault(sys.version_info[:2], sys.executable)
    return [found[pair] for pair in sorted(found)]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A stand-in for the plugin, in a folder whose name needs care."""
    folder = tmp_path / "Fusion 'é\" 字" / "Foley" / "foley_davinci"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "foley_generate.py").write_text(PLUGIN)
    return folder


def entry(package: Path, name: str = "Foley - Generate.py") -> Path:
    path = package.parents[1] / name
    path.write_bytes(entries(package)[name])
    return path


def run(python: str, *paths: Path) -> str:
    """What a host prints that has `resolve` and runs PATHS one after the other; it lives to say so."""
    host = (
        "import sys\nsys.path.insert(0, 'host')\n"
        "for path in sys.argv[1:]:\n"
        "    exec(compile(open(path).read(), path, 'exec'), {'resolve': 'it', '__name__': '__main__'})\n"
        "print('alive ' + sys.path[0])\n"
    )
    done = subprocess.run(
        [python, "-c", host, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
    )
    assert done.stderr == ""
    return done.stdout


def ends() -> list[str]:
    """The oldest and the newest Python that the plugin is for."""
    found = pythons((3, 8), (4, 0))
    return list(dict.fromkeys((found[0], found[-1])))


@pytest.mark.parametrize("python", ends())
def test_each_entry_asks_the_plugin_for_its_own_thing(python: str, package: Path) -> None:
    paths = [entry(package, name) for name in PYTHON_ENTRIES]
    said = run(python, *paths).splitlines()
    # Each run has loaded the plugin anew, and has left the path as it was.
    assert said == [f"ran {word} it 1 host" for word in ("generate", "markers", "redo", "remove")] + [
        "alive host"
    ]


@pytest.mark.parametrize("python", pythons((2, 7), (3, 8)))
def test_an_older_python_is_told_in_one_sentence(python: str, package: Path) -> None:
    said, alive = run(python, entry(package)).splitlines()
    version = ".".join(Path(python).parents[1].name.split(".")[:2])
    assert said.startswith(
        f"Foley: DaVinci Resolve runs Python {version}, which is too old: install Python 3.8"
    )
    assert alive == "alive host"


@pytest.mark.parametrize("python", ends())
@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        ("raise ImportError('no module\\ncalled x')", "its files cannot be loaded (no module called x); run"),
        ("def run(*_): raise SystemExit(3)", "it stopped (SystemExit: 3); foley doctor --davinci"),
        ("def run(*_): raise KeyboardInterrupt", "it stopped (KeyboardInterrupt); foley doctor --davinci"),
        ("def run(*_): raise ValueError('two\\nlines é')", "it stopped (ValueError: two lines é); foley"),
        ("syntax error", "it stopped (SyntaxError: "),
    ],
)
def test_whatever_goes_wrong_is_one_sentence_and_the_host_lives_on(
    python: str, plugin: str, words: str, package: Path
) -> None:
    (package / "foley_generate.py").write_text(plugin, encoding="utf-8")
    said, alive = run(python, entry(package)).splitlines()
    assert said.startswith(f"Foley: {words}")
    assert alive == "alive host"


def test_a_package_that_is_gone_is_said_with_its_fix(package: Path) -> None:
    path = entry(package)
    (package / "foley_generate.py").unlink()
    assert "run foley install davinci again" in run(sys.executable, path)


def test_entries_are_ascii_and_in_words_that_python_3_6_can_read(package: Path) -> None:
    for name, content in entries(package).items():
        ast.parse(content.decode("ascii"), name, feature_version=(3, 6))


def test_entries_are_known_by_their_first_line(package: Path, tmp_path: Path) -> None:
    path = entry(package)
    assert is_entry(path)
    other = tmp_path / "other.py"
    other.write_bytes(b"# mine\n" + path.read_bytes())
    assert not is_entry(other)
    link = tmp_path / "link.py"
    link.symlink_to(path)
    assert not is_entry(link)
    assert not is_entry(tmp_path)
    assert not is_entry(tmp_path / "none")
