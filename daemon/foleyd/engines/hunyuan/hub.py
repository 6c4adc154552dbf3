"""Fetches published weights from a Hugging Face hub or a mirror of one. Needs huggingface_hub, not torch.

Only the files that are needed, named in one table; no name from outside becomes a path. The revision is
resolved once and then kept. A file is written beside its place, goes on where it stopped (in the same run or
in a later one), is compared with the hash that the hub states, and only then gets its name. No token is sent.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foleyd import __version__
from foleyd.engines.engine import EngineNotReady
from foleyd.engines.hunyuan.errors import DownloadCorrupt, DownloadFailed
from foleyd.engines.hunyuan.licence import is_licence_name
from foleyd.engines.hunyuan.store import FileRecord, Model, Progress, explained, file_hash
from foleyd.files import DiskFull

WEIGHTS = "tencent/HunyuanVideo-Foley"
MARGIN = 256 * 1024**2
"""Bytes that must stay free on the disk."""

_CHUNK = 8 * 1024**2
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ENDPOINT = re.compile(r"https?://[^\s/]+(/[^\s]*)?")
_LICENCE_LIMIT = 1024**2
_AGAIN = "the same command goes on where this one stopped"
_OFFLINE = "on a machine without a network use foley models import"


@dataclass(frozen=True, slots=True)
class Source:
    """A repository and what is needed of it. WANTED: of each of its tuples the first name that is there.

    FOLDER is where the files go below ``published``. OPTIONAL files are taken if they are there.
    """

    repository: str
    folder: str
    wanted: tuple[tuple[str, ...], ...]
    optional: tuple[str, ...] = ()


def sources_of(model: Model) -> tuple[Source, ...]:
    """Where everything that MODEL needs comes from."""
    files = (model.file, "vae_128d_48k.pth", "synchformer_state_dict.pth")
    weights = ("model.safetensors", "pytorch_model.bin")
    return (
        Source(WEIGHTS, "", tuple((name,) for name in files)),
        Source(
            "google/siglip2-base-patch16-512",
            "siglip2",
            (("config.json",), weights),
            ("preprocessor_config.json",),
        ),
        Source(
            "laion/larger_clap_general",
            "clap",
            (("config.json",), weights, ("tokenizer.json", "vocab.json")),
            ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Remote:
    """A file as the hub announces it. HASH is ``sha256`` (64 digits) or git's blob hash (40 digits)."""

    repository: str
    revision: str
    name: str
    place: str
    bytes: int
    hash: str
    url: str

    @property
    def origin(self) -> str:
        """Where it is from, for the record."""
        return f"{self.repository}@{self.revision}"


class Hub:
    """A hub at ENDPOINT ("": the environment's ``HF_ENDPOINT``, else huggingface.co).

    Raises EngineNotReady without huggingface_hub, DownloadFailed for an address that is none.
    """

    def __init__(self, endpoint: str = "") -> None:
        try:
            from huggingface_hub import constants, logging
        except ImportError as error:
            raise EngineNotReady(
                f"huggingface_hub is not installed ({error}), which fetches weights",
                fix="pip install 'foleyd[hunyuan]'",
            ) from error
        # It reports each break that it takes up again; what matters of them becomes a sentence here.
        logging.set_verbosity_error()
        self.endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        if not _ENDPOINT.fullmatch(self.endpoint):
            raise DownloadFailed(f"{self.endpoint!r} is no address of a hub; it begins with https://")

    def find(self, source: Source, revision: str = "", *, licences: bool = False) -> list[Remote]:
        """What SOURCE has of what is needed, at REVISION ("": the newest, resolved to its commit).

        With LICENCES the files of its licence and nothing else. Raises DownloadFailed.
        """
        from huggingface_hub import HfApi

        with self._network(source.repository):
            api = HfApi(endpoint=self.endpoint, token=False)
            info = api.model_info(source.repository, revision=revision or None, files_metadata=True)
        commit = info.sha or ""
        if not _COMMIT.fullmatch(commit):
            raise DownloadFailed(
                f"{self.endpoint} names no commit of {source.repository}; try without a mirror"
            )
        there = {sibling.rfilename: sibling for sibling in info.siblings or ()}
        names = (
            [name for name in there if is_licence_name(name)] if licences else list(_chosen(source, there))
        )
        return [self._announced(source, commit, name, there[name]) for name in names]

    def _announced(self, source: Source, commit: str, name: str, sibling: Any) -> Remote:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        url = hf_hub_url(source.repository, name, revision=commit, endpoint=self.endpoint)
        with self._network(source.repository):
            head = get_hf_file_metadata(url, token=False, endpoint=self.endpoint)
        lfs = sibling.lfs.sha256 if sibling.lfs else ""
        stated = (lfs or sibling.blob_id or head.etag or "").lower()
        size = sibling.size if sibling.size is not None else head.size
        if size is None or not (_SHA256.fullmatch(stated) or _COMMIT.fullmatch(stated)):
            raise DownloadFailed(f"{self.endpoint} states no hash of {name}, so that it could not be checked")
        etag = (head.etag or "").lower()
        if _SHA256.fullmatch(stated) and _SHA256.fullmatch(etag) and stated != etag:
            raise DownloadCorrupt(
                f"{self.endpoint} states two different hashes of {name}; try without a mirror"
            )
        # What a redirect names is the very content; with xet the address itself leads there.
        direct = head.location if head.xet_file_data is None else url
        place = f"{source.folder}/{name}" if source.folder else name
        return Remote(source.repository, commit, name, place, size, stated, direct or url)

    def text(self, remote: Remote) -> str:
        """The text of the small file REMOTE, checked. Raises DownloadFailed or DownloadCorrupt."""
        from huggingface_hub import get_session

        if remote.bytes > _LICENCE_LIMIT:
            raise DownloadFailed(f"{remote.name} of {remote.repository} is too long to be a licence")
        with self._network(remote.repository):
            answer = get_session().get(remote.url)
            answer.raise_for_status()
            content = bytes(answer.content)
        if _digest(remote, content) != remote.hash:
            raise DownloadCorrupt(f"{remote.name} is not what {self.endpoint} announced; {_AGAIN}")
        return content.decode("utf-8", "replace").strip()

    def fetch(self, remote: Remote, folder: Path, on_bytes: Callable[[int], None]) -> FileRecord:
        """Brings REMOTE to its place below FOLDER; ON_BYTES hears how much of it is there.

        What an earlier run left is gone on with. Raises DownloadFailed (what came stays for the next
        run), DownloadCorrupt (what came is thrown away), OutputError.
        """
        path = folder / remote.place
        part = path.with_name(f".{path.name}.{remote.hash[:16]}.part")
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._drop_other_parts(path, part)
        self._download(remote, part, on_bytes)
        with explained(path):
            sha256 = _checked(remote, part)
            if sha256 is None:
                part.unlink(missing_ok=True)
                raise DownloadCorrupt(
                    f"what came of {remote.name} is not what {self.endpoint} announced (its hash differs); it"
                    " was thrown away. Run the same command again, without a mirror if there is one"
                )
            os.replace(part, path)
        return FileRecord(remote.bytes, sha256, remote.origin)

    def _download(self, remote: Remote, part: Path, on_bytes: Callable[[int], None]) -> None:
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers

        class Meter(_Meter):
            heard = staticmethod(on_bytes)

        with explained(part), part.open("ab") as file:
            there = file.tell()
            if there > remote.bytes:
                file.truncate(0)
                there = 0
            on_bytes(there)
            with self._network(remote.repository, remote.name):
                http_get(
                    remote.url,
                    file,
                    resume_size=there,
                    headers=build_hf_headers(token=False, library_name="foleyd", library_version=__version__),
                    expected_size=remote.bytes,
                    displayed_filename=remote.name,
                    tqdm_class=Meter,
                )
            file.flush()
            os.fsync(file.fileno())

    @staticmethod
    def _drop_other_parts(path: Path, part: Path) -> None:
        """What was begun of another content of the same name."""
        for other in path.parent.glob(f".{path.name}.*.part"):
            if other != part:
                with suppress(OSError):
                    other.unlink()

    @contextmanager
    def _network(self, repository: str, name: str = "") -> Iterator[None]:
        """Turns what goes wrong on the way into a sentence. A full disk is left to the caller."""
        from huggingface_hub import errors

        what = f"{name} of {repository}" if name else repository
        try:
            yield
        except Exception as error:
            if isinstance(error, errors.RepositoryNotFoundError | errors.GatedRepoError):
                text = (
                    f"{self.endpoint} has no repository {repository}, or does not open it to everybody;"
                    " fetch it with a browser where it can be had, and use foley models import"
                )
            elif isinstance(error, errors.RevisionNotFoundError):
                text = (
                    f"{repository} at {self.endpoint} no longer has the revision that the fetch began with;"
                    " remove the model (foley models remove) and pull it again"
                )
            elif isinstance(error, errors.EntryNotFoundError):
                text = f"{self.endpoint} has no {what}, though it lists it; try without a mirror"
            elif isinstance(error, errors.OfflineModeIsEnabled):
                text = f"HF_HUB_OFFLINE is set, so nothing is fetched; unset it, or {_OFFLINE}"
            elif isinstance(error, errors.HTTPError | errors.FileMetadataError | ConnectionError):
                text = f"{what} cannot be had from {self.endpoint} ({_why(error)}); {_AGAIN}, or {_OFFLINE}"
            elif isinstance(error, OSError) and error.errno is None:
                # The library's own word for a file that came short.
                text = f"{what} broke off ({_why(error)}); {_AGAIN}"
            else:
                raise
            raise DownloadFailed(text) from error


def _why(error: BaseException) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status:
        return f"it answers {status}"
    return (str(error).strip().splitlines() or [""])[0][:160] or type(error).__name__


class _Meter:
    """What huggingface_hub takes for a progress bar; it tells HEARD how many bytes are there."""

    heard: Callable[[int], None]

    def __init__(self, *_: object, initial: int = 0, **__: object) -> None:
        self._count = initial

    def update(self, count: int = 1) -> None:
        """So many bytes more."""
        self._count += count
        self.heard(self._count)

    def close(self) -> None:
        """Nothing to close."""

    def __enter__(self) -> _Meter:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def fetch_all(
    hub: Hub,
    remotes: Sequence[Remote],
    folder: Path,
    known: Mapping[str, FileRecord],
    *,
    on_file: Callable[[str, FileRecord], None],
    on_progress: Progress,
) -> None:
    """Brings all REMOTES below FOLDER, leaving out what KNOWN records say is there; ON_FILE hears of each.

    Raises DiskFull before anything is fetched when they would not fit, and what :meth:`Hub.fetch` raises.
    """
    waiting = []
    for remote in remotes:
        on_progress(0.0, f"checking {remote.name}")
        if not _is_there(folder, remote, known.get(remote.place)):
            waiting.append(remote)
    total = sum(remote.bytes for remote in remotes) or 1
    done = total - sum(remote.bytes for remote in waiting)
    _check_space(folder, waiting)
    for remote in waiting:
        begun = done

        def heard(count: int, begun: int = begun, remote: Remote = remote) -> None:
            on_progress((begun + count) / total, f"fetching {remote.name}")

        on_file(remote.place, hub.fetch(remote, folder, heard))
        done += remote.bytes
    on_progress(1.0, "fetched")


def _chosen(source: Source, there: Mapping[str, object]) -> Iterator[str]:
    taken = set()
    for names in source.wanted:
        name = next((name for name in names if name in there), None)
        if name is None:
            raise DownloadFailed(
                f"{source.repository} has no {' or '.join(names)}: it has changed since this version of"
                " foleyd; update foleyd, or import a folder"
            )
        taken.add(name)
        yield name
    yield from (name for name in source.optional if name in there and name not in taken)


def _is_there(folder: Path, remote: Remote, known: FileRecord | None) -> bool:
    path = folder / remote.place
    if known is None or not path.is_file() or path.stat().st_size != remote.bytes:
        return False
    if _SHA256.fullmatch(remote.hash):
        return known.sha256 == remote.hash == file_hash(path)
    return _checked(remote, path) is not None


def _check_space(folder: Path, waiting: Sequence[Remote]) -> None:
    needed = sum(remote.bytes for remote in waiting)
    for remote in waiting:
        part = (folder / remote.place).with_name(f".{Path(remote.name).name}.{remote.hash[:16]}.part")
        with suppress(OSError):
            needed -= part.stat().st_size
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(nearest).free
    if waiting and needed + MARGIN > free:
        gib = 1024**3
        raise DiskFull(
            f"the disk of {folder} has {free / gib:.1f} GiB free and {(needed + MARGIN) / gib:.1f} GiB are"
            " needed; free some space there, or set FOLEYD_MODELS to a folder on another disk",
            folder,
        )


def _checked(remote: Remote, path: Path) -> str | None:
    """SHA-256 of PATH when it is what REMOTE announces, else None."""
    if path.stat().st_size != remote.bytes:
        return None
    if _SHA256.fullmatch(remote.hash):
        found = file_hash(path)
        return found if found == remote.hash else None
    return file_hash(path) if _git_hash(path) == remote.hash else None


def _git_hash(path: Path) -> str:
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _digest(remote: Remote, content: bytes) -> str:
    if _SHA256.fullmatch(remote.hash):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
