"""The table of commands."""

from __future__ import annotations

import typer

from foleyd.cli import (
    batch,
    call,
    dialog,
    generate,
    house,
    install,
    jobs,
    models,
    selftest,
    service,
    timeline,
    watch,
)
from foleyd.cli.spaced import SpacedCommand

app = typer.Typer(
    name="foley",
    help="Foley for an editor's timeline: picture and a sentence in, aligned sound out.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command("generate")(generate.generate)
app.command("timeline", cls=SpacedCommand)(timeline.timeline)
app.command("cues", cls=SpacedCommand)(timeline.cues)
app.command("clips")(timeline.clips)

app.command("watch")(watch.watch)
app.command("batch")(batch.batch)

app.command("jobs")(jobs.jobs)
app.command("cancel")(jobs.cancel)
app.command("remove")(jobs.remove)

app.command("serve", cls=SpacedCommand)(house.serve)
app.command("status")(house.status)
app.command("stop")(house.stop)
app.command("load")(house.load)
app.command("unload")(house.unload)
app.command("cache")(house.cache)
app.command("probe")(house.probe)
app.command("doctor")(house.doctor)
app.command("selftest")(selftest.selftest)
app.command("version")(house.version)

app.add_typer(service.service_app)
app.add_typer(install.install_app)
app.add_typer(install.uninstall_app)
app.add_typer(models.app)

app.command("call")(call.call)
app.command("dialog", hidden=True)(dialog.dialog)
