"""How fast `mine` is: MB/s of real documents of each language, and of shapes that make patterns slow.

`python benchmarks/mining.py` reads ../shared/data/text (or $CURATE_SHARED/data/text). There is no peer to install:
AdaptLLM's miner is a script. Measured once, on two shared cores, it took 27.3 s for 18 documents of 531 kB, 26.7 s of
them for one document of 365 kB that is mostly tables and addresses; it finds nothing in Chinese.
"""

import time

from shared_data import documents

from curate import Doc
from curate_plugins.synth.mine import mine

TABLE = (
    "| [item {0}](https://example.com/{0}?a=1&b=2) | because of {0}, therefore | see https://example.com/a/b/{0} |\n"
)
SHAPES = {
    "tables and addresses, 365 kB": "# List\n\n| a | b | c |\n|---|---|---|\n"
    + "".join(map(TABLE.format, range(3_700))),
    "one line of words, 365 kB": "If the pump is defined as " * 14_000,
    "one line of dots, 365 kB": "." * 365_000,
    "one line of 如果, 365 kB": "如果由于" * 30_000,
    "headings only, 365 kB": "## Bearing lubrication\n" * 16_000,
    "open brackets, 365 kB": "[a](" * 91_000,
    "open bold, 365 kB": "**" * 182_000,
}


def timed(texts: list[str]) -> tuple[float, int]:
    """Seconds of the best of three turns, and how many examples."""
    best, count = 1e9, 0
    for _ in range(3):
        start = time.perf_counter()
        count = sum(len(list(mine(Doc(text, key=b"0" * 16)))) for text in texts)
        best = min(best, time.perf_counter() - start)
    return best, count


def main() -> None:
    """Print a line for each set of documents and each shape."""
    for language in ("en", "zh"):
        texts = [row["text"] for row in documents(language)]
        report(f"{len(texts)} {language} documents", texts)
    for name, text in SHAPES.items():
        report(name, [text])


def report(name: str, texts: list[str]) -> None:
    """Print size, seconds, speed and examples."""
    seconds, count = timed(texts)
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{name:32}{size:8.2f} MB{seconds:9.3f} s{size / seconds:8.1f} MB/s{count:7} examples")


if __name__ == "__main__":
    main()
