"""Models that recognize names, where the user has one: spaCy, transformers or GLiNER, asked where one is likely."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from curate.errors import RecipeError, meant
from curate.personal.found import Found
from curate.personal.name_shapes import COMPOUND_SURNAMES, GIVEN, SURNAMES

Predict = Callable[[list[str]], list[list[Found]]]  # of each text: where each label stands, and how sure
KEYS = ("model", "labels", "threshold")
# What models call people. Places and firms go only where the user's `labels:` say so: a city is nobody's own.
LABELS = {"PER": "person", "PERSON": "person", "person": "person", "NAME": "person", "NR": "person", "PS": "person"}
THRESHOLD = 0.5
AROUND = 60  # characters either side that a model is shown: a sentence, more or less
LONGEST = 400  # characters; models read 512 tokens, and a Chinese character is one
TOGETHER = 32  # windows a call


def read_model(told: Mapping[str, Any]) -> tuple[Predict, dict[str, str], float]:
    """What `ner:` in a recipe asks for: the model, its labels as types, how sure it has to be. Raises RecipeError."""
    for key in told:
        if key not in KEYS:
            raise RecipeError(f"ner: there is no key {key!r}{meant(str(key), KEYS)}")
    library, colon, name = str(told.get("model", "")).partition(":")
    if library not in LIBRARIES or not colon or not name:
        hint = "" if library in LIBRARIES else meant(library, LIBRARIES)
        raise RecipeError(
            f"ner: model should be LIBRARY:NAME such as spacy:zh_core_web_sm, not {told.get('model')!r}{hint}"
        )
    labels, threshold = told.get("labels", LABELS), told.get("threshold", THRESHOLD)
    if not isinstance(labels, Mapping) or not all(isinstance(one, str) for pair in labels.items() for one in pair):
        raise RecipeError(f"ner: labels should be a mapping of the model's labels to types, not {labels!r}")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise RecipeError(f"ner: threshold should be a number from 0 to 1, not {threshold!r}")
    return LIBRARIES[library](name, list(labels)), dict(labels), float(threshold)


def spacy_model(name: str, labels: Sequence[str]) -> Predict:
    """A spaCy pipeline with entities; spaCy comes with presidio, the model does not."""
    import spacy

    try:
        pipeline = spacy.load(name)
    except OSError:
        raise RecipeError(f"ner: there is no spaCy model {name!r} here; python -m spacy download {name}") from None

    def predict(texts: list[str]) -> list[list[Found]]:
        # spaCy's entities have no score; 0.85 is what presidio gives them.
        found = pipeline.pipe(texts, batch_size=TOGETHER)
        return [[Found(one.start_char, one.end_char, one.label_, 0.85) for one in doc.ents] for doc in found]

    return predict


def transformers_model(name: str, labels: Sequence[str]) -> Predict:
    """A token classifier in a folder."""
    folder = folder_of(name, "transformers")
    try:
        import torch  # noqa: F401  what the pipeline computes with
        from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline
    except ImportError:
        raise RecipeError('ner: transformers models need pip install "transformers" "torch"') from None
    model = AutoModelForTokenClassification.from_pretrained(folder, local_files_only=True)
    words = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    classify = pipeline("token-classification", model=model, tokenizer=words, aggregation_strategy="simple")

    def predict(texts: list[str]) -> list[list[Found]]:
        found = classify(texts, batch_size=TOGETHER)
        return [
            [Found(one["start"], one["end"], one["entity_group"], float(one["score"])) for one in of] for of in found
        ]

    return predict


def gliner_model(name: str, labels: Sequence[str]) -> Predict:
    """A GLiNER model in a folder, asked for the labels."""
    folder = folder_of(name, "gliner")
    try:
        from gliner import GLiNER
    except ImportError:
        raise RecipeError('ner: GLiNER models need pip install "gliner"') from None
    model = GLiNER.from_pretrained(folder, local_files_only=True)

    def predict(texts: list[str]) -> list[list[Found]]:
        found = model.batch_predict_entities(texts, [*labels], threshold=0.0)
        return [[Found(one["start"], one["end"], one["label"], float(one["score"])) for one in of] for of in found]

    return predict


LIBRARIES: dict[str, Callable[[str, Sequence[str]], Predict]] = {
    "spacy": spacy_model,
    "transformers": transformers_model,
    "gliner": gliner_model,
}


def folder_of(name: str, library: str) -> str:
    """The folder of a model; raises RecipeError where there is none, since nothing is fetched."""
    if not Path(name).is_dir():
        sentence = f"ner: {library} models are named by their folder, and there is none at {name!r}; nothing is fetched"
        raise RecipeError(f"{sentence}: hf download {name} --local-dir FOLDER, where there is a network")
    return name


@cache
def likely() -> "re.Pattern[str]":
    """What looks like a name: a surname with a given name's character, two capitalised words, a title."""
    han, compound = "[一-龥]", "|".join(COMPOUND_SURNAMES)
    chinese = f"(?:[{SURNAMES}]|{compound})(?:[{GIVEN}]|{han}[{GIVEN}])"
    english = r"[A-Z][a-z]{1,20}(?: [A-Z]\.)?[ ·][A-Z][a-z]{1,20}|(?:Mr|Mrs|Ms|Dr|Prof)\.? [A-Z]"
    return re.compile(f"{chinese}|{english}|{han}(?:先生|女士|小姐|医生|律师|经理|老师)")


def windows(text: str) -> list[tuple[int, int]]:
    """The stretches of a text in which a name may stand, in order; neighbours may overlap.

    Of 300 technical documents each these are 22 % of the English characters and 34 % of the Chinese.
    """
    found: list[tuple[int, int]] = []
    for match in likely().finditer(text):
        start, end = max(0, match.start() - AROUND), min(len(text), match.end() + AROUND)
        if found and start <= found[-1][1] and end - found[-1][0] <= LONGEST:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def find(text: str, predict: Predict, labels: Mapping[str, str], threshold: float) -> list[Found]:
    """What a model finds in the windows of a text, as our types."""
    places, found = windows(text), []
    for at in range(0, len(places), TOGETHER):
        some = places[at : at + TOGETHER]
        answers = predict([text[start:end] for start, end in some])
        for (start, _), answer in zip(some, answers, strict=True):
            for one in answer:
                type = labels.get(one.type.removeprefix("B-").removeprefix("I-"))
                if type and one.score >= threshold and one.start < one.end:
                    found.append(Found(start + one.start, start + one.end, type.lower(), one.score))
    return found
