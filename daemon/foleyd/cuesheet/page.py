"""The cue sheet as a page: one HTML file that needs nothing but the takes beside it.

Pictures are inside it, and there are no scripts, fonts or addresses of others. It is read in light and dark,
and prints in light.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from importlib.resources import files
from pathlib import PurePath
from urllib.parse import quote

from foleyd.brief import Notice
from foleyd.cue import Cue, Loudness, SoundEvent
from foleyd.timebase import Timecode

EVENT_COLOURS = ("#d97706", "#dc2626", "#16a34a", "#9333ea", "#2563eb", "#db2777", "#a3a300", "#ea580c")
_TICKS_SHOWN = 400
_HEIGHT = 100


@dataclass(frozen=True, slots=True)
class PageTake:
    """One take. FILE and EXPORTS are names beside the page; LOW, HIGH and RMS are its outline within the cue,
    0 to 1 of the height that is drawn, by channel; EVENTS count from the cue's start. ENABLED: it is heard on
    the timeline. BECAME says what a refresh did with it, of whose events nobody may know any more."""

    number: int
    file: str
    seed: int
    loudness: Loudness
    low: Sequence[Sequence[float]]
    high: Sequence[Sequence[float]]
    rms: Sequence[Sequence[float]]
    events: Sequence[SoundEvent] = ()
    exports: Sequence[str] = ()
    cached: bool = False
    enabled: bool = True
    became: str = ""


@dataclass(frozen=True, slots=True)
class PageCue:
    """One cue. STRIP are JPEGs, evenly spaced; FAILED says why it has no takes. ENGINE made it."""

    cue: Cue
    handles: int
    engine: str
    takes: Sequence[PageTake] = ()
    strip: Sequence[bytes] = ()
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page says. START labels frame zero; LINKS are names beside it, with their words; MARK is
    what every file of the job has in it; FIGURES are words with their values."""

    title: str
    facts: Sequence[str]
    start: Timecode
    cues: Sequence[PageCue]
    mark: str
    figures: Sequence[tuple[str, str]] = ()
    warnings: Sequence[Notice] = ()
    links: Sequence[tuple[str, str]] = ()
    preview: str = ""
    colours: dict[str, str] = field(default_factory=dict)


def cue_page(page: Page) -> str:
    """PAGE as HTML."""
    page.colours.update(_colours(page.cues))
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="generator" content="{escape(page.mark)}">',
        f"<title>{escape(page.title)}: cue sheet</title>",
        f"<style>\n{files('foleyd.cuesheet').joinpath('page.css').read_text('utf-8')}</style></head><body>",
        '<div class="head"><div>',
        f"<h1>{escape(page.title)}</h1>",
        f'<p class="facts">{_spans(escape(fact) for fact in page.facts)}</p>',
        _links(page.links),
        _figures(page.figures),
        "</div>",
        _preview(page),
        "</div>",
        _warnings(page.warnings),
        *(_cue(cue, page) for cue in page.cues),
        "<footer>Machine-generated sound. Every file says so, too, with prompt, seed, engine and licence "
        "(iXML).</footer>",
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _cue(shown: PageCue, page: Page) -> str:
    cue, start = shown.cue, page.start
    label = [
        str(Timecode(start.frame + frame, start.rate, start.drop))
        for frame in (cue.record.start, cue.record.end)
    ]
    length = Timecode(cue.record.duration, start.rate, start.drop)
    seconds = f"{float(cue.record.duration / start.rate):.2f} s"
    layer = escape(cue.layer)
    parts = [
        f'<article class="cue" id="{escape(cue.id)}"><header>',
        f'<span class="id">{escape(cue.id)}</span>',
        f'<span class="tc">{label[0]} – {label[1]}</span>',
        f'<span class="length"><span class="tc">{length}</span> ({seconds})</span>',
        f'<span class="layer layer-{layer}">{layer}</span></header><div class="body">',
        f'<p class="prompt">{escape(cue.prompt)}</p>',
        f'<p class="negative"><b>without</b> {escape(cue.negative_prompt)}</p>'
        if cue.negative_prompt
        else "",
        f'<p class="failed"><b>Not made:</b> {escape(shown.failed)}</p>' if shown.failed else "",
        _strip(shown.strip, cue.prompt),
        *(_take(take, shown, page) for take in shown.takes),
        "</div></article>",
    ]
    return "\n".join(part for part in parts if part)


def _take(take: PageTake, shown: PageCue, page: Page) -> str:
    counts = Counter(event.kind or "event" for event in _inside(take, shown.cue, page.start.rate))
    kinds = "".join(
        f'<span><i class="key" style="background:{page.colours[kind]}"></i>{escape(kind)} {count}</span>'
        for kind, count in counts.most_common()
    )
    said = [
        ("take", _number(take)),
        ("seed", f'<span class="tc">{take.seed}</span>'),
        ("engine", escape(shown.engine) + (", from the cache" if take.cached else "")),
        ("loudness", escape(take.loudness.words)),
        ("handles", f"{shown.handles} frames"),
        ("events", f'<span class="kinds">{kinds}</span>' if kinds else "" if take.became else "none"),
        ("refresh", escape(take.became)),
    ]
    said = [(name, value) for name, value in said if value]
    files_said = " ".join(
        f'<a class="file" href="{_href(name)}">{escape(name)}</a>' for name in (take.file, *take.exports)
    )
    return (
        f'<section class="take">{_wave(take, shown.cue, page)}<div class="row">'
        f'<audio controls preload="none" src="{_href(take.file)}"></audio>{files_said}</div>'
        f'<div class="row"><dl>{_pairs(said)}</dl></div></section>'
    )


def _number(take: PageTake) -> str:
    alternate = ", an alternate" if take.number > 1 else ""
    return f"{take.number}{alternate}{'' if take.enabled else ' (lies disabled)'}"


def _wave(take: PageTake, cue: Cue, page: Page) -> str:
    """The outline of TAKE as a drawing, channels below one another, with a tick for each event."""
    channels, columns = len(take.high), len(take.high[0])
    height = channels * _HEIGHT
    areas = []
    for channel in range(channels):
        middle = channel * _HEIGHT + _HEIGHT / 2
        areas += [
            f'<path class="peak" d="{_area(take.high[channel], take.low[channel], middle)}"/>',
            f'<path class="rms" d="{_area(take.rms[channel], take.rms[channel], middle)}"/>',
        ]
    seconds = cue.record.duration / page.start.rate
    ticks = [_tick(event, seconds, (columns, height), page) for event in _inside(take, cue, page.start.rate)]
    kind = "wave" + " stereo" * (channels == 2) + " alternate" * (take.number > 1)
    return (
        f'<svg class="{kind}" viewBox="0 0 {columns} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="waveform of take {take.number}">{"".join(areas)}{"".join(ticks[:_TICKS_SHOWN])}</svg>'
    )


def _tick(event: SoundEvent, seconds: Fraction, size: tuple[int, int], page: Page) -> str:
    """EVENT on a drawing SECONDS long; the stronger, the plainer."""
    kind = event.kind or "event"
    opacity = 0.35 + 0.6 * max(0.0, min(1.0, event.strength))
    return (
        f'<path d="M{float(event.time / seconds) * size[0]:.1f} 0V{size[1]}" stroke="{page.colours[kind]}" '
        f'stroke-opacity="{opacity:.2f}" vector-effect="non-scaling-stroke">'
        f"<title>{escape(kind)} {float(event.time):.2f} s</title></path>"
    )


def _area(above: Sequence[float], below: Sequence[float], middle: float) -> str:
    """A closed path around MIDDLE: up by ABOVE, down by BELOW; silence stays a hairline."""
    half = _HEIGHT / 2 - 4
    tops = [f"{middle - max(1.0, value * half):.0f}" for value in above]
    feet = [f"{middle + max(1.0, value * half):.0f}" for value in below]
    there = "".join(f"L{x} {y}" for x, y in enumerate(tops))
    back = "".join(f"L{x + 1} {y}" for x, y in reversed(list(enumerate(feet))))
    return f"M0 {middle:.0f}{there}L{len(tops)} {tops[-1]}{back}L0 {feet[0]}Z"


def _inside(take: PageTake, cue: Cue, rate: Fraction) -> list[SoundEvent]:
    """The events within the cue; those of the handles lie beyond it."""
    return [event for event in take.events if 0 <= event.time < cue.record.duration / rate]


def _colours(cues: Iterable[PageCue]) -> dict[str, str]:
    """A colour for each kind of event, the most frequent first."""
    counts = Counter(event.kind or "event" for cue in cues for take in cue.takes for event in take.events)
    return {kind: EVENT_COLOURS[n % len(EVENT_COLOURS)] for n, (kind, _) in enumerate(counts.most_common())}


def _strip(images: Sequence[bytes], words: str) -> str:
    shown = "".join(f'<img alt="" src="{_image(image)}">' for image in images)
    return (
        f'<div class="strip" role="img" aria-label="picture of {escape(words)}">{shown}</div>'
        if shown
        else ""
    )


def _image(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _preview(page: Page) -> str:
    if not page.preview:
        return ""
    first = next((cue.strip[0] for cue in page.cues if cue.strip), b"")
    poster = f' poster="{_image(first)}"' if first else ""
    return f'<video class="preview" controls preload="none"{poster} src="{_href(page.preview)}"></video>'


def _figures(figures: Sequence[tuple[str, str]]) -> str:
    said = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in figures)
    return f'<dl class="figures">{said}</dl>' if said else ""


def _warnings(warnings: Sequence[Notice]) -> str:
    items = "".join(f"<li>{escape(_sentence(one))}</li>" for one in warnings)
    return f'<section class="warnings"><b>To know</b><ul>{items}</ul></section>' if items else ""


def _sentence(notice: Notice) -> str:
    # The page may travel: of a file its name is enough.
    where = f" ({PurePath(notice.where).name})" if notice.where else ""
    fix = f"; {notice.fix}" if notice.fix else ""
    return f"{notice.what.rstrip('.')}{where}{fix}"


def _links(links: Sequence[tuple[str, str]]) -> str:
    said = _spans(f"{escape(words)} {_link(name)}" for words, name in links)
    return f'<p class="links">{said}</p>' if said else ""


def _link(name: str) -> str:
    return f'<a href="{_href(name)}">{escape(name)}</a>'


def linked_anew(page: str, name: str, other: str) -> str:
    """PAGE with its link to the file NAME going to OTHER; both are relative to the page."""
    return page.replace(_link(name), _link(other))


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Words with their values, which are HTML already."""
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in pairs)


def _spans(texts: Iterable[str]) -> str:
    return "".join(f"<span>{text}</span>" for text in texts)


def _href(name: str) -> str:
    """A file beside the page, also with ``#``, ``?`` or ``%`` in its name, or one like ``a:b``."""
    return escape("./" + quote(name))
