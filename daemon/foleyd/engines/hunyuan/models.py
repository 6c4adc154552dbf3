"""Getting a model: fetched from a hub, imported from a folder, converted; each with the licence before it.

Only converting needs torch. What was begun is gone on with; a model is whole or is said not to be.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import msgspec

from foleyd.config import Folders
from foleyd.engines.engine import EngineNotReady
from foleyd.engines.hunyuan import hub as hubs
from foleyd.engines.hunyuan.errors import CheckpointError, ModelMissing
from foleyd.engines.hunyuan.licence import RECORD, accept, licence_text, text_hash
from foleyd.engines.hunyuan.store import (
    MODELS,
    PARTS,
    PUBLISHED,
    FileRecord,
    Model,
    Progress,
    Record,
    State,
    explained,
    file_hash,
    find_model,
    hold,
    read_record,
    state_of,
    verify,
    write_record,
)
from foleyd.files import TEMPORARY_PREFIX

LICENCE_FILE = "LICENCE.txt"
"""The text that came with the weights, kept beside them."""

Consent = Callable[[str], str]
"""Shows the summary and the licence's text ("": none came), and returns how it was accepted.

Raises LicenceNotAccepted.
"""

_ENDINGS = (".json", ".safetensors", ".txt")
_RECORD_LIMIT = 4 * 1024**2


def pull(
    folders: Folders,
    name: str,
    consent: Consent,
    on_progress: Progress,
    *,
    endpoint: str = "",
    keep_published: bool = True,
    converting: bool = True,
) -> State:
    """Fetches the model NAME and converts it; returns how it stands then.

    Nothing but the licence's text is fetched before CONSENT. What is there and whole is left alone. Without
    KEEP_PUBLISHED the fetched files are deleted once converted; without CONVERTING they are only fetched.
    Raises ModelUnknown, LicenceNotAccepted, DownloadFailed, DownloadCorrupt, CheckpointError, OutputError,
    and EngineNotReady where a package is missing.
    """
    model = find_model(name)
    if converting:
        need_packages()
    hub = hubs.Hub(endpoint)
    with hold(folders, name) as home:
        record = _record_or_new(home, model, hub.endpoint)
        source, *others = hubs.sources_of(model)
        text = _licence(hub, source, record)
        _agree(home, record, text, consent)
        remotes = hub.find(source, record.revisions[source.repository])
        for other in others:
            found = hub.find(other, record.revisions.get(other.repository, ""))
            record.revisions[other.repository] = found[0].revision
            remotes += found
        write_record(home, record)
        if record.files and not record.published and not verify(folders, name, on_progress, PARTS):
            return state_of(folders, name)
        _borrow(folders, record, remotes)
        fresh = _fetch(hub, home, record, remotes, on_progress)
        if converting and (fresh or not record.files or verify(folders, name, on_progress, PARTS)):
            _convert(home, home / PUBLISHED, model, record, on_progress)
        if not keep_published and record.files:
            _drop_published(home, record)
        return state_of(folders, name)


def import_folder(folders: Folders, folder: Path, consent: Consent, on_progress: Progress) -> State:
    """Makes a model of the published files in FOLDER, or copies a model that foleyd converted elsewhere.

    FOLDER is only read. Raises LicenceNotAccepted, CheckpointError, OutputError, EngineNotReady.
    """
    folder = folder.absolute()
    if (folder / RECORD).is_file() and not (folder / PUBLISHED).is_dir():
        return _import_converted(folders, folder, consent, on_progress)
    if (folder / RECORD).is_file():
        folder = folder / PUBLISHED
    need_packages()
    from foleyd.engines.hunyuan.found import find_published

    found = find_published(folder)
    with hold(folders, found.model.name) as home:
        record = Record(model=found.model.name, size=found.model.size, source=f"import {folder}")
        text = licence_text(folder)
        known = _known(home)
        record.acceptance = known.acceptance if known else None
        _agree(home, record, text, consent, keep=known)
        _convert(home, folder, found.model, record, on_progress)
        return state_of(folders, found.model.name)


def convert_again(folders: Folders, name: str, on_progress: Progress) -> State:
    """Converts what was fetched of the model NAME, again or for the first time.

    Raises ModelMissing where nothing or not everything was fetched, and as :func:`pull` does.
    """
    model = find_model(name)
    need_packages()
    record = read_record(folders.models / name)
    if record is None or not record.published:
        raise ModelMissing(
            f"there is nothing to convert: the published files of {name} are not in {folders.models}",
            fix=f"foley models pull {name}",
        )
    with hold(folders, name) as home:
        _convert(home, home / PUBLISHED, model, record, on_progress)
        return state_of(folders, name)


def need_packages() -> None:
    """Raises EngineNotReady when a package is missing that converting needs."""
    try:
        import diffusers  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise EngineNotReady(
            f"weights cannot be converted without the packages of the hunyuan engine ({error})",
            fix="pip install 'foleyd[hunyuan]'",
        ) from error


def _record_or_new(home: Path, model: Model, endpoint: str) -> Record:
    known = _known(home)
    if known is not None and not known.source.startswith("import"):
        return known
    new = Record(model=model.name, size=model.size, source=endpoint)
    if known is not None:
        new.acceptance, new.files, new.converted = known.acceptance, known.files, known.converted
    return new


def _known(home: Path) -> Record | None:
    """The record in HOME; a damaged one counts as none and is written anew."""
    with suppress(ModelMissing):
        return read_record(home)
    return None


def _licence(hub: hubs.Hub, source: hubs.Source, record: Record) -> str:
    """The licence's text from the hub. Its revision is the one that everything is fetched at from now on."""
    revision = record.revisions.get(source.repository, "")
    remotes = hub.find(source, revision, licences=True)
    if remotes:
        record.revisions[source.repository] = remotes[0].revision
    elif not revision:
        record.revisions[source.repository] = hub.find(source)[0].revision
    return "\n\n".join(hub.text(remote) for remote in remotes)


def _agree(home: Path, record: Record, text: str, consent: Consent, *, keep: Record | None = None) -> None:
    """Asks for consent unless this very text was accepted before; what was accepted is recorded at once.

    Until everything is there the record on disk is KEEP with the acceptance, or else RECORD.
    """
    if record.acceptance is None or record.acceptance.text_sha256 != text_hash(text):
        try:
            record.acceptance = accept(consent(text), text)
        except BaseException:
            with suppress(OSError):
                # Made for the lock's sake; it stays only if something is in it.
                home.rmdir()
            raise
    with explained(home / LICENCE_FILE):
        (home / LICENCE_FILE).write_text(text + "\n" if text else "", encoding="utf-8")
    if keep is not None:
        keep.acceptance = record.acceptance
    write_record(home, keep or record)


def _fetch(
    hub: hubs.Hub, home: Path, record: Record, remotes: list[hubs.Remote], on_progress: Progress
) -> bool:
    """Fetches what is missing; returns whether anything was."""
    fresh = False

    def arrived(place: str, entry: FileRecord) -> None:
        nonlocal fresh
        fresh = True
        record.published[place] = entry
        write_record(home, record)

    target = home / PUBLISHED
    with explained(target):
        target.mkdir(exist_ok=True)
    hubs.fetch_all(hub, remotes, target, record.published, on_file=arrived, on_progress=on_progress)
    return fresh


def _borrow(folders: Folders, record: Record, remotes: list[hubs.Remote]) -> None:
    """Takes files from another model's folder that are the same, as all but the transformer are.

    They get a second name, not a second copy; what they hold is checked as if they had been here.
    """
    for other in MODELS.values():
        known = _known(folders.models / other.name) if other.name != record.model else None
        for remote in remotes if known else ():
            entry = known.published.get(remote.place) if known else None
            theirs = folders.models / other.name / PUBLISHED / remote.place
            ours = folders.models / record.model / PUBLISHED / remote.place
            if entry and entry.sha256 == remote.hash and theirs.is_file() and not ours.exists():
                with suppress(OSError):
                    ours.parent.mkdir(parents=True, exist_ok=True)
                    os.link(theirs, ours)
                    record.published[remote.place] = entry


def _convert(home: Path, source: Path, model: Model, record: Record, on_progress: Progress) -> None:
    from foleyd.engines.hunyuan.convert import PRECISION, convert
    from foleyd.engines.hunyuan.found import find_published

    made = convert(find_published(source, model), home, on_progress)
    record.files, record.made_from, record.warnings = made.files, made.made_from, list(made.warnings)
    record.converted, record.precision = datetime.now(UTC).isoformat(timespec="seconds"), PRECISION
    write_record(home, record)


def _drop_published(home: Path, record: Record) -> None:
    record.published = {}
    write_record(home, record)
    with explained(home / PUBLISHED):
        shutil.rmtree(home / PUBLISHED, ignore_errors=True)


# --------------------------------------------------------------------- a model converted elsewhere


def _import_converted(folders: Folders, folder: Path, consent: Consent, on_progress: Progress) -> State:
    """Copies a model's folder, each file compared with the record that lies in it."""
    theirs = _foreign_record(folder)
    model = find_model(theirs.model)
    with hold(folders, model.name) as home:
        if os.path.samefile(home, folder):
            raise CheckpointError(f"{folder} is the models folder itself; foley models verify looks at it")
        known = _known(home)
        record = Record(model=model.name, size=model.size, source=f"import {folder}")
        record.acceptance = known.acceptance if known else None
        _agree(home, record, licence_text(folder), consent, keep=known)
        work = home / f"{TEMPORARY_PREFIX}{secrets.token_hex(6)}"
        try:
            _copy(folder, theirs.files, work, on_progress)
            with explained(home):
                for name in PARTS:
                    if os.path.lexists(home / name):
                        os.rename(home / name, work / f"old-{name}")
                    os.rename(work / name, home / name)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        record.files, record.made_from, record.revisions = theirs.files, theirs.made_from, theirs.revisions
        record.converted, record.precision, record.warnings = (
            theirs.converted,
            theirs.precision,
            theirs.warnings,
        )
        write_record(home, record)
        return state_of(folders, model.name)


def _foreign_record(folder: Path) -> Record:
    """The record of a folder from outside. Raises CheckpointError unless it lists a model and no more."""
    path = folder / RECORD
    try:
        if path.stat().st_size > _RECORD_LIMIT:
            raise ValueError("it is too large")
        record = msgspec.json.decode(path.read_bytes(), type=Record)
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); copy the folder again") from error
    for name in record.files:
        parts = PurePosixPath(name).parts
        plain = len(parts) == 2 and parts[0] in PARTS and parts[1].endswith(_ENDINGS)
        if not plain or ".." in parts or "\\" in name or name != "/".join(parts):
            raise CheckpointError(f"{path} speaks of {name!r}, which is no file of a model; do not use it")
    lacking = set(PARTS) - {PurePosixPath(name).parts[0] for name in record.files}
    if lacking:
        raise CheckpointError(
            f"{folder} is no whole model: it lacks {', '.join(sorted(lacking))}; copy it again"
        )
    return record


def _copy(folder: Path, files: Mapping[str, FileRecord], work: Path, on_progress: Progress) -> None:
    total, done = max(1, sum(entry.bytes for entry in files.values())), 0
    for name, entry in files.items():
        on_progress(done / total, f"copying {name}")
        with explained(work / name):
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(folder / name, work / name, follow_symlinks=True)
            except FileNotFoundError:
                raise CheckpointError(f"{folder / name} is missing; copy the folder again") from None
            with (work / name).open("rb+") as file:
                os.fsync(file.fileno())
            if (work / name).stat().st_size != entry.bytes or file_hash(work / name) != entry.sha256:
                raise CheckpointError(
                    f"{folder / name} is damaged: its hash is not the recorded one; copy it again"
                )
        done += entry.bytes
    on_progress(1.0, "copied")
