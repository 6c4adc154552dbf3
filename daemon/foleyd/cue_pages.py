"""The cue sheet of a job: what was made, as a table to read back and as a page to look at."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from foleyd.brief import Commission, Conformed, CuePlan, Notice
from foleyd.cue import Loudness, Program
from foleyd.cuesheet.page import Page, PageCue, PageTake, cue_page
from foleyd.cuesheet.write import Made, result_csv
from foleyd.files import new_file
from foleyd.media.waveform import Waveform
from foleyd.shown import Shown, ShownTake
from foleyd.timebase import rate_text

COLUMNS = 320
"""Of a take's outline."""
_FEWEST_COLUMNS = 60
_ALL_COLUMNS = 160_000
_PICTURES, _ALL_PICTURES = 8, 1_200
_PICTURE_HEIGHT = 132
_QUALITY = 80
_NOT_HEARD = "it could not be made; the report of the job says why"


def columns_for(takes: int) -> int:
    """Columns of each of so many TAKES' outlines: a page of thousands stays one that opens."""
    return max(_FEWEST_COLUMNS, min(COLUMNS, _ALL_COLUMNS // max(1, takes)))


def write_cue_sheet(
    commission: Commission,
    conformed: Conformed,
    made: Shown,
    *,
    mix: Loudness,
    preview: Path | None,
) -> list[Path]:
    """Writes table and page of the takes MADE into their names of COMMISSION; returns those.

    MIX is measured over all that are heard. Raises OutputError.
    """
    names, program = commission.names, commission.brief.program
    assert names.cue_sheet is not None
    assert names.cue_page is not None
    shown = _cues(commission, made, names.cue_page.parent)
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
        warnings=[*_warnings(commission, conformed), *made.missing, *made.left_out],
        links=_links(commission, preview),
        preview=preview.name if preview is not None else "",
    )
    with new_file(names.cue_page) as temporary:
        temporary.write_bytes(cue_page(page).encode())
    return [names.cue_sheet, names.cue_page]


def _cues(commission: Commission, made: Shown, folder: Path) -> list[PageCue]:
    """All cues in record order, those that failed too; files are named from FOLDER."""
    brief, columns = commission.brief, columns_for(len(made.takes))
    drawn = [(one, one.outline(brief.program, one.cue.record, made.gain_db, columns)) for one in made.takes]
    gain = _display_gain(outline.peak for _, outline in drawn)
    by_cue: dict[str, list[tuple[ShownTake, Waveform]]] = {}
    for one, outline in drawn:
        by_cue.setdefault(one.cue.id, []).append((one, outline))
    pictures = max(1, min(_PICTURES, _ALL_PICTURES // max(1, len(by_cue))))
    shown = [
        PageCue(
            first.cue,
            first.handles,
            first.engine,
            [_take(one, outline, gain, folder) for one, outline in takes],
            _strip(first, pictures),
        )
        for takes in by_cue.values()
        for first, _ in takes[:1]
    ]
    # A cue that was heard as nothing has an earlier take, which is still right.
    absent = [plan for plan in brief.plans if plan.cue.id not in by_cue.keys() | commission.heard.keys()]
    shown += [PageCue(plan.cue, 0, "", failed=_why_none(plan, commission)) for plan in absent]
    shown += [PageCue(cue, 0, "", failed=failure.message) for cue, failure in brief.failed]
    return sorted(shown, key=lambda cue: cue.cue.record)


def _why_none(plan: CuePlan, commission: Commission) -> str:
    failure = commission.failed.get(plan.cue.id)
    return failure.message if failure is not None else _NOT_HEARD


def _take(one: ShownTake, outline: Waveform, gain: float, folder: Path) -> PageTake:
    def heights(values: npt.NDArray[np.float32]) -> list[list[float]]:
        # Square root of level, as on the contact sheet: quiet sound shows beside loud.
        drawn: list[list[float]] = np.sqrt(np.clip(values * gain, 0, 1)).round(3).tolist()
        return drawn

    return PageTake(
        number=one.number,
        file=_from(folder, one.path),
        seed=one.seed,
        loudness=one.loudness,
        low=heights(-outline.low),
        high=heights(outline.high),
        rms=heights(outline.rms),
        events=one.events or (),
        exports=[path.name for path in one.exports],
        cached=one.cached,
        enabled=one.audible,
        became=one.became,
    )


def _from(folder: Path, path: Path) -> str:
    """PATH as a page in FOLDER refers to it; takes of earlier jobs lie elsewhere."""
    if path.parent == folder or path.anchor != folder.anchor:
        return path.name
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _display_gain(peaks: Iterable[float]) -> float:
    peak = max(peaks, default=0.0)
    return min(16.0, 1.0 / peak) if peak > 0 else 1.0


def _strip(take: ShownTake, most: int) -> list[bytes]:
    """Up to MOST pictures of TAKE that lie in its cue."""
    record = take.cue.record
    inside = [each for each in take.thumbnails if record.start <= each.frame < record.end]
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
        events=len(inside) if inside or not first.became else None,
        note=first.became,
    )


def _facts(program: Program, shown: Sequence[PageCue]) -> list[str]:
    span = f"{program.label(0)} to {program.label(program.duration)}"
    return [
        span,
        f"{rate_text(program.rate)} frames a second{', drop frame' if program.start.drop else ''}",
        _count(len(shown), "cue"),
    ]


def _figures(
    commission: Commission, conformed: Conformed, made: Shown, mix: Loudness
) -> list[tuple[str, str]]:
    takes, plans = made.takes, commission.brief.plans
    cached = sum(one.cached for one in takes)
    counts = made.counts or (f"{cached} from the cache" if cached else "")
    filled = sum(cue.record.duration for cue in {one.cue.id: one.cue for one in takes}.values())
    target = conformed.loudness_target
    said = [
        ("engine", ", ".join(dict.fromkeys(one.engine for one in takes if one.engine))),
        ("takes", f"{len(takes)}" + (f", {counts}" if counts else "")),
        ("filled", f"{float(filled / commission.brief.program.rate):.2f} s"),
        ("whole mix", mix.words),
        ("levels", f"{target}; gain {conformed.gain_db:+.1f} dB for all" if target else "as they are"),
        ("time taken", commission.costs.words()),
        ("memory", commission.costs.memory_words()),
        ("made", commission.created.strftime("%Y-%m-%d %H:%M UTC")),
        ("job", commission.job),
        ("what it is", plans[0].engine.summary if plans else ""),
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
