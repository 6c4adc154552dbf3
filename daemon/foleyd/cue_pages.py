"""The cue sheet of a job: what was made, as a table to read back and as a page to look at."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from foleyd.brief import Commission, Conformed, CuePlan, Heard, Notice
from foleyd.contact_sheet import Thumbnail
from foleyd.cue import Loudness, Program, Take
from foleyd.cuesheet.page import Page, PageCue, PageTake, cue_page, loudness_text
from foleyd.cuesheet.write import Made, result_csv
from foleyd.files import new_file
from foleyd.media.waveform import Waveform

COLUMNS = 320
"""Of a take's outline."""
_FEWEST_COLUMNS = 60
_ALL_COLUMNS = 160_000
_PICTURES, _ALL_PICTURES = 8, 1_200
_PICTURE_HEIGHT = 132
_QUALITY = 80
_KEPT = "its earlier take is still right"


@dataclass(frozen=True, slots=True)
class MadeTake:
    """A take with all that the sheet says of it. OUTLINE covers the cue."""

    plan: CuePlan
    number: int
    heard: Heard
    take: Take
    outline: Waveform


def columns_for(takes: int) -> int:
    """Columns of each of so many TAKES' outlines: a page of thousands stays one that opens."""
    return max(_FEWEST_COLUMNS, min(COLUMNS, _ALL_COLUMNS // max(1, takes)))


def write_cue_sheet(
    commission: Commission,
    conformed: Conformed,
    made: Sequence[MadeTake],
    strips: Mapping[str, tuple[Thumbnail, ...]],
    *,
    mix: Loudness,
    preview: Path | None,
) -> list[Path]:
    """Writes table and page of MADE into their names of COMMISSION; returns those.

    STRIPS are small pictures by picture fingerprint; MIX is measured over all first takes. Raises
    OutputError.
    """
    names, program = commission.names, commission.brief.program
    assert names.cue_sheet is not None
    assert names.cue_page is not None
    shown = _cues(commission, conformed, made, strips)
    rows = [_row(cue, program) for cue in shown]
    with new_file(names.cue_sheet) as temporary:
        table = result_csv([cue.cue for cue in shown], rows, program.start, commission.job)
        temporary.write_bytes(table.encode())
    page = Page(
        title=commission.brief.name,
        facts=_facts(program, shown),
        start=program.start,
        cues=shown,
        mark=f"foleyd {commission.job}",
        figures=_figures(commission, conformed, made, mix),
        warnings=_warnings(commission, conformed),
        links=_links(commission, preview),
        preview=preview.name if preview is not None else "",
    )
    with new_file(names.cue_page) as temporary:
        temporary.write_bytes(cue_page(page).encode())
    return [names.cue_sheet, names.cue_page]


def _cues(
    commission: Commission,
    conformed: Conformed,
    made: Sequence[MadeTake],
    strips: Mapping[str, tuple[Thumbnail, ...]],
) -> list[PageCue]:
    """All cues of the job in record order, those that failed too."""
    brief = commission.brief
    pictures = max(1, min(_PICTURES, _ALL_PICTURES // max(1, len(brief.plans))))
    gain = _display_gain(made)
    by_cue: dict[str, list[MadeTake]] = {}
    for one in made:
        by_cue.setdefault(one.plan.cue.id, []).append(one)
    shown = []
    for plan in brief.plans:
        takes = by_cue.get(plan.cue.id, [])
        handles = commission.output.handles if plan.cue.handles is None else plan.cue.handles
        shown.append(
            PageCue(
                plan.cue,
                handles,
                f"{plan.engine.name} {plan.engine.version}",
                [_take(one, conformed, gain) for one in takes],
                _strip(plan, strips.get(takes[0].heard.fingerprint, ()), pictures) if takes else (),
                "" if takes else _why_none(plan, commission),
            )
        )
    shown += [PageCue(cue, 0, "", failed=failure.message) for cue, failure in brief.failed]
    return sorted(shown, key=lambda cue: cue.cue.record)


def _why_none(plan: CuePlan, commission: Commission) -> str:
    failure = commission.failed.get(plan.cue.id)
    return failure.message if failure is not None else _KEPT


def _take(one: MadeTake, conformed: Conformed, gain: float) -> PageTake:
    def heights(values: npt.NDArray[np.float32]) -> list[list[float]]:
        # Square root of level, as on the contact sheet: quiet sound shows beside loud.
        drawn: list[list[float]] = np.sqrt(np.clip(values * gain, 0, 1)).round(3).tolist()
        return drawn

    outline = one.outline
    return PageTake(
        number=one.number,
        file=one.take.path.name,
        seed=one.take.seed,
        loudness=one.take.loudness,
        low=heights(-outline.low),
        high=heights(outline.high),
        rms=heights(outline.rms),
        events=one.take.events,
        exports=[path.name for path in conformed.exports.get(one.take.id, ())],
        cached=one.heard.cached,
    )


def _display_gain(made: Sequence[MadeTake]) -> float:
    peak = max((one.outline.peak for one in made), default=0.0)
    return min(16.0, 1.0 / peak) if peak > 0 else 1.0


def _strip(plan: CuePlan, thumbnails: Sequence[Thumbnail], most: int) -> list[bytes]:
    """Up to MOST of THUMBNAILS, whose frames count from the file's first, that lie in the cue."""
    record = plan.cue.record
    inside = [t for t in thumbnails if record.start <= t.frame + plan.cut.first_frame < record.end]
    count = min(most, len(inside))
    return [_jpeg(inside[index * len(inside) // count].rgb) for index in range(count)]


def _jpeg(rgb: npt.NDArray[np.uint8]) -> bytes:
    picture = Image.fromarray(rgb, "RGB")
    height = min(picture.height, _PICTURE_HEIGHT)
    small = picture.resize(
        (max(1, round(picture.width * height / picture.height)), height), Image.Resampling.BOX
    )
    content = io.BytesIO()
    small.save(content, format="JPEG", quality=_QUALITY, optimize=True)
    return content.getvalue()


def _row(shown: PageCue, program: Program) -> Made:
    if not shown.takes:
        return Made(note=f"not made: {shown.failed}")
    first = shown.takes[0]
    inside = [event for event in first.events if 0 <= event.time < shown.cue.record.duration / program.rate]
    return Made(
        files=[take.file for take in shown.takes],
        integrated=first.loudness.integrated,
        true_peak=first.loudness.true_peak,
        events=len(inside),
    )


def _facts(program: Program, shown: Sequence[PageCue]) -> list[str]:
    rate = f"{float(program.rate):.3f}".rstrip("0").rstrip(".")
    span = f"{program.label(0)} to {program.label(program.duration)}"
    return [
        span,
        f"{rate} frames a second{', drop frame' if program.start.drop else ''}",
        _count(len(shown), "cue"),
    ]


def _figures(
    commission: Commission, conformed: Conformed, made: Sequence[MadeTake], mix: Loudness
) -> list[tuple[str, str]]:
    plan = made[0].plan
    cached = sum(one.heard.cached for one in made)
    heard = sum(p.cue.record.duration for p in {one.plan.cue.id: one.plan for one in made}.values())
    target = conformed.loudness_target
    said = [
        ("engine", f"{plan.engine.name} {plan.engine.version}"),
        ("takes", f"{len(made)}" + (f", {cached} from the cache" if cached else "")),
        ("filled", f"{float(heard / commission.brief.program.rate):.2f} s"),
        ("whole mix", loudness_text(mix)),
        ("levels", f"{target}; gain {conformed.gain_db:+.1f} dB for all" if target else "as they are"),
        ("time taken", commission.costs.words()),
        ("memory", commission.costs.memory_words()),
        ("made", commission.created.strftime("%Y-%m-%d %H:%M UTC")),
        ("job", commission.job),
        ("what it is", plan.engine.summary),
    ]
    return [(name, value) for name, value in said if value]


def _warnings(commission: Commission, conformed: Conformed) -> list[Notice]:
    """Each once, in the order of the work."""
    heard = [
        Notice(words, where=plan.cue.id)
        for plan in commission.brief.plans
        for take in commission.heard.get(plan.cue.id, ())
        for words in take.warnings
    ]
    notices = [*commission.brief.notices, *commission.brief.missing, *heard, *conformed.notices]
    return list(dict.fromkeys(notices))


def _links(commission: Commission, preview: Path | None) -> list[tuple[str, str]]:
    """Files of the job that lie beside the page."""
    names = commission.names
    assert names.cue_page is not None
    folder = names.cue_page.parent
    found = (
        ("timeline", names.otio),
        ("cue sheet", names.cue_sheet),
        ("preview", preview),
        ("picture", names.picture),
        ("mix", names.mix),
    )
    return [
        (words, os.path.relpath(path, folder).replace(os.sep, "/"))
        for words, path in found
        if path is not None and path.anchor == folder.anchor
    ]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
