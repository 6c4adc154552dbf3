"""Files come whole from a hub, or it is said why they did not; what came is gone on with."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foleyd.engines.hunyuan.errors import DownloadCorrupt, DownloadFailed
from foleyd.engines.hunyuan.hub import Hub, Remote, Source, fetch_all, sources_of
from foleyd.engines.hunyuan.store import MODELS, FileRecord
from foleyd.files import DiskFull
from hunyuan.hub_standin import COMMIT, HubStandIn, git_hash

WEIGHTS = random.Random(1).randbytes(300_000)
CONFIG = b'{"model_type": "siglip"}'
SOURCE = Source("maker/model", "part", (("config.json",), ("model.safetensors", "model.bin")), ("extra.txt",))


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _seconds: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
    files = {
        "config.json": CONFIG,
        "model.safetensors": WEIGHTS,
        "LICENSE": b"Terms.\n",
        "other.onnx": WEIGHTS,
    }
    with HubStandIn({"maker/model": files}) as hub:
        yield hub


def fetch(
    hub: Hub, folder: Path, remotes: list[Remote], known: dict[str, FileRecord] | None = None
) -> dict[str, FileRecord]:
    arrived: dict[str, FileRecord] = {}
    fetch_all(
        hub,
        remotes,
        folder,
        known or {},
        on_file=lambda place, entry: arrived.update({place: entry}),
        on_progress=lambda _fraction, _words: None,
    )
    return arrived


def test_only_what_is_needed_is_found_with_the_hubs_own_hashes(standin: HubStandIn) -> None:
    found = Hub(standin.url).find(SOURCE)
    assert [(remote.place, remote.bytes, remote.hash) for remote in found] == [
        ("part/config.json", len(CONFIG), git_hash(CONFIG)),
        ("part/model.safetensors", len(WEIGHTS), hashlib.sha256(WEIGHTS).hexdigest()),
    ]
    assert {remote.origin for remote in found} == {f"maker/model@{COMMIT}"}
    (terms,) = Hub(standin.url).find(SOURCE, licences=True)
    assert Hub(standin.url).text(terms) == "Terms."


def test_files_come_to_their_places_and_are_not_fetched_twice(standin: HubStandIn, tmp_path: Path) -> None:
    hub = Hub(standin.url)
    remotes = hub.find(SOURCE)
    arrived = fetch(hub, tmp_path, remotes)
    assert (tmp_path / "part" / "model.safetensors").read_bytes() == WEIGHTS
    assert arrived["part/model.safetensors"].sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert standin.fetched() == ["config.json", "model.safetensors"]
    assert fetch(hub, tmp_path, remotes, arrived) == {}
    (tmp_path / "part" / "model.safetensors").write_bytes(bytes(len(WEIGHTS)))
    assert list(fetch(hub, tmp_path, remotes, arrived)) == ["part/model.safetensors"]
    assert (tmp_path / "part" / "model.safetensors").read_bytes() == WEIGHTS
    assert sorted(os.listdir(tmp_path / "part")) == ["config.json", "model.safetensors"]


def test_no_token_is_sent(standin: HubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub = Hub(standin.url)
    fetch(hub, tmp_path, hub.find(SOURCE))
    assert not any("authorization" in {key.lower() for key in sent} for sent in standin.headers)


def test_a_connection_cut_in_the_middle_is_taken_up_at_once(standin: HubStandIn, tmp_path: Path) -> None:
    standin.cut["model.safetensors"] = [100_000, 50_000]
    hub = Hub(standin.url)
    fetch(hub, tmp_path, hub.find(SOURCE))
    assert (tmp_path / "part" / "model.safetensors").read_bytes() == WEIGHTS
    ranges = [rest for method, path, rest in standin.asked if method == "GET" and path.endswith("tensors")]
    assert ranges == ["", "bytes=100000-", "bytes=150000-"]


def test_an_interrupted_fetch_goes_on_in_a_later_run(standin: HubStandIn, tmp_path: Path) -> None:
    standin.cut["model.safetensors"] = [120_000, *[0] * 20]
    hub = Hub(standin.url)
    remotes = hub.find(SOURCE)
    with pytest.raises(
        DownloadFailed, match=r"model.safetensors of maker/model cannot be had.*goes on where"
    ):
        fetch(hub, tmp_path, remotes)
    assert not (tmp_path / "part" / "model.safetensors").exists()
    standin.cut.clear()
    standin.asked.clear()
    fetch(Hub(standin.url), tmp_path, remotes)
    assert standin.asked[-1][2] == "bytes=120000-"
    assert standin.sent["model.safetensors"] == len(WEIGHTS)
    assert (tmp_path / "part" / "model.safetensors").read_bytes() == WEIGHTS


def test_a_mirror_that_cannot_resume_sends_everything_again(standin: HubStandIn, tmp_path: Path) -> None:
    standin.cut["model.safetensors"] = [120_000]
    standin.ignore_ranges = True
    hub = Hub(standin.url)
    fetch(hub, tmp_path, hub.find(SOURCE))
    assert (tmp_path / "part" / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_what_is_not_as_announced_is_thrown_away(name: str, standin: HubStandIn, tmp_path: Path) -> None:
    true = dict(standin.repositories["maker/model"])[name]
    standin.lies[name] = bytes(len(true))
    hub = Hub(standin.url)
    remotes = hub.find(SOURCE)
    with pytest.raises(DownloadCorrupt, match=rf"{name} is not what .* announced \(its hash differs\)"):
        fetch(hub, tmp_path, remotes)
    assert not [path for path in tmp_path.rglob(f"*{name}*") if path.is_file()]
    standin.lies.clear()
    fetch(hub, tmp_path, remotes)
    assert (tmp_path / "part" / name).read_bytes() == true


def test_a_begun_file_of_another_content_is_not_gone_on_with(standin: HubStandIn, tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    stale = tmp_path / "part" / ".model.safetensors.0123456789abcdef.part"
    stale.write_bytes(b"old")
    hub = Hub(standin.url)
    fetch(hub, tmp_path, hub.find(SOURCE))
    assert not stale.exists()
    assert (tmp_path / "part" / "model.safetensors").read_bytes() == WEIGHTS


def test_too_little_space_is_said_before_anything_is_fetched(
    standin: HubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(standin.url)
    remotes = hub.find(SOURCE)
    standin.asked.clear()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1, 1, 1000))
    with pytest.raises(DiskFull, match=r"0.0 GiB free and 0.3 GiB are needed.*FOLEYD_MODELS"):
        fetch(hub, tmp_path, remotes)
    assert standin.asked == []


def test_a_disk_that_fills_up_is_said_and_what_came_stays(
    standin: HubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.file_download as library

    def full(_url: str, file: Any, **_options: object) -> None:
        file.write(WEIGHTS[:1000])
        raise OSError(errno.ENOSPC, "No space left on device")

    hub = Hub(standin.url)
    remotes = hub.find(SOURCE)[1:]
    with monkeypatch.context() as patch:
        patch.setattr(library, "http_get", full)
        with pytest.raises(DiskFull, match=r"is full: .*does not fit; free some space there"):
            fetch(hub, tmp_path, remotes)
    fetch(hub, tmp_path, remotes)
    assert standin.asked[-1][2] == "bytes=1000-"


@pytest.mark.parametrize(
    ("repository", "sentence"),
    [
        ("maker/nothing", "has no repository maker/nothing, or does not open it to everybody"),
        ("maker/other", "maker/other has no config.json: it has changed since this version of foleyd"),
    ],
)
def test_a_repository_that_is_not_there_or_has_changed_is_said(
    repository: str, sentence: str, standin: HubStandIn
) -> None:
    standin.repositories["maker/other"] = {"README.md": b"nothing here"}
    with pytest.raises(DownloadFailed, match=sentence):
        Hub(standin.url).find(Source(repository, "", SOURCE.wanted))


def test_a_revision_that_is_gone_is_said(standin: HubStandIn) -> None:
    with pytest.raises(DownloadFailed, match=r"no longer has the revision.*foley models remove"):
        Hub(standin.url).find(SOURCE, "1" * 40)


def test_no_network_a_failing_hub_and_offline_mode_are_said(
    standin: HubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DownloadFailed, match=r"cannot be had from http://127.0.0.1:9 .*foley models import"):
        Hub("http://127.0.0.1:9").find(SOURCE)
    standin.status["model"] = 403
    with pytest.raises(DownloadFailed, match=r"cannot be had|does not open"):
        Hub(standin.url).find(SOURCE)
    with pytest.raises(DownloadFailed, match="is no address of a hub; it begins with https://"):
        Hub("ftp://mirror")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadFailed, match="HF_HUB_OFFLINE is set"):
        Hub(standin.url).find(SOURCE)


def test_a_hub_whose_commit_or_hashes_are_none_is_not_believed(standin: HubStandIn) -> None:
    standin.commit = "../../../etc"
    with pytest.raises(DownloadFailed, match="names no commit of maker/model"):
        Hub(standin.url).find(SOURCE)


def test_names_from_the_hub_never_become_paths(standin: HubStandIn, tmp_path: Path) -> None:
    files = standin.repositories["maker/model"]
    files |= {"../../stray.txt": b"x", "/etc/stray": b"x", "part/../extra.txt": b"x", "extra.txt": b"fine"}
    hub = Hub(standin.url)
    fetch(hub, tmp_path / "in", hub.find(SOURCE))
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == [
        "in/part/config.json",
        "in/part/extra.txt",
        "in/part/model.safetensors",
    ]


def test_the_table_names_what_every_model_needs() -> None:
    for model in MODELS.values():
        weights, siglip, clap = sources_of(model)
        assert weights.repository == "tencent/HunyuanVideo-Foley"
        assert {names[0] for names in weights.wanted} >= {
            model.file,
            "vae_128d_48k.pth",
            "synchformer_state_dict.pth",
        }
        assert (siglip.folder, clap.folder) == ("siglip2", "clap")
