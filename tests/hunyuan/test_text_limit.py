from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from foleyd.engines.engine import PromptError
from foleyd.engines.hunyuan.convert import _finish_encoder
from foleyd.engines.hunyuan.errors import CheckpointError
from foleyd.engines.hunyuan.text_limit import check_texts
from hunyuan.published import write_clap


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clap")
    write_clap(folder)
    return folder


def in_parts(clap: Path, folder: Path) -> None:
    """The tokenizer of CLAP as FOLDER has it when it was published in several files."""
    folder.mkdir()
    made = json.loads((clap / "tokenizer.json").read_text())
    (folder / "vocab.json").write_text(json.dumps(made["model"]["vocab"]))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_bytes((clap / "tokenizer_config.json").read_bytes())


def test_tokens_are_counted_as_the_model_gets_them(clap: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(clap)
    for text in ("x" * 511, "  two  " * 100, "日本 🙂\n" * 60, "<s> a </s>" * 200):
        count = len(tokenizer(text, verbose=False)["input_ids"])
        with pytest.raises(PromptError, match=f"the prompt has {count} tokens and the model reads 512"):
            check_texts(clap, text, "")
        with pytest.raises(PromptError, match=f"the negative prompt has {count} tokens") as refused:
            check_texts(clap, "rain", text)
        assert refused.value.field == "negative_prompt"
    check_texts(clap, "x" * 510, "<mask>" * 500)  # many bytes, few tokens


def test_counting_needs_no_torch(clap: Path) -> None:
    script = (
        "import sys, pathlib; from foleyd.engines.hunyuan.text_limit import check_texts\n"
        f"check_texts(pathlib.Path({str(clap)!r}), '<mask>' * 500, '')\n"
        "assert 'tokenizers' in sys.modules and not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_tokenizer_in_several_files_is_converted_to_one(clap: Path, tmp_path: Path) -> None:
    in_parts(clap, tmp_path / "published")
    target = tmp_path / "target"
    target.mkdir()
    stated = json.loads((clap / "config.json").read_text())
    _finish_encoder("clap", tmp_path / "published", stated, target)
    check_texts(target, "x" * 510, "")
    with pytest.raises(PromptError, match="has 513 tokens"):
        check_texts(target, "x" * 511, "")
    assert (
        AutoTokenizer.from_pretrained(target)("a b")["input_ids"]
        == AutoTokenizer.from_pretrained(clap)("a b")["input_ids"]
    )


def test_a_tokenizer_that_cannot_be_read_is_refused_when_it_is_converted(clap: Path, tmp_path: Path) -> None:
    in_parts(clap, tmp_path / "published")
    (tmp_path / "published" / "vocab.json").write_text('{"a": "b"}')
    (tmp_path / "target").mkdir()
    with pytest.raises(CheckpointError, match=r"the tokenizer in .*published cannot be read"):
        _finish_encoder("clap", tmp_path / "published", {"model_type": "clap"}, tmp_path / "target")


def test_without_the_one_file_the_model_has_to_tell(tmp_path: Path) -> None:
    check_texts(tmp_path, "x" * 10_000, "")
