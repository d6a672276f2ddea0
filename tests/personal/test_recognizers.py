import re
from pathlib import Path

import pytest
import yaml

from curate import RecipeError
from curate.personal.engine import Engine
from curate.personal.finder import Finder
from curate.personal.profile import read_profile
from curate.personal.recognizers import read_recognizers, rules_of

PAGE = (Path(__file__).parents[2] / "docs" / "recognizers.md").read_text("utf-8")
LISTED = "recognizers: [{name: P, supported_entity: PROJECT, deny_list: [雪松, Bluebird]}]"
CHECKED = '''
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult


class Even(PatternRecognizer):
    """Numbers of six digits behind PN, if they are even."""

    def __init__(self):
        super().__init__("PART", patterns=[Pattern("part", "PN[0-9]{6}", 0.6)])

    def validate_result(self, pattern_text):
        return int(pattern_text[2:]) % 2 == 0


class Room(EntityRecognizer):
    """The word Orchid."""

    def __init__(self, word, **told):
        super().__init__(["ROOM"], **told)
        self.word = word

    def load(self):
        pass

    def analyze(self, text, entities, nlp_artifacts):
        at = text.find(self.word)
        return [RecognizerResult("ROOM", at, at + len(self.word), 0.9)] if at >= 0 else []


orchid = Room("Orchid")
'''


def examples(language):
    """The examples of the page in a language: file name → text."""
    return dict(re.findall(rf"```{language}\n# ([\w.]+)\n(.*?)```", PAGE, re.DOTALL))


def found(path, text):
    engine = Engine(Finder(read_profile()), path)
    return [(text[one.start : one.end], one.type) for one in engine.find(text)]


def test_listed_words_are_found_between_chinese_characters_and_not_inside_words(write):
    own = write("own.yaml", LISTED)
    assert found(own, "项目雪松启动") == [("雪松", "project")]
    assert found(own, "Bluebirds, (bluebird)") == [("bluebird", "project")]


def test_python_gives_recognizers_made_or_only_defined(write):
    own = write("own.py", CHECKED)
    assert sorted(one.name for one in read_recognizers(own)) == ["Even", "Room"]
    assert found(own, "PN123456 and PN123457 in Orchid") == [("PN123456", "part"), ("Orchid", "room")]


def test_a_recognizer_that_only_checks_its_matches_still_joins_the_gate(write):
    rules = {one.name: rules_of(one) for one in read_recognizers(write("own.py", CHECKED))}
    assert [rule.type for rule in rules["Even"]] == ["part"]
    assert rules["Room"] == ()


def test_presidios_own_recognizers_can_be_named(write):
    (own,) = read_recognizers(write("own.yaml", "recognizers: [UsBankRecognizer]"))
    assert (type(own).__name__, own.supported_language) == ("UsBankRecognizer", "mul")


def test_scores_are_held_to_a_recognizers_own_limits(write):
    told = "recognizers: [{name: P, supported_entity: P, score_thresholds: {default: 0.1},"
    own = write("own.yaml", told + " patterns: [{name: p, regex: 'PP[0-9]{4}', score: 0.2}]}]")
    assert found(own, "PP1234") == [("PP1234", "p")]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("recognizers: [{name: A, supported_entity: X, pattern: []}]", "recognizer 'A': there is no key 'pattern'; did you mean 'patterns'"),
        ("recognizers: [{name: A, supported_entity: X}]", "'A': needs `patterns:` or `deny_list:`"),
        ("recognizers: [{name: A, deny_list: [x]}]", "'A': needs `supported_entity:`"),
        ("recognizers: [{name: A, supported_entity: X, patterns: [{name: a, regex: '(', score: 1}]}]", "'A': Invalid regex pattern"),
        ("recognizers: [{name: A, supported_entity: X, patterns: [{name: a, regx: a, score: 1}]}]", "no key 'regx'; did you mean 'regex'"),
        ("recognizers: [{name: A, supported_entity: X, patterns: [{name: a, regex: a}]}]", "'A': patterns: each needs `score:`"),
        ("recognizers: [UsBankRecogniser]", "presidio has none of this name; did you mean 'UsBankRecognizer'"),
        ("recognizers: [3]", "expected a mapping"),
        ("recognizer: []", "expected `recognizers:` with a list"),
        ("recognizers: []", "no recognizer in it"),
        ("a: [", "line 1: is not YAML"),
    ],
)  # fmt: skip
def test_a_wrong_yaml_file_is_a_sentence(write, written, sentence):
    with pytest.raises(RecipeError, match=re.escape(sentence)):
        read_recognizers(write("own.yaml", written))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("x = 1\n1 / 0\n", "own.py:2: the recognizers cannot be imported: ZeroDivisionError"),
        ("x = (\n", "own.py:1: not Python"),
        ("x = 1\n", "no recognizer in it"),
        (CHECKED.replace('orchid = Room("Orchid")', ""), "Room cannot be made without arguments"),
    ],
)
def test_a_wrong_python_file_is_a_sentence(write, written, sentence):
    with pytest.raises(RecipeError, match=re.escape(sentence)):
        read_recognizers(write("own.py", written))


def test_a_file_that_is_not_there_or_of_another_kind_is_a_sentence(tmp_path, write):
    with pytest.raises(RecipeError, match="no file of recognizers at"):
        read_recognizers(tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match="file, or presidio's YAML"):
        read_recognizers(write("own.txt", ""))


def test_the_examples_of_the_page_find_what_it_says(write):
    own = {name: write(name, text) for name, text in (examples("yaml") | examples("python")).items()}
    assert found(own["own.yaml"], "工单号W12345678，项目雪松") == [("W12345678", "ticket"), ("雪松", "project")]
    assert found(own["parts.py"], "PN123456 and PN123457") == [("PN123456", "part")]


def test_the_page_shows_our_recognizer_in_a_registry_of_presidio():
    code = next(text for text in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "RecognizerRegistry" in text)
    names = {}
    exec(code, names)
    assert [one.entity_type for one in names["found"]] == ["PHONE"]


def test_the_recipes_of_the_page_are_yaml():
    shown = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(steps:.*?)```", PAGE, re.DOTALL)]
    assert len(shown) == 2
