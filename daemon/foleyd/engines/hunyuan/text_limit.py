"""How long a text may be, counted with CLAP's tokenizer from its file: needs neither torch nor the model."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from foleyd.engines.engine import PromptError

LONGEST_TEXT = 77
"""Positions of text that the transformer is given; the encoder has read more."""

TOKENIZER = "tokenizer.json"
"""The tokenizer's one file, whose tokens are of whole bytes, and two more for the text's ends."""

_POSITIONS, _PAD = 514, 1
_ENDS = 2


def longest_text(positions: int, pad: int) -> int:
    """Tokens of a text that a model with so many POSITIONS reads, 512: they count from behind PAD's."""
    return positions - pad - 1


def check_length(tokens: int, longest: int, name: str) -> None:
    """Raises PromptError when TOKENS are more than LONGEST. NAME is what the text is."""
    if tokens > longest:
        raise PromptError(
            f"the {name} has {tokens} tokens and the model reads {longest} at most; shorten it "
            f"(only the first {LONGEST_TEXT}, some 50 words, go on to the sound)",
            field=name.replace(" ", "_"),
        )


def check_texts(folder: Path, prompt: str, negative_prompt: str) -> None:
    """Raises PromptError when one of them is longer than the text model in FOLDER reads.

    Where the tokenizer is not there in one file, only the model itself can tell, once it is loaded.
    """
    if not (folder / TOKENIZER).is_file():
        return
    longest = _longest(folder)
    for text, name in ((prompt, "prompt"), (negative_prompt, "negative prompt")):
        # A token is a byte at least: most texts need no counting.
        if len(text.encode()) + _ENDS > longest:
            check_length(_count(folder / TOKENIZER, text), longest, name)


def _longest(folder: Path) -> int:
    stated = json.loads((folder / "config.json").read_bytes())
    config: dict[str, Any] = stated.get("text_config") or stated
    return longest_text(config.get("max_position_embeddings", _POSITIONS), config.get("pad_token_id", _PAD))


def _count(path: Path, text: str) -> int:
    return len(_tokenizer(path, path.stat().st_mtime_ns).encode(text).ids)


@lru_cache(1)
def _tokenizer(path: Path, changed: int) -> Any:
    """The tokenizer in PATH, which was last CHANGED then."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
