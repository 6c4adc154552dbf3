"""Options that several commands share, each defined once, in groups.

A group is a frozen dataclass whose ``collect`` has the group's options as parameters. A command asks
for a group by a parameter of its type; :func:`grouped` puts the group's options in its place.
"""

from __future__ import annotations

import functools
import inspect
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from foleyd.cli.exits import InputError, plain_text
from foleyd.cli.spaced import split_pair
from foleyd.cue import DEFAULT_HANDLES
from foleyd.request import FORMATS, MAX_TAKES, TARGETS
from foleyd.timebase import TimeError, snap_rate

Word = TypeVar("Word", bound=str)

_SEED_LIMIT = 2**63 - 1
_FRAMES_LIMIT = 1_000_000

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
EngineOptions = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="KEY=VALUE", help="An option of the engine; can be repeated."),
]
Steps = Annotated[
    int, typer.Option("--steps", min=0, max=10_000, help="Sampling steps; 0: the engine's own.")
]
Target = Annotated[
    str, typer.Option("--target", metavar="|".join(TARGETS), help="Shape the OTIO for this program.")
]
TargetOrKept = Annotated[
    str,
    typer.Option(
        "--target",
        metavar="|".join(TARGETS),
        show_default="generic; with --refresh as before",
        help="Shape the OTIO for this program.",
    ),
]
CueSheet = Annotated[
    Path | None,
    typer.Option("--cues", metavar="SHEET", help="The cues are those of this sheet: .csv, .tsv or .toml."),
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be heard."""

    prompts: tuple[str, ...]
    negative: str
    layer: str
    takes: int
    seed: int | None

    @classmethod
    def collect(
        cls,
        *,
        prompt: Annotated[
            list[str] | None,
            typer.Option(
                "--prompt",
                "-p",
                metavar="TEXT",
                help='What should be heard; "layer: text" names a layer. Repeat it for several cues.',
            ),
        ] = None,
        negative: Annotated[
            str, typer.Option("--negative", metavar="TEXT", help="What should not be heard.")
        ] = "",
        layer: Annotated[
            str, typer.Option("--layer", metavar="NAME", help="Stem for the sound: foley, fx, ambience.")
        ] = "",
        takes: Annotated[
            int, typer.Option("--takes", min=1, max=MAX_TAKES, help="Alternates for each cue.")
        ] = 1,
        seed: Annotated[
            int | None,
            typer.Option("--seed", min=0, max=_SEED_LIMIT, help="First seed; else made from the prompt."),
        ] = None,
    ) -> Wanted:
        """From the command line. Raises InputError."""
        prompts = tuple(plain_text(text, "--prompt") for text in prompt or ())
        return cls(prompts, plain_text(negative, "--negative"), plain_text(layer, "--layer"), takes, seed)

    def with_prompt(self, prompt: str) -> Wanted:
        """The same with one PROMPT."""
        return replace(self, prompts=(prompt,))


@dataclass(frozen=True, slots=True)
class Spots:
    """Where on a timeline. RANGES are pairs of TIMEs as typed, CLIPS and TRACKS names or numbers."""

    ranges: tuple[tuple[str, str], ...]
    markers: bool
    marker_colours: tuple[str, ...]
    whole: bool
    clips: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()

    @classmethod
    def collect(
        cls,
        *,
        span: Annotated[
            list[str] | None,
            typer.Option(
                "--range",
                metavar="START END",
                help="Part of the timeline, as timecode or seconds; END is exclusive. Can be repeated.",
            ),
        ] = None,
        clip: Annotated[
            list[str] | None,
            typer.Option(
                "--clip",
                metavar="NAME|INDEX",
                help="A clip of picture, all of that name; `foley clips` lists them. Can be repeated.",
            ),
        ] = None,
        track: Annotated[
            list[str] | None,
            typer.Option(
                "--track",
                metavar="NAME|INDEX",
                help="The clips of a track of picture; 1 is the lowest. Can be repeated.",
            ),
        ] = None,
        markers: Annotated[
            bool, typer.Option("--markers", help="A cue for each marker; its name is the prompt.")
        ] = False,
        marker_colour: Annotated[
            list[str] | None,
            typer.Option(
                "--colour", "--marker-colour", metavar="COLOUR", help="Only such markers; can be repeated."
            ),
        ] = None,
        whole: Annotated[
            bool, typer.Option("--whole", help="One cue over all ranges, from the first to the last.")
        ] = False,
    ) -> Spots:
        """From the command line. Raises InputError."""
        if markers and whole:
            raise InputError("--markers and --whole are two ways to find cues; use one of them")
        colours = tuple(plain_text(colour, "--colour").upper() for colour in marker_colour or ())
        if colours and not markers:
            raise InputError("--colour chooses among markers; add --markers")
        return cls(
            ranges=tuple(split_pair(value) for value in span or ()),
            markers=markers,
            marker_colours=colours,
            whole=whole,
            clips=tuple(plain_text(text, "--clip") for text in clip or ()),
            tracks=tuple(plain_text(text, "--track") for text in track or ()),
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the media of a timeline are, and what its document does not say."""

    media_roots: tuple[Path, ...] = ()
    relinks: tuple[tuple[str, Path], ...] = ()
    edl_rate: Fraction | None = None

    @classmethod
    def collect(
        cls,
        *,
        media_root: Annotated[
            list[Path] | None,
            typer.Option(
                "--media-root",
                metavar="DIR",
                help="Look here for media that are not at their place. Can be repeated.",
            ),
        ] = None,
        relink: Annotated[
            list[str] | None,
            typer.Option(
                "--relink",
                metavar="FROM=TO",
                help="Media that the timeline puts below FROM lie below TO. Can be repeated.",
            ),
        ] = None,
        edl_rate: Annotated[
            str,
            typer.Option("--edl-rate", metavar="FPS", help="Frame rate of an EDL: 25, 29.97…"),
        ] = "",
    ) -> Sources:
        """From the command line. Raises InputError."""
        return cls(
            media_roots=tuple(_folder(path) for path in media_root or ()),
            relinks=tuple(_relink(text) for text in relink or ()),
            edl_rate=_rate(edl_rate) if edl_rate else None,
        )


@dataclass(frozen=True, slots=True)
class How:
    """By which engine, and what is written."""

    engine: str
    options: dict[str, str]
    preset: str
    steps: int
    guidance: float
    handles: int | None
    loudness: str
    formats: tuple[str, ...]
    mix: bool
    preview: bool
    picture: bool
    naming: str = ""
    cue_sheet: bool = False

    @classmethod
    def collect(
        cls,
        *,
        engine: Annotated[
            str, typer.Option("--engine", metavar="NAME", help="Engine: auto, procedural, hunyuan.")
        ] = "",
        option: EngineOptions = None,
        preset: Annotated[
            str, typer.Option("--preset", metavar="NAME", help="A named set of engine options.")
        ] = "",
        steps: Steps = 0,
        guidance: Annotated[
            float, typer.Option("--guidance", min=0, max=1000, help="Guidance scale; 0: the engine's own.")
        ] = 0.0,
        handles: Annotated[
            int | None,
            typer.Option(
                "--handles",
                metavar="FRAMES",
                min=0,
                max=_FRAMES_LIMIT,
                help=f"Frames of extra sound around each cue; {DEFAULT_HANDLES} unless set otherwise.",
            ),
        ] = None,
        loudness: Annotated[
            str,
            typer.Option("--loudness", metavar="LUFS|PRESET", help='Of the whole mix: "-23", "film"…'),
        ] = "",
        formats: Annotated[
            list[str] | None,
            typer.Option("--format", metavar="|".join(FORMATS), help="Write this too; can be repeated."),
        ] = None,
        mix: Annotated[bool, typer.Option("--mix", help="Also write an audition mix of all takes.")] = False,
        no_preview: Annotated[bool, typer.Option("--no-preview", help="Write no preview video.")] = False,
        no_picture: Annotated[
            bool, typer.Option("--no-picture", help="Write no picture of the result.")
        ] = False,
        naming: Annotated[
            str, typer.Option("--naming", metavar="TEMPLATE", help='Names of takes: "{stem}_{tc}_t{take}"…')
        ] = "",
        cue_sheet: Annotated[
            bool, typer.Option("--cue-sheet", help="Also write a cue sheet, as CSV and as a page (HTML).")
        ] = False,
    ) -> How:
        """From the command line. Raises InputError."""
        if not math.isfinite(guidance):
            raise InputError(f"--guidance {guidance} is not a finite number")
        return cls(
            engine=plain_text(engine, "--engine"),
            options=parse_options(option or ()),
            preset=plain_text(preset, "--preset"),
            steps=steps,
            guidance=guidance,
            handles=handles,
            loudness=plain_text(loudness, "--loudness"),
            formats=tuple(choice(name, FORMATS, "--format") for name in formats or ()),
            mix=mix,
            preview=not no_preview,
            picture=not no_picture,
            naming=plain_text(naming, "--naming"),
            cue_sheet=cue_sheet,
        )

    def with_engine(self, name: str) -> How:
        """The same with the engine NAME."""
        return replace(self, engine=name)


_GROUPS: tuple[type[Any], ...] = (Wanted, Spots, Sources, How)


def grouped(command: Callable[..., int]) -> Callable[..., int]:
    """COMMAND with each parameter that is a group replaced by the group's options, at the end."""
    own = inspect.signature(command, eval_str=True).parameters.values()
    groups: dict[str, Any] = {
        parameter.name: parameter.annotation for parameter in own if _is_group(parameter.annotation)
    }
    options = {name: _options_of(group) for name, group in groups.items()}
    parameters = [parameter for parameter in own if parameter.name not in groups]
    parameters += [parameter for shared in options.values() for parameter in shared.values()]

    @functools.wraps(command)
    def run(**values: Any) -> int:
        collected = {
            name: group.collect(**{option: values.pop(option) for option in options[name]})
            for name, group in groups.items()
        }
        return command(**values, **collected)

    # The parser reads these, and would otherwise look through to COMMAND.
    del run.__dict__["__wrapped__"]
    run.__dict__["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _is_group(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, _GROUPS)


def _options_of(group: type[Any]) -> dict[str, inspect.Parameter]:
    left_out = getattr(group, "LEFT_OUT", ())
    every = inspect.signature(group.collect, eval_str=True).parameters
    return {name: parameter for name, parameter in every.items() if name not in left_out}


def parse_options(pairs: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` pairs as a mapping. Raises InputError for one without a key, or given twice."""
    options: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = plain_text(pair, "--option").partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError(f"--option {pair!r} is not KEY=VALUE")
        if key in options:
            raise InputError(f"--option {key} is given twice; give it once")
        options[key] = value
    return options


def _folder(path: Path) -> Path:
    plain_text(str(path), "--media-root")
    absolute = Path(os.path.abspath(path))
    if not absolute.is_dir():
        raise InputError(f"--media-root {path} is no folder; correct its name")
    return absolute


def _relink(text: str) -> tuple[str, Path]:
    old, equals, new = plain_text(text, "--relink").partition("=")
    if not equals or not old.strip() or not new.strip():
        raise InputError(
            f"--relink {text!r} is not FROM=TO; say what the timeline has and what stands there now, such as "
            '--relink "D:/footage=/mnt/raid/footage"'
        )
    return old, Path(os.path.abspath(new))


def _rate(text: str) -> Fraction:
    try:
        rate = snap_rate(Fraction(text))
    except (ValueError, ZeroDivisionError, TimeError):
        raise InputError(f"--edl-rate {text} is no frame rate; give one such as 25 or 29.97") from None
    return rate


def choice(value: str, choices: Sequence[Word], option: str) -> Word:
    """VALUE when it is one of CHOICES. Raises InputError naming them."""
    for each in choices:
        if value == each:
            return each
    raise InputError(f"{option} {value!r} is unknown; it takes {', '.join(choices)}")
