"""``foley models``: licence first, then files; every way out is a sentence and an exit code."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from foleyd.cli.main import run
from foleyd.config import Folders, find_folders
from foleyd.engines.hunyuan import store
from foleyd.engines.hunyuan.checkpoint import load_published
from foleyd.engines.hunyuan.convert import convert
from foleyd.engines.hunyuan.found import find_published
from foleyd.engines.hunyuan.licence import acceptance, text_hash
from hunyuan.hub_standin import COMMIT, HubStandIn
from hunyuan.published import LICENCE_TEXT, TINY, digest_table, randoms, transformer_shapes, write_published

torch.set_num_threads(1)

NAME = "hunyuan-xxl"
TERMS = text_hash(LICENCE_TEXT.strip())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_published(tmp_path_factory.mktemp("made") / "published")


@pytest.fixture
def published(made: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    shutil.copytree(made, tmp_path / "weights")
    return tmp_path / "weights"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FOLEYD_MODELS", raising=False)
    tiny = {
        name: store.Model(name, model.size, model.file, {**TINY, "heads": 2}, "tiny")
        for name, model in store.MODELS.items()
    }
    assert isinstance(store.MODELS, dict)
    for name, model in tiny.items():
        monkeypatch.setitem(store.MODELS, name, model)
    return find_folders()


@pytest.fixture
def home(folders: Folders) -> Path:
    return folders.models / NAME


@pytest.fixture
def hub(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _seconds: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)

    def files(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    repositories = {
        "tencent/HunyuanVideo-Foley": {**files(made), "assets.mp4": b"x" * 1000},
        "google/siglip2-base-patch16-512": files(made / "siglip2"),
        "laion/larger_clap_general": files(made / "clap"),
    }
    with HubStandIn(repositories) as standin:
        yield standin


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


class Terminal(io.StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        return True


def pull(hub: HubStandIn, *more: str) -> int:
    return run(["models", "pull", NAME, "--endpoint", hub.url, "--json", "--accept-license", *more])


# ---------------------------------------------------------------------------------------------- pull


def test_a_model_is_fetched_checked_and_converted(
    hub: HubStandIn, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull(hub) == 0
    answer = said(capsys)
    assert (answer["name"], answer["ready"], answer["path"]) == (NAME, True, str(home))
    assert answer["revisions"] == dict.fromkeys(hub.repositories, COMMIT)
    assert answer["acceptance"]["text_sha256"] == TERMS
    assert "assets.mp4" not in hub.fetched()
    assert run(["models", "verify", NAME, "--json"]) == 0
    assert said(capsys) == {"models": [{"name": NAME, "ok": True, "problems": [], "fix": None}]}
    assert (home / "LICENCE.txt").read_text() == LICENCE_TEXT
    assert run(["models", "path", NAME]) == 0
    assert capsys.readouterr().out == f"{home}\n"
    assert run(["models", "list"]) == 0
    listed = capsys.readouterr().out
    assert f"{NAME}  ready" in listed
    assert "foley models pull hunyuan-xl" in listed


def test_summary_and_text_are_shown_before_anything_is_fetched(
    hub: HubStandIn, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert run(["models", "pull", NAME, "--endpoint", hub.url, "--json"]) == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["error"]["reason"] == "LICENCE_NOT_ACCEPTED"
    assert "This is a summary by foleyd" in printed.err
    assert "1. Do as you like, but do not tell." in printed.err
    assert "there is no terminal to ask at" in printed.err
    assert set(hub.fetched()) <= {"LICENSE"}
    assert not home.exists()


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 2), ("\n", 2), ("", 2)])
def test_somebody_at_a_terminal_is_asked_once(
    answer: str, code: int, hub: HubStandIn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    words = ["models", "pull", NAME, "--endpoint", hub.url, "--no-convert"]
    assert run(words) == code
    accepted = acceptance(home)
    assert (accepted is not None) == (code == 0)
    if accepted:
        assert (accepted.how, accepted.text_sha256) == ("terminal", TERMS)
        monkeypatch.setattr("sys.stdin", io.StringIO())
        assert run(words) == 0


def test_another_licence_text_is_asked_about_again(hub: HubStandIn, home: Path) -> None:
    assert pull(hub, "--no-convert") == 0
    hub.repositories["tencent/HunyuanVideo-Foley"]["LICENSE"] = b"Other terms."
    assert run(["models", "pull", NAME, "--endpoint", hub.url, "--no-convert"]) == 2
    accepted = acceptance(home)
    assert accepted is not None
    assert accepted.text_sha256 == TERMS


def test_an_interrupted_pull_goes_on_at_the_same_revision(
    hub: HubStandIn, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.cut["vae_128d_48k.pth"] = [1_000_000, *[0] * 20]
    assert pull(hub) == 1
    assert said(capsys)["error"]["reason"] == "DOWNLOAD_FAILED"
    assert run(["models", "path", NAME]) == 2
    assert (
        "has not been fetched and converted whole (try: foley models pull hunyuan-xxl)"
        in capsys.readouterr().err
    )
    hub.cut.clear()
    hub.asked.clear()
    assert pull(hub) == 0
    assert said(capsys)["ready"]
    asked = [(path.rpartition("/")[2], rest) for method, path, rest in hub.asked if method == "GET"]
    assert ("vae_128d_48k.pth", "bytes=1000000-") in asked
    assert "hunyuanvideo_foley.pth" not in [name for name, _ in asked]
    assert f"/api/models/tencent/HunyuanVideo-Foley/revision/{COMMIT}" in [path for _, path, _ in hub.asked]
    assert not list((home / "published").rglob("*.part"))


def test_interrupting_keeps_what_came_for_the_next_time(
    hub: HubStandIn, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import huggingface_hub.file_download as library

    def interrupted(_url: str, file: Any, **_options: object) -> None:
        file.write(b"x" * 1000)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(library, "http_get", interrupted)
        assert pull(hub) == 3
    assert said(capsys)["error"]["reason"] == "CANCELLED"
    (part,) = (home / "published").glob(".*.part")
    assert part.stat().st_size == 1000
    # What came was wrong, and is found out and fetched anew.
    assert pull(hub) == 1
    assert said(capsys)["error"]["reason"] == "DOWNLOAD_CORRUPT"
    assert pull(hub) == 0


def test_pulling_again_mends_what_is_damaged_and_leaves_the_rest(
    hub: HubStandIn, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull(hub) == 0
    before = digest_table(home)
    (home / "published" / "clap" / "model.safetensors").unlink()
    shard = next((home / "transformer").glob("*.safetensors"))
    shard.write_bytes(bytes(shard.stat().st_size))
    assert run(["models", "verify", "--json"]) == 2
    capsys.readouterr()
    assert run(["models", "verify"]) == 2
    printed = capsys.readouterr().out
    assert "clap/model.safetensors is missing" in printed
    assert "its hash is not the recorded one" in printed
    assert f"-> foley models pull {NAME}" in printed
    hub.asked.clear()
    assert pull(hub) == 0
    assert hub.fetched() == ["LICENSE", "model.safetensors"]
    after = digest_table(home)
    assert json.loads(after) | {"model.json": ""} == json.loads(before) | {"model.json": ""}


def test_what_was_fetched_can_be_dropped(
    hub: HubStandIn, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull(hub, "--drop-published") == 0
    assert not (home / "published").exists()
    assert said(capsys)["ready"]
    hub.asked.clear()
    assert pull(hub) == 0
    assert hub.fetched() == ["LICENSE"]
    assert run(["models", "convert", NAME, "--json"]) == 2
    assert "there is nothing to convert" in capsys.readouterr().err


def test_the_other_model_shares_what_is_the_same(hub: HubStandIn, folders: Folders, made: Path) -> None:
    hub.repositories["tencent/HunyuanVideo-Foley"]["hunyuanvideo_foley_xl.pth"] = (
        made / "hunyuanvideo_foley.pth"
    ).read_bytes()
    assert pull(hub, "--no-convert") == 0
    hub.asked.clear()
    words = ["models", "pull", "hunyuan-xl", "--endpoint", hub.url, "--no-convert", "--accept-license"]
    assert run(words) == 0
    large = {"vae_128d_48k.pth", "synchformer_state_dict.pth", "model.safetensors"}
    assert not large & set(hub.fetched())
    assert store.verify(folders, "hunyuan-xl") == []


def test_a_model_is_removed(hub: HubStandIn, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pull(hub, "--no-convert") == 0
    capsys.readouterr()
    assert run(["models", "remove", NAME, "--json"]) == 0
    assert said(capsys)["bytes"] > 1_000_000
    assert not home.exists()
    assert run(["models", "remove", NAME]) == 2
    assert run(["models", "pull", "hunyuan", "--accept-license"]) == 2
    assert "there is no model 'hunyuan'; foleyd knows hunyuan-xxl, hunyuan-xl" in capsys.readouterr().err


# -------------------------------------------------------------------------------------------- import


def test_a_folder_is_imported_and_left_as_it_was(
    published: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digest_table(published)
    assert run(["models", "import", str(published), "--accept-license", "--json"]) == 0
    answer = said(capsys)
    assert (answer["ready"], answer["source"], answer["precision"]) == (
        True,
        f"import {published}",
        "float16",
    )
    assert digest_table(published) == before
    assert not (home / "published").exists()
    record = store.read_record(home)
    assert record is not None
    assert "transformer/hunyuanvideo_foley.pth" in record.made_from
    assert record.acceptance is not None
    assert record.acceptance.how == "--accept-license"


def test_every_part_loads_as_its_library_loads_it(published: Path, home: Path) -> None:
    from transformers import AutoTokenizer, ClapTextModelWithProjection, SiglipVisionModel

    from foleyd.engines.hunyuan.autoencoder import FoleyAutoencoder
    from foleyd.engines.hunyuan.synchformer import SynchformerVision
    from foleyd.engines.hunyuan.transformer import FoleyTransformer

    assert run(["models", "import", str(published), "--accept-license"]) == 0
    for kind, path, cls, dtype in (
        ("transformer", "hunyuanvideo_foley.pth", FoleyTransformer, torch.float16),
        ("autoencoder", "vae_128d_48k.pth", FoleyAutoencoder, torch.float32),
        ("synchformer", "synchformer_state_dict.pth", SynchformerVision, torch.float16),
    ):
        loaded: Any = cls.from_pretrained(home / kind, torch_dtype=dtype)
        direct, _ = load_published(published / path, kind, dtype)
        ours = dict(loaded.named_parameters())
        assert ours.keys() == dict(direct.named_parameters()).keys()
        assert all(torch.equal(ours[name], value) for name, value in direct.named_parameters())
    picture = torch.randn(2, 3, 512, 512)
    theirs, packed = (
        SiglipVisionModel.from_pretrained(f, dtype=torch.float32)
        for f in (published / "siglip2", home / "siglip2")
    )
    off = (theirs(picture).pooler_output - packed(picture).pooler_output).detach().abs().max()
    assert float(off) < 5e-3
    words = AutoTokenizer.from_pretrained(home / "clap")(
        ["noisy, harsh", "rain"], padding=True, return_tensors="pt"
    )
    theirs, packed = (
        ClapTextModelWithProjection.from_pretrained(f) for f in (published / "clap", home / "clap")
    )
    assert torch.equal(theirs(**words).last_hidden_state, packed(**words).last_hidden_state)
    kept = load_file(home / "siglip2" / "model.safetensors")
    assert {name.partition(".")[0] for name in kept} == {"vision_model"}


def test_a_folder_without_its_licence_says_where_to_read_it(
    published: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (published / "LICENSE").unlink()
    assert run(["models", "import", str(published), "--accept-license"]) == 0
    assert (
        "No licence text came with the weights. Read it where they are published: https://"
        in capsys.readouterr().err
    )
    accepted = acceptance(home)
    assert accepted is not None
    assert accepted.text_sha256 == ""


def test_import_without_consent_changes_nothing(
    published: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["models", "import", str(published)]) == 2
    assert "the licence of the weights was not accepted" in capsys.readouterr().err
    assert not home.exists()


def test_files_are_found_by_what_they_hold_and_several_parts_by_their_index(
    published: Path, home: Path
) -> None:
    tensors = torch.load(published / "hunyuanvideo_foley.pth", weights_only=True)
    (published / "hunyuanvideo_foley.pth").unlink()
    from safetensors.torch import save_file

    names = sorted(tensors)
    for number in (0, 1):
        save_file(
            {name: tensors[name] for name in names[number::2]}, published / f"foley-{number}.safetensors"
        )
    where = {name: f"foley-{n % 2}.safetensors" for n, name in enumerate(names)}
    (published / "foley.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    os.rename(published / "vae_128d_48k.pth", published / "sound.pth")
    os.rename(published / "siglip2", published / "siglip2-base-patch16-512")
    os.rename(published / "clap", published / "text tower")
    assert run(["models", "import", str(published), "--accept-license"]) == 0
    assert store.read_record(home) is not None


def spoil(published: Path, how: str) -> None:
    """Makes one thing wrong in a folder."""
    transformer, vae = published / "hunyuanvideo_foley.pth", published / "vae_128d_48k.pth"
    if how == "swapped":
        shutil.copy(vae, transformer)
    elif how == "cut":
        vae.write_bytes(vae.read_bytes()[:100_000])
    elif how == "missing":
        (published / "synchformer_state_dict.pth").unlink()
    elif how == "two":
        shutil.copy(vae, published / "vae2.pth")
        os.rename(vae, published / "vae1.pth")
    elif how == "half":
        half = {name: t for name, t in randoms(transformer_shapes()).items() if "single_blocks.2" not in name}
        torch.save(half, transformer)
    elif how == "encoder":
        shutil.rmtree(published / "clap")
    elif how == "tokenizer":
        (published / "clap" / "tokenizer.json").unlink()
    elif how == "config":
        (published / "siglip2" / "config.json").write_text('{"model_type": "siglip", "vision_config": 3}')
    elif how == "size":
        text = (
            (published / "siglip2" / "config.json")
            .read_text()
            .replace('"image_size": 512', '"image_size": 256')
        )
        (published / "siglip2" / "config.json").write_text(text)
    elif how == "weights":
        shutil.copy(published / "clap" / "model.safetensors", published / "siglip2" / "model.safetensors")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("swapped", "the weights of the autoencoder, not of the transformer: were two files swapped?"),
        ("cut", "vae_128d_48k.pth is damaged or cut off"),
        (
            "missing",
            "has no synchformer; expected is synchformer_state_dict.pth from tencent/HunyuanVideo-Foley",
        ),
        ("two", "has several files of the autoencoder (vae1.pth, vae2.pth); leave one there"),
        ("half", "is neither hunyuan-xxl nor hunyuan-xl, or not whole"),
        ("encoder", "has no folder clap with the files of laion/larger_clap_general; copy them there"),
        ("tokenizer", "has no tokenizer.json; copy the whole repository there"),
        ("config", "config.json describes no siglip2"),
        ("size", "does not fit its config.json"),
        ("weights", "is not whole or another model's: it lacks vision_model."),
    ],
)
def test_a_folder_that_is_not_right_is_refused_and_leaves_nothing(
    how: str, sentence: str, published: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(published, how)
    assert run(["models", "import", str(published), "--accept-license", "--json"]) == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["error"]["reason"] == "WEIGHTS_UNUSABLE"
    assert sentence in printed.err
    assert "Traceback" not in printed.err
    assert not [part for part in store.PARTS if (home / part).exists()]
    assert not list(home.glob(".foleyd-*"))


def test_a_model_that_works_survives_a_failed_import(published: Path, home: Path) -> None:
    assert run(["models", "import", str(published), "--accept-license"]) == 0
    before = digest_table(home)
    spoil(published, "tokenizer")
    assert run(["models", "import", str(published), "--accept-license"]) == 2
    assert digest_table(home) == before


def test_a_converted_model_is_copied_from_another_machine(
    published: Path,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["models", "import", str(published), "--accept-license"]) == 0
    stick = tmp_path / "stick"
    shutil.copytree(home, stick)
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "elsewhere"))
    other = find_folders().models / NAME
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["models", "import", str(stick)]) == 2
    assert run(["models", "import", str(stick), "--accept-license"]) == 0
    assert store.verify(find_folders(), NAME) == []
    assert (other / "LICENCE.txt").read_text() == LICENCE_TEXT
    shard = stick / "clap" / "model.safetensors"
    shard.write_bytes(bytes(shard.stat().st_size))
    capsys.readouterr()
    assert run(["models", "import", str(stick), "--accept-license"]) == 2
    assert "is damaged: its hash is not the recorded one" in capsys.readouterr().err
    assert store.verify(find_folders(), NAME) == []


@pytest.mark.parametrize(
    "stray", ["../../stolen", "/etc/passwd", "clap/../../x.json", "clap/run.py", "other/a.json"]
)
def test_a_record_from_outside_cannot_name_files_elsewhere(
    stray: str, published: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "import", str(published), "--accept-license"]) == 0
    stick = tmp_path / "stick"
    shutil.copytree(home, stick)
    record = json.loads((stick / "model.json").read_text())
    record["files"][stray] = {"bytes": 1, "sha256": "0" * 64}
    (stick / "model.json").write_text(json.dumps(record))
    assert run(["models", "import", str(stick), "--accept-license"]) == 2
    assert "which is no file of a model; do not use it" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------- convert


def test_shards_hold_what_one_file_would(published: Path, tmp_path: Path) -> None:
    from foleyd.engines.hunyuan.transformer import FoleyTransformer

    told: list[float] = []
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    for folder, limit in ((whole, 10**9), (parted, 500_000)):
        folder.mkdir()
        convert(find_published(published), folder, lambda fraction, _words: told.append(fraction), limit)
    assert len(list((parted / "transformer").glob("*.safetensors"))) > 3
    one, many = (dict(load(folder)) for folder in (whole, parted))
    assert one.keys() == many.keys()
    assert all(torch.equal(one[name], many[name]) for name in one)
    FoleyTransformer.from_pretrained(parted / "transformer")
    assert told[-1] == 1.0
    assert told[: told.index(1.0)] == sorted(told[: told.index(1.0)])


def load(folder: Path) -> Mapping[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for path in (folder / "transformer").glob("*.safetensors"):
        tensors |= load_file(path)
    return tensors


def test_values_beyond_16_bits_are_kept_wide_and_said(
    published: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tensors = torch.load(published / "hunyuanvideo_foley.pth", weights_only=True)
    tensors["cond_in.linear_2.bias"][0] = 1e5
    torch.save(tensors, published / "hunyuanvideo_foley.pth")
    assert run(["models", "import", str(published), "--accept-license"]) == 0
    assert (
        "warning: transformer: kept in float32, beyond the range of float16: text_in.linear_2.bias"
        in capsys.readouterr().err
    )
    kept = load(home)
    assert kept["text_in.linear_2.bias"].dtype == torch.float32
    assert kept["text_in.linear_1.bias"].dtype == torch.float16


def test_what_a_killed_conversion_left_is_taken_away(hub: HubStandIn, home: Path) -> None:
    assert pull(hub, "--no-convert") == 0
    (home / ".foleyd-dead").mkdir()
    (home / ".foleyd-dead" / "half").write_bytes(b"x")
    assert run(["models", "convert", NAME]) == 0
    assert not list(home.glob(".foleyd-*"))


def test_too_little_space_for_converting_is_said(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    assert run(["models", "import", str(published), "--accept-license", "--json"]) == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["error"]["reason"] == "DISK_FULL"
    assert "0.0 GiB free and converting needs 0.1 GiB" in printed.err
