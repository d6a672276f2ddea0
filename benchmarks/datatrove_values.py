"""What datatrove measures of documents, and how long its filters take; run by the Python it is installed in.

`python datatrove_values.py IN.jsonl OUT.jsonl en|zh` writes a row a document: its id, the values that its Gopher rules
compare with their limits, and the verdict of each filter on the text as it is (true, or the rule that fails first).
Prints one JSON line with the CPU seconds of each filter over all documents; the tokenizers are loaded before.
"""

import json
import re
import sys
import time

from datatrove.utils.logging import logger

logger.remove()

from datatrove.data import Document  # noqa: E402
from datatrove.pipeline.filters import (  # noqa: E402
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.gopher_repetition_filter import (  # noqa: E402
    find_all_duplicate,
    find_duplicates,
    find_top_duplicate,
    get_n_grams,
)
from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION, split_into_words  # noqa: E402

CODES = {"en": "eng", "zh": "cmn"}
CHINESE = [*"的年在月是和日了於·為有被人中为他與後也而由"]  # FineWeb-2's for cmn_Hani
ENGLISH = ["the", "be", "to", "of", "and", "that", "have", "with"]
# FineWeb-2's limits for cmn_Hani; 0 and 999 are off.
FINEWEB2 = {
    "gopher_repetition": {
        "dup_line_frac": 0.287,
        "dup_para_frac": 0,
        "dup_line_char_frac": 0,
        "dup_para_char_frac": 0,
        "top_n_grams": ((2, 0.256), (3, 0.201), (4, 0.171)),
        "dup_n_grams": ((5, 0.198), (6, 0.182), (7, 0.167), (8, 0.154), (9, 0.14), (10, 0.127)),
    },
    "gopher_quality": {
        "min_avg_word_length": 1,
        "max_avg_word_length": 5,
        "max_non_alpha_words_ratio": 0.735,
        "stop_words": CHINESE,
    },
    "c4": {},
    "fineweb_quality": {
        "line_punct_thr": 0.106,
        "short_line_thr": 999,
        "char_duplicates_ratio": 0.1,
        "new_line_ratio": 0.178,
    },
}


def main(source, out, language):
    """Measure, then time."""
    with open(source, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    code, limits = CODES[language], FINEWEB2 if language == "zh" else {name: {} for name in FINEWEB2}
    filters = {
        "gopher_repetition": GopherRepetitionFilter(language=code, **limits["gopher_repetition"]),
        "gopher_quality": GopherQualityFilter(language=code, **limits["gopher_quality"]),
        "c4": C4QualityFilter(filter_no_terminal_punct=False, language=code),
        "fineweb_quality": FineWebQualityFilter(language=code, **limits["fineweb_quality"]),
    }
    split_into_words("Warm up. 预热一下。", code)
    seconds, verdicts = dict.fromkeys(filters, 0.0), [{} for _ in rows]
    for row, verdict in zip(rows, verdicts, strict=True):
        for name, filter in filters.items():
            document = Document(text=row["text"], id=row["id"])  # C4 changes the text
            start = time.process_time()
            said = filter.filter(document) if row["text"] else (False, "empty")
            seconds[name] += time.process_time() - start
            verdict[name] = said if said is True else said[1] if isinstance(said, tuple) else said
    with open(out, "w", encoding="utf-8") as lines:
        for row, verdict in zip(rows, verdicts, strict=True):
            measured = values(row["text"], code) if row["text"] else {}
            lines.write(json.dumps({"id": row["id"], "values": measured, "verdicts": verdict}) + "\n")
    print(json.dumps(seconds))


def values(text, code):
    """The values behind the rules of Gopher and FineWeb, under the names that curate gives them."""
    words, lines = split_into_words(text, code), text.splitlines()
    said = [word for word in words if any(char not in PUNCTUATION_SET for char in word)]
    every, chars = max(len(words), 1), len(text)
    found = {
        "gopher_quality.words": len(said),
        "gopher_quality.mean_word_length": sum(map(len, said)) / max(len(said), 1),
        "gopher_quality.hash_share": text.count("#") / every,
        "gopher_quality.ellipsis_share": (text.count("...") + text.count("…")) / every,
        "gopher_quality.bullet_lines": mean(line.lstrip().startswith(("•", "-")) for line in lines),
        "gopher_quality.ellipsis_lines": mean(line.rstrip().endswith(("...", "…")) for line in lines),
        "gopher_quality.alphabetic_share": mean(any(map(str.isalpha, word)) for word in words),
        "gopher_quality.stop_words": len(set(words) & set(CHINESE if code == "cmn" else ENGLISH)),
        "fineweb_quality.list_ratio": text.count("\n") / every,
    }
    full = [line for line in text.split("\n") if line.strip()]
    found["fineweb_quality.line_punct"] = mean(line.endswith(tuple(TERMINAL_PUNCTUATION)) for line in full)
    found["fineweb_quality.short_lines"] = mean(len(line) <= 30 for line in full)
    found["fineweb_quality.dup_line_chars"] = find_duplicates(full)[1] / max(len(text.replace("\n", "")), 1)
    for name, pieces in (("line", re.split("\n+", text)), ("paragraph", re.split("\n{2,}", text.strip()))):
        count, length = find_duplicates(pieces)
        found[f"gopher_repetition.dup_{name}s"] = count / len(pieces)
        found[f"gopher_repetition.dup_{name}_chars"] = length / chars
    for size in range(2, 5):
        grams = get_n_grams(words, size)
        found[f"gopher_repetition.top_{size}"] = find_top_duplicate(grams) / chars if grams else 0
    for size in range(5, 11):
        found[f"gopher_repetition.dup_{size}"] = find_all_duplicate(words, size) / chars
    return found


def mean(those):
    """The share of those that are true."""
    those = list(those)
    return sum(those) / max(len(those), 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
