"""Train the small tokenizer of the sample data, and describe the tiny model that goes with it.

Run it from anywhere with the `tokenizers` package installed; it reads and writes only beside itself:

    python sample_data/make_tokenizer.py

It writes `tokenizer.json` and `tiny-model/` (configuration only: no weights, and no second copy of the tokenizer).
The same text files give the same bytes, whatever the machine, so a second run changes nothing.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SAMPLE_DATA = Path(__file__).resolve().parent
TEXT_FOLDERS = ("chat", "general", "insurance", "originals", "pumps")
TEXT_SUFFIXES = (".html", ".json", ".jsonl", ".md", ".py", ".txt")
VOCAB_SIZE = 4096
LONGEST_TOKEN = 24  # bytes: eight Chinese characters, or a long English word
END_OF_TEXT, TURN_START, TURN_END, PAD = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"
SPECIAL_TOKENS = (END_OF_TEXT, TURN_START, TURN_END, PAD)  # their ids are 0, 1, 2, 3

# As in GPT-4's tokenizer: English contractions, words with one leading mark or space, up to three digits,
# punctuation, line ends, spaces. Chinese characters are letters, so a run of them is one piece to merge within.
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def text_files() -> list[Path]:
    """Return the files to train on, in an order that does not depend on the file system."""
    found = [path for folder in TEXT_FOLDERS for path in (SAMPLE_DATA / folder).rglob("*")]
    wanted = [path for path in found if path.is_file() and path.suffix in TEXT_SUFFIXES]
    return sorted(wanted, key=lambda path: path.relative_to(SAMPLE_DATA).as_posix())


def strings_in(value: object) -> Iterator[str]:
    """Yield every string inside a JSON value, but not the keys of its objects."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)


def strings_of_json(source: str) -> Iterator[str]:
    """Yield every string inside a JSON text, or the text as it stands where it is broken (some sample rows are)."""
    try:
        value = json.loads(source)
    except json.JSONDecodeError:
        value = source
    yield from strings_in(value)


def content_of(path: Path) -> str:
    """Read a file as UTF-8, or in the Chinese encoding that a few sample files are in on purpose."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="ignore")


def texts_of(path: Path) -> Iterator[str]:
    """Yield the texts in one file: the strings of a JSON file, the whole of any other."""
    content = content_of(path)
    if path.suffix == ".json":
        yield from strings_of_json(content)
    elif path.suffix == ".jsonl":
        for line in content.split("\n"):
            yield from strings_of_json(line)
    else:
        yield content


def distinct_lines(files: list[Path]) -> list[str]:
    """Return each line of the files once, with its line ends, so that the planted duplicates win no tokens."""
    texts = (text for path in files for text in texts_of(path))
    return list(dict.fromkeys(line for text in texts for line in re.findall(r"[^\n]+\n*", text)))


def new_tokenizer() -> Tokenizer:
    """Return an untrained byte-level BPE tokenizer that changes no text: what it encodes, it decodes exactly."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def trained_tokenizer(files: list[Path]) -> Tokenizer:
    """Train a tokenizer on the distinct lines of the files."""
    tokenizer = new_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        min_frequency=2,
        max_token_length=LONGEST_TOKEN,
        special_tokens=[AddedToken(token, normalized=False, special=True) for token in SPECIAL_TOKENS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(distinct_lines(files), trainer)
    return tokenizer


def model_config(tokenizer: Tokenizer) -> dict[str, object]:
    """Return the `config.json` of a Qwen3-like model that is small enough for a test on a laptop."""
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "hidden_act": "silu",
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
        "tie_word_embeddings": True,
        "use_cache": True,
        "torch_dtype": "float32",
        **special_ids(tokenizer),
    }


def special_ids(tokenizer: Tokenizer) -> dict[str, int | None]:
    """Return the ids that end a turn, begin a text and fill a batch."""
    return {
        "bos_token_id": tokenizer.token_to_id(END_OF_TEXT),
        "eos_token_id": tokenizer.token_to_id(TURN_END),
        "pad_token_id": tokenizer.token_to_id(PAD),
    }


def generation_config(tokenizer: Tokenizer) -> dict[str, object]:
    """Return the `generation_config.json`: greedy, and stopping at the end of a turn or of the text."""
    ids = special_ids(tokenizer)
    stops = [tokenizer.token_to_id(TURN_END), tokenizer.token_to_id(END_OF_TEXT)]
    return {**ids, "eos_token_id": stops, "do_sample": False, "max_new_tokens": 64}


def tokenizer_config(tokenizer: Tokenizer) -> dict[str, object]:
    """Return the `tokenizer_config.json`, with a ChatML chat template."""
    details = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "added_tokens_decoder": {
            str(tokenizer.token_to_id(token)): {"content": token, **details} for token in SPECIAL_TOKENS
        },
        "additional_special_tokens": [TURN_START],
        "bos_token": END_OF_TEXT,
        "eos_token": TURN_END,
        "pad_token": PAD,
        "unk_token": None,
        "add_bos_token": False,
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 2048,
        "chat_template": CHAT_TEMPLATE,
    }


def write_json(path: Path, value: dict[str, object]) -> None:
    """Write a value as indented JSON with a line end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    """Write the tokenizer and the description of the tiny model."""
    files = text_files()
    tokenizer = trained_tokenizer(files)
    tokenizer_path = SAMPLE_DATA / "tokenizer.json"
    tokenizer_path.write_text(tokenizer.to_str(pretty=False) + "\n", encoding="utf-8", newline="\n")
    tiny_model = SAMPLE_DATA / "tiny-model"
    write_json(tiny_model / "config.json", model_config(tokenizer))
    write_json(tiny_model / "generation_config.json", generation_config(tokenizer))
    write_json(tiny_model / "tokenizer_config.json", tokenizer_config(tokenizer))
    size = tokenizer_path.stat().st_size
    print(f"{len(files)} files, {tokenizer.get_vocab_size()} tokens, {size} bytes")


if __name__ == "__main__":
    main()
