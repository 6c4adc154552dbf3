r"""Where a timeline's media lie: the many forms of ``target_url`` as paths of this machine.

Nothing is opened; whether a candidate exists is asked through a callable. Forms in use: bare
POSIX and Windows paths, UNC, ``file:`` URIs with a drive in the host or the path, percent-encoded
or not, relative names, Unicode composed or decomposed (macOS).
"""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

from foleyd.timeline.errors import TimelineError

_DRIVE = re.compile(r"^[A-Za-z]:(?=[\\/])")
_UNC = re.compile(r"^(\\\\|//)(?=[^\\/])")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):")
_HOST_DRIVE = re.compile(r"^[A-Za-z]:$")
_SHOWN = 3
_HOW = ": with --media-root or --relink, or in the editor"

Exists = Callable[[Path], bool]
Named = Callable[[str], Sequence[Path]]
"""Answers all files of a name at any depth under the media roots. Raises LookupError with a reason, a
clause as in :class:`Resolved`, where that cannot be said."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """PATH of the media here, or None and the REASON, a clause that completes "… is missing:".

    OWN is what of REASON is said of this reference alone; all else is the same for others of its kind.
    """

    path: Path | None
    name: str
    reason: str = ""
    own: str = ""

    @property
    def kind(self) -> str:
        """REASON without what is said of this reference alone."""
        return self.reason.replace(self.own, "", 1) if self.own else self.reason


@dataclass(frozen=True, slots=True)
class Relink:
    """Media under the folder OLD, as the document writes it, now lie under NEW; or the file OLD is NEW."""

    old: str
    new: Path


def is_file(path: Path) -> bool:
    """Whether PATH is a file; False also where the system refuses the name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def resolve_media(
    url: str,
    base_folder: Path | None,
    *,
    exists: Exists = is_file,
    media_roots: Sequence[Path] = (),
    relinks: Sequence[Relink] = (),
    named: Named | None = None,
) -> Resolved:
    """The file that URL means, tried in this order: relinked, as written, under MEDIA_ROOTS.

    As written: a drive or UNC path only on Windows; relative names against BASE_FOLDER (the
    folder of the document, None when it has none); literally first, then percent-decoded;
    each in the Unicode form written, then composed, then decomposed. Under the roots the longest
    tail of the path is tried first, then its name at any depth, as NAMED answers (the bare name in a
    root itself without it): the file that has most of the path's end in common. Where two have as
    much, none is taken. Other schemes (http, …) are never opened.
    """
    text = url.strip()
    spellings = _spellings(text)
    name = media_name(url)
    if not text or not name:
        return Resolved(
            None, name, "the timeline names no file; relink the clip and export the timeline again"
        )
    if any(ord(character) < 32 for character in text):
        return Resolved(None, name, "its path holds control characters; rename the file and relink the clip")
    if not spellings:
        scheme = text.split(":", 1)[0]
        return Resolved(
            None, name, f"{scheme} addresses are not opened; save the file here and relink the clip"
        )
    for candidate in _candidates(text, spellings, base_folder, relinks):
        for path in _unicode_forms(candidate):
            if exists(path):
                return Resolved(path, name)
    found, reason = _under_roots(spellings, media_roots, exists, named)
    if found is not None or reason:
        return Resolved(found, name, reason)
    return Resolved(None, name, _reason(spellings[0], base_folder), own=spellings[0])


def media_name(url: str) -> str:
    """The file name at the end of URL, percent-decoded where it is a ``file:`` URI."""
    spellings = _spellings(url.strip())
    text = spellings[0] if spellings else url.strip()
    return PureWindowsPath(text).name if _is_windows(text) else posixpath.basename(_slashed(text).rstrip("/"))


def is_relative(url: str) -> bool:
    """Whether URL is a name relative to the document's folder."""
    text = url.strip()
    return bool(text) and not (
        _is_windows(text) or text.startswith(("/", "\\")) or _SCHEME.match(text) is not None
    )


def rebase_url(url: str, old_folder: Path, new_folder: Path) -> str:
    """A relative URL of a document in OLD_FOLDER as a document in NEW_FOLDER must write it.

    Its own spelling (percent-encoding, Unicode form, a slash at its end) is kept; absolute ones come back as
    they are. Between Windows drives, where no relative path exists, it becomes absolute.
    """
    if not is_relative(url) or old_folder == new_folder:
        return url
    try:
        way = Path(os.path.relpath(old_folder, new_folder)).as_posix()
    except ValueError:
        way = old_folder.as_posix()
    moved = posixpath.normpath(posixpath.join(way, url.replace("\\", "/") if os.name == "nt" else url))
    return f"{moved}/" if url.endswith("/") else moved


def file_uri(path: Path) -> str:
    """PATH as a percent-encoded ``file:`` URI. Raises TimelineError for a relative path."""
    try:
        return path.as_uri()
    except ValueError as error:
        raise TimelineError(f"{path} is not an absolute path, so no timeline can point at it") from error


def _is_windows(text: str) -> bool:
    return _DRIVE.match(text) is not None or text.startswith("\\\\")


def _spellings(text: str) -> list[str]:
    """TEXT as plain path text, most literal first; empty for schemes that are not opened."""
    scheme = _SCHEME.match(text)
    if _is_windows(text) or scheme is None:
        forms = _unique([text, _decoded(text)])
        # A relative name that Windows wrote; elsewhere a backslash may be part of a name, so that goes first.
        return forms if _is_windows(text) else _unique([*forms, *(_slashed(form) for form in forms)])
    if scheme.group(1).lower() != "file":
        return []
    rest = text[scheme.end() :]
    host, path = "", rest
    if rest.startswith("//"):
        host, slash, tail = rest[2:].partition("/")
        path = slash + tail
    cut = re.split(r"[?#]", path, maxsplit=1)[0]
    forms = _unique([_with_host(host, form) for form in (_decoded(path), path, _decoded(cut))])
    return [form for form in forms if _is_windows(form) == _is_windows(forms[0])]


def _slashed(text: str) -> str:
    return text.replace("\\", "/")


def _with_host(host: str, path: str) -> str:
    host = _decoded(host)
    if _HOST_DRIVE.match(host):
        return host + path
    if host and host.lower() != "localhost":
        return f"//{host}{path}"
    return path[1:] if _DRIVE.match(path[1:]) else path


def _decoded(text: str) -> str:
    """TEXT percent-decoded once as UTF-8; as it is where that gives no text."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _candidates(
    written: str, spellings: Sequence[str], base_folder: Path | None, relinks: Sequence[Relink]
) -> Iterator[Path]:
    for relink in relinks:
        for old in _unique([relink.old, *_spellings(relink.old)]):
            for text in _unique([written, *spellings]):
                tail = _below(text, old)
                if tail is not None:
                    yield relink.new / tail if tail else relink.new
    for text in spellings:
        path = _local(text, base_folder)
        if path is not None:
            yield path


def _under_roots(
    spellings: Sequence[str], roots: Sequence[Path], exists: Exists, named: Named | None
) -> tuple[Path | None, str]:
    """The one file under ROOTS that is meant, or None and why."""
    tails = [_parts(text) for text in spellings] if roots else []
    shortest = 1 if named is None else 2
    for length in range(max(map(len, tails), default=0), shortest - 1, -1):
        hits = [
            path
            for root in roots
            for parts in tails
            if len(parts) >= length
            for path in _unicode_forms(root.joinpath(*parts[-length:]))
            if exists(path)
        ]
        if hits:
            return _only(hits)
    if named is None:
        return None, ""
    try:
        hits = [path for parts in tails if parts for path in named(parts[-1])]
    except LookupError as error:
        return None, str(error.args[0])
    if not hits:
        return None, ""
    common = {path: max(_in_common(path, parts) for parts in tails) for path in hits}
    most = max(common.values())
    return _only([path for path in hits if common[path] == most])


def _only(paths: Sequence[Path]) -> tuple[Path | None, str]:
    """The file that all PATHS are, or None and that it is ambiguous."""
    several = list(dict.fromkeys(Path(unicodedata.normalize("NFC", str(path))) for path in paths))
    if len(several) == 1:
        return paths[0], ""
    shown = ", ".join(str(path) for path in several[:_SHOWN])
    more = f" and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
    return None, (
        f"{len(several)} files may be meant ({shown}{more}) and none is taken; say which with --relink"
    )


def _parts(text: str) -> list[str]:
    """The names along a path, without drives and steps up."""
    parts = re.split(r"[\\/]" if _is_windows(text) else r"/", text)
    return [part for part in parts if part and part not in {".", ".."} and not _HOST_DRIVE.match(part)]


def _in_common(path: Path, parts: Sequence[str]) -> int:
    """How many names at the end of PATH are those of PARTS, without regard to case and Unicode form."""
    own = [unicodedata.normalize("NFC", part).casefold() for part in reversed(path.parts)]
    theirs = [unicodedata.normalize("NFC", part).casefold() for part in reversed(parts)]
    pairs = zip(own[1:], theirs[1:], strict=False)
    return 1 + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _below(text: str, folder: str) -> str | None:
    """What of TEXT follows FOLDER, compared composed and with either slash; None if not below it, "" for
    FOLDER itself."""
    plain = unicodedata.normalize("NFC", text).replace("\\", "/")
    head = unicodedata.normalize("NFC", folder).replace("\\", "/").rstrip("/")
    if plain == head or (_is_windows(text) and plain.casefold() == head.casefold()):
        return ""
    if _is_windows(text):
        matches = plain.casefold().startswith(head.casefold() + "/")
    else:
        matches = plain.startswith(head + "/")
    return plain[len(head) + 1 :] if matches else None


def _local(text: str, base_folder: Path | None) -> Path | None:
    if _is_windows(text) or _UNC.match(text):
        return Path(text) if os.name == "nt" else None
    path = Path(text)
    if path.is_absolute():
        return path
    return base_folder / path if base_folder is not None else None


def _unicode_forms(path: Path) -> list[Path]:
    text = str(path)
    return [Path(form) for form in _unique([text, *(unicodedata.normalize(f, text) for f in ("NFC", "NFD"))])]


def _unique(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _reason(text: str, base_folder: Path | None) -> str:
    if (_is_windows(text) or _UNC.match(text)) and os.name != "nt":
        return f"{text} is a path of another machine; relink the clip{_HOW}"
    if not Path(text).is_absolute() and base_folder is None:
        return (
            f"{text} is relative, but the timeline came without a folder; relink the clip by its whole path"
        )
    return f"there is no file {text}; put it there, or relink the clip{_HOW}"
