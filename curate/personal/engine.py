"""presidio's engine over our finder, a user's recognizers and a model: one registry, no language, nothing fetched."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from itertools import chain
from pathlib import Path
from typing import Any

from curate.errors import RecipeError, Wrong, meant
from curate.personal.entities import ENTITIES
from curate.personal.finder import CONFIRMED, Finder
from curate.personal.found import Found, apart
from curate.personal.models import find as find_by_model
from curate.personal.models import likely, read_model
from curate.personal.names import spread
from curate.personal.recognizers import LANGUAGE, offline, raised, read_recognizers, rules_of


class Engine:
    """presidio's AnalyzerEngine with a finder as its recognizer, and beside it a user's recognizers and a model.

    Of the file `recognizers` what RE2 takes becomes rules in the finder's gate; the rest is asked of every text.
    """

    def __init__(self, finder: Finder, recognizers: Path | None = None, ner: Mapping[str, Any] | None = None) -> None:
        """Raises RecipeError with all that is wrong with the file or the model."""
        own = read_recognizers(recognizers) if recognizers else []
        rules = {one.id: rules_of(one) for one in own}
        self.finder = Finder(finder.profile, finder.phone, [*chain(*rules.values())]) if own else finder
        self.others, self.by_model = [one for one in own if not rules[one.id]], ner is not None
        models = [model_recognizer(ner)] if ner is not None else []
        self.analyzer = analyzer([recognizer(self.finder), *self.others, *models])
        self.nothing = self.analyzer.nlp_engine.process_text("", LANGUAGE)

    def check_types(self, **options: Iterable[str]) -> None:
        """Raises RecipeError where an option names a type that nothing here finds."""
        own = {name.lower() for one in self.analyzer.registry.recognizers for name in one.supported_entities}
        known = sorted({*ENTITIES, *own})
        wrong = [(option, type) for option, types in options.items() for type in types if type not in known]
        if wrong:
            raise RecipeError(*(f"{option}: there is no type {one!r}{meant(one, known)}" for option, one in wrong))

    def suspects(self, utf8: bytes) -> bool:
        """Whether a text has to be looked at: the gate alone, unless a recognizer or a model wants every text."""
        return bool(self.others or self.by_model or self.finder.suspects(utf8))

    def names(self, text: str) -> list[str]:
        """The names that a text makes sure of."""
        found = self.find(text) if self.others or self.by_model else self.finder.find(text)
        return sorted(names_of(text, found))

    def find(self, text: str, known: Sequence[str] = ()) -> list[Found]:
        """All that is found in a text, not overlapping, in order; where there is nothing, presidio is not asked."""
        # Our recognizer gets what the finder found by way of presidio's artifacts: so the gate is passed once, and of
        # 3 kB without personal data presidio's own 25 µs are saved.
        about = copy(self.nothing)
        about.found = self.finder.find(text, known)
        if not (about.found or self.others or (self.by_model and likely().search(text))):
            return []
        results = self.analyzer.analyze(text, LANGUAGE, nlp_artifacts=about)
        found = [Found(one.start, one.end, one.entity_type.lower(), one.score) for one in results]
        if names := names_of(text, found) - names_of(text, about.found):  # by a model, or a recognizer of the user's
            found += spread(text, sorted(names))
        return apart(found)


def names_of(text: str, found: Iterable[Found]) -> set[str]:
    """The names that what was found makes sure of."""
    return {text[one.start : one.end] for one in found if one.type == "person" and one.score >= CONFIRMED}


def recognizer(finder: Finder, language: str = LANGUAGE) -> Any:
    """A finder as a presidio recognizer, for a registry of anybody's; its types are in capitals there: CN_ID."""
    offline()
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    class Ours(EntityRecognizer):  # type: ignore[misc]
        """All types at once, so that a text is gone through once."""

        def load(self) -> None:
            """Nothing is to be loaded."""

        def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any = None) -> list[Any]:
            """What the finder finds of the types asked for."""
            known = getattr(nlp_artifacts, "found", None)
            found = finder.find(text) if known is None else known
            named = ((one, one.type.upper()) for one in found)
            return [RecognizerResult(name, one.start, one.end, one.score) for one, name in named if name in entities]

    types = {*ENTITIES, *(rule.type for rules in finder.rules.values() for rule in rules)}
    return Ours([type.upper() for type in sorted(types)], "CurateRecognizer", language)


def model_recognizer(told: Mapping[str, Any]) -> Any:
    """A model as a presidio recognizer."""
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    predict, labels, threshold = read_model(told)

    class Model(EntityRecognizer):  # type: ignore[misc]
        """What a model finds in the windows where a name may stand."""

        def load(self) -> None:
            """It is loaded."""

        def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any = None) -> list[Any]:
            """What the model finds of the types asked for."""
            found = find_by_model(text, predict, labels, threshold)
            return [RecognizerResult(one.type.upper(), one.start, one.end, one.score) for one in found]

    return Model([type.upper() for type in sorted({*labels.values()})], "ModelRecognizer", LANGUAGE)


def analyzer(recognizers: Sequence[Any]) -> Any:
    """presidio's AnalyzerEngine over recognizers, without a language model."""
    offline()
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    class Near(ContextAwareEnhancer):  # type: ignore[misc]
        """Context words in the text near a result; presidio's own looks among tokens, of which there are none."""

        def enhance_using_context(self, text: str, raw_results: list[Any], *_: Any, **told: Any) -> list[Any]:
            """The results, with the scores of those raised near which a word of their recognizer stands."""
            words = {one.id: one.context for one in told["recognizers"] if one.context}
            for one in raw_results if words else ():
                known = words.get(one.recognition_metadata[one.RECOGNIZER_IDENTIFIER_KEY], ())
                near = f"{text[max(0, one.start - 40) : one.start]}\n{text[one.end : one.end + 20]}"
                one.score = raised(one.score, known, near)
            return raw_results

    nlp = NoOpNlpEngine([{"lang_code": LANGUAGE, "model_name": ""}])
    nlp.load()
    registry = RecognizerRegistry(list(recognizers), supported_languages=[LANGUAGE])
    logging.getLogger("presidio-analyzer").addFilter(refuse_skipped)
    return AnalyzerEngine(registry, nlp, supported_languages=[LANGUAGE], context_aware_enhancer=Near(0.35, 0.4, 5, 0))


def refuse_skipped(record: logging.LogRecord) -> bool:
    """Raise where presidio would log that a pattern took too long and go on without it: the text would leak."""
    if "timed out after" in str(record.msg):
        raise Wrong(
            "a recognizer's pattern took too long; write it without nested repetition, so that RE2 can match it"
        )
    return True
