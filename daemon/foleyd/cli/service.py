"""``foley service``: watch folders that are watched from log-in on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import DONE, OTHER

service_app = typer.Typer(
    name="service",
    help="Has folders watched from log-in on.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@service_app.command("install")
@o.grouped
def install(
    *,
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="Folders to watch.")],
    sources: o.Sources,
    archive: Annotated[bool, typer.Option("--archive", help="As foley watch has it.")] = False,
    poll: Annotated[bool, typer.Option("--poll", help="As foley watch has it.")] = False,
    prompt: Annotated[
        list[str] | None, typer.Option("--prompt", "-p", metavar="TEXT", help="As foley watch has it.")
    ] = None,
) -> int:
    """Has FOLDERs watched now and from every log-in on.

    Installing again replaces the folders. All else is said by foley.toml in each folder.
    """
    from foleyd.cli.requests import absolute
    from foleyd.cli.watch import check_apart
    from foleyd.watch.places import Places
    from foleyd.watch.service import install as put_up
    from foleyd.watch.service import service

    places = [absolute(folder) for folder in folders]
    check_apart(places)
    for folder in places:
        Places.of(folder).make()
    arguments = [word for word, given in (("--archive", archive), ("--poll", poll)) if given]
    arguments += [word for text in prompt or () for word in ("--prompt", text)]
    wanted = service(places, [*arguments, *_words_of(sources)])
    put_up(wanted)
    print(f"watching {', '.join(map(str, places))}, now and from every log-in on ({wanted.path})")
    print(f"what it says: {wanted.log}")
    return DONE


def _words_of(sources: o.Sources) -> list[str]:
    """SOURCES as a command line says them."""
    words = [word for root in sources.media_roots for word in ("--media-root", str(root))]
    words += [word for old, new in sources.relinks for word in ("--relink", f"{old}={new}")]
    return words + (["--edl-rate", str(sources.edl_rate)] if sources.edl_rate is not None else [])


@service_app.command("remove")
def remove() -> int:
    """Ends the service; the folders and their results stay."""
    from foleyd.watch.service import remove as take_down
    from foleyd.watch.service import service

    print("removed" if take_down(service([])) else "there is no such service")
    return DONE


@service_app.command("status")
def status() -> int:
    """Says whether the service runs; exit code 1 when it does not."""
    from foleyd.watch.service import service, state

    said = state(service([]))
    print(said)
    return DONE if said.startswith("running") else OTHER
