"""``foley models``: the weights of the hunyuan engine, fetched, imported, checked, removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import DONE, WRONG, printable
from foleyd.config import find_folders

if TYPE_CHECKING:
    from foleyd.engines.hunyuan.models import Consent
    from foleyd.engines.hunyuan.store import Progress, State

app = typer.Typer(
    name="models",
    help="The weights of the hunyuan engine: fetched, imported, checked, removed.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="hunyuan-xxl or hunyuan-xl.")]
SomeModel = Annotated[str, typer.Argument(metavar="[MODEL]", help="hunyuan-xxl or hunyuan-xl; else all.")]
Accept = Annotated[
    bool,
    typer.Option(
        "--accept-license", help="I have read the licence of the weights and accept it; do not ask me."
    ),
]

_YES = {"yes", "y"}
_QUESTION = 'Do you accept the licence? Type "yes" to accept, anything else to leave: '
_NO_TEXT = "No licence text came with the weights. Read it where they are published: "


@app.command("list")
def list_models(as_json: o.Json = False) -> int:
    """Lists the models, and how they stand."""
    from foleyd.engines.hunyuan.store import all_states, state_json

    states = all_states(find_folders())
    if as_json:
        print(json.dumps({"models": [state_json(state) for state in states]}))
    else:
        _print_states(states)
    return DONE


@app.command("pull")
def pull(
    name: ModelName,
    *,
    accept: Accept = False,
    endpoint: Annotated[
        str,
        typer.Option("--endpoint", metavar="URL", help="A mirror of the hub; else HF_ENDPOINT, else itself."),
    ] = "",
    drop_published: Annotated[
        bool, typer.Option("--drop-published", help="Delete what was fetched once it is converted.")
    ] = False,
    no_convert: Annotated[
        bool, typer.Option("--no-convert", help="Only fetch; convert later, or on another machine.")
    ] = False,
    as_json: o.Json = False,
) -> int:
    """Fetches a model, checks it and converts it.

    Goes on where it stopped. The licence is shown first and must be accepted.
    """
    from foleyd.engines.hunyuan.models import pull as pull_model

    consent = _consent(accept=accept)
    with _progress() as on_progress:
        state = pull_model(
            find_folders(),
            name,
            consent,
            on_progress,
            endpoint=endpoint,
            keep_published=not drop_published,
            converting=not no_convert,
        )
    return _tell(state, as_json, fetched_only=no_convert)


@app.command("import")
def import_folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Published files, or a converted model.")],
    accept: Accept = False,
    as_json: o.Json = False,
) -> int:
    """Makes a model of files that are here already.

    For machines without a network. FOLDER is only read. The licence is shown first and must be accepted.
    """
    from foleyd.engines.hunyuan.models import import_folder as import_model

    consent = _consent(accept=accept)
    with _progress() as on_progress:
        state = import_model(find_folders(), folder.expanduser(), consent, on_progress)
    return _tell(state, as_json)


@app.command("convert")
def convert(name: ModelName, as_json: o.Json = False) -> int:
    """Converts what was fetched, again or for the first time."""
    from foleyd.engines.hunyuan.models import convert_again

    with _progress() as on_progress:
        state = convert_again(find_folders(), name, on_progress)
    return _tell(state, as_json)


@app.command("verify")
def verify(name: SomeModel = "", as_json: o.Json = False) -> int:
    """Reads every file and compares it with its hash.

    Exit code 2 when something is missing or damaged.
    """
    from foleyd.engines.hunyuan.store import all_states, mend_command
    from foleyd.engines.hunyuan.store import verify as verify_model

    folders = find_folders()
    names = [name] if name else [s.model.name for s in all_states(folders) if s.record is not None]
    results: list[dict[str, Any]] = []
    with _progress() as on_progress:
        for each in names:
            wrong = verify_model(folders, each, on_progress)
            fix = mend_command(folders, each) if wrong else None
            results.append({"name": each, "ok": not wrong, "problems": wrong, "fix": fix})
    if as_json:
        print(json.dumps({"models": results}))
    else:
        for result in results or [{"name": "no models", "ok": None, "problems": [], "fix": None}]:
            print(f"{result['name']}{': every file is as recorded' if result['ok'] else ''}")
            for problem in result["problems"]:
                print(printable(f"  {problem}"))
            if result["fix"]:
                print(printable(f"  -> {result['fix']}"))
    return DONE if all(result["ok"] for result in results) else WRONG


@app.command("remove")
def remove(name: ModelName, as_json: o.Json = False) -> int:
    """Deletes a model and all that was fetched for it."""
    from foleyd.cli.show import size_text
    from foleyd.engines.hunyuan.store import remove as remove_model

    freed = remove_model(find_folders(), name)
    if as_json:
        print(json.dumps({"name": name, "bytes": freed}))
    else:
        print(f"{name} removed, {size_text(freed)}")
    return DONE


@app.command("path")
def path(
    name: Annotated[
        str, typer.Argument(metavar="[MODEL]", help="A model that is ready; else the folder of all.")
    ] = "",
    as_json: o.Json = False,
) -> int:
    """Prints where a model lies.

    Exit code 2 when it is missing or not whole.
    """
    from foleyd.engines.hunyuan.store import ready_home

    folders = find_folders()
    found = ready_home(folders, name) if name else folders.models
    print(json.dumps({"path": str(found)}) if as_json else printable(str(found)))
    return DONE


def _consent(*, accept: bool) -> Consent:
    """Shows summary and text on stderr and asks, unless the flag has answered.

    Raises LicenceNotAccepted when there is nobody to ask, and when the answer is no.
    """
    from foleyd.engines.hunyuan.licence import ACCEPT_FLAG, SUMMARY, WHERE, refused

    def ask(text: str) -> str:
        shown = text or _NO_TEXT + WHERE
        for block in (SUMMARY, "", "=" * 72, shown, "=" * 72, ""):
            for line in block.splitlines() or [""]:
                print(printable(line.expandtabs()), file=sys.stderr)
        sys.stderr.flush()
        if accept:
            return ACCEPT_FLAG
        if not sys.stdin.isatty():
            raise refused("there is no terminal to ask at")
        print(_QUESTION, end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in _YES:
            raise refused("the answer was not yes")
        return "terminal"

    return ask


@contextmanager
def _progress() -> Iterator[Progress]:
    """Progress as every command shows it. It opens with the first word of it, after any question."""
    from foleyd.cli.show import Display, open_display
    from foleyd.v1 import foleyd_pb2 as pb

    display: Display | None = None

    def show(fraction: float, words: str) -> None:
        nonlocal display
        display = display or open_display()
        # The verb alone: a line for each of many files says no more.
        display.stage(pb.Stage(name=words.partition(" ")[0], fraction=fraction))

    try:
        yield show
    finally:
        if display is not None:
            display.close()


def _tell(state: State, as_json: bool, *, fetched_only: bool = False) -> int:
    from foleyd.engines.hunyuan.store import state_json

    if as_json:
        print(json.dumps(state_json(state)))
    else:
        _print_states([state])
        for warning in state.record.warnings if state.record else ():
            print(printable(f"warning: {warning}"), file=sys.stderr)
    return DONE if state.ready or fetched_only else WRONG


def _print_states(states: list[State]) -> None:
    from foleyd.cli.show import print_lines, size_text, table

    rows = [["model", "state", "size", "where"]]
    for state in states:
        how = "ready" if state.ready else "not here" if state.record is None else "not whole"
        size = size_text(state.bytes) if state.bytes else "-"
        rows.append([state.model.name, how, size, str(state.folder) if state.record else state.model.summary])
    print_lines(table(rows))
    for state in states:
        if state.problem and state.record is not None:
            print_lines([f"{state.model.name}: {state.problem}", f"  -> {state.fix}"])
        elif state.problem:
            print_lines([f"  -> {state.fix}"])
