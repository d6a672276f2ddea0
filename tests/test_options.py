from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

import curate
from curate import RecipeError
from curate.options import check_options, defaults_of, fits, spoken


@curate.score(min=0.3)
def share(doc, letters="一二", *, floor: int | None = None):
    return 1


@curate.score(words=(50, 100_000), mean=(3, 10.5), zh={"words": (80, None), "mean": (None, None)})
def shape(batch):
    return {}


@curate.filter(setup=lambda path="words.txt": path)
def model(doc, state, floor=2):
    return True


@curate.filter
def choosy(doc, form: Literal["prose", "verse"] = "prose", rate=0.5, tags=(), names: Sequence[str] = (), loud=False, words: Path | None = None, weights: Mapping[str, float] | None = None, anything: Any = None):  # fmt: skip
    return True


@pytest.fixture
def checked(offer):
    def check(function, **options):
        return check_options(function.__name__, offer(function)["step"][function.__name__], options)

    return check


WRONG = [
    (share, {"mni": 1}),
    (share, {"min": "abc"}),
    (share, {"min": True}),
    (share, {"letters": 5}),
    (share, {"floor": 1.5}),
    (shape, {"words": [1]}),
    (shape, {"words": 5}),
    (shape, {"words": ["a", None]}),
    (shape, {"zh": {"word": [1, 2]}}),
    (shape, {"min": 5}),
    (shape, {"english": {"words": [1, 2]}}),
    (model, {"pth": "x"}),
    (model, {"path": 7}),
    (choosy, {"form": "prosa"}),
    (choosy, {"rate": "half"}),
    (choosy, {"tags": "red"}),
    (choosy, {"names": [1]}),
    (choosy, {"loud": "yes"}),
    (choosy, {"loud": 1}),
    (choosy, {"words": 7}),
    (choosy, {"weights": {"a": "b"}}),
    (choosy, {"zh": {"rate": 1}}),
]


def test_an_option_that_is_wrong_is_answered_with_what_to_change(checked, golden):
    said = []
    for function, options in WRONG:
        with pytest.raises(RecipeError) as error:
            checked(function, **options)
        said.append(str(error.value))
    golden("options", "\n".join(said))


def test_all_that_is_wrong_with_a_line_is_told_at_once(checked):
    with pytest.raises(RecipeError) as error:
        checked(choosy, rate="half", lout=True)
    assert len(error.value.problems) == 2


@pytest.mark.parametrize("options", [
    {"form": "verse"}, {"rate": 1}, {"tags": ["red"]}, {"names": ["泵"]}, {"loud": True}, {"words": "a.txt"},
    {"words": None}, {"weights": {"a": 1}}, {"weights": None}, {"anything": [1]},
])  # fmt: skip
def test_what_an_annotation_or_a_default_asks_for_is_taken(checked, options):
    assert checked(choosy, **options)[0] == options


def test_a_limit_is_the_decorators_and_a_recipe_overrides_either_end(checked):
    assert checked(share) == ({}, {"": {"share": (0.3, None)}})
    assert checked(share, max=1, min=None) == ({}, {"": {"share": (None, 1)}})
    assert checked(shape, words=[1, 2])[1][""] == {"words": (1, 2), "mean": (3, 10.5)}


def test_a_language_has_its_own_limits_and_a_recipes_go_before_the_decorators(checked):
    assert checked(shape)[1]["zh"] == {"words": (80, None), "mean": (None, None)}
    assert checked(shape, words=[9, None])[1]["zh"]["words"] == (9, None)
    told = checked(shape, words=[9, None], zh={"words": [7, None]}, fr={"mean": [1, 2]})[1]
    assert (told["zh"]["words"], told["fr"], told[""]["words"]) == (
        (7, None),
        {"words": (9, None), "mean": (1, 2)},
        (9, None),
    )


def test_a_limit_that_leaves_nothing_with_one_that_the_line_does_not_say_is_told(checked):
    with pytest.raises(RecipeError, match=r"nothing lies between 0.3 and 0.2, the limits of share; say both"):
        checked(share, max=0.2)
    with pytest.raises(
        RecipeError, match=r"^share: nothing lies between 0.9 and 0.5, the limits of share for zh; say both$"
    ):
        checked(share, max=0.5, zh={"min": 0.9})


def test_defaults_are_shown_with_limits_and_what_the_setup_takes(offer):
    shown = [defaults_of(offer(one)["step"][one.__name__]) for one in (share, shape, model)]
    assert shown == [
        {"letters": "一二", "floor": None, "min": 0.3},
        {"words": [50, 100_000], "mean": [3, 10.5], "zh": {"words": [80, None], "mean": [None, None]}},
        {"floor": 2, "path": "words.txt"},
    ]


@pytest.mark.parametrize(("value", "hint", "does"), [
    (1, float, True), (1.0, int, False), (True, int, False), (True, float, False), (None, int | None, True),
    ([1, 2], list, True), ((1, 2), Sequence[int], True), ("ab", Sequence[str], False), ([], tuple, True),
    ({"a": 1}, Mapping, True), ({"a": 1}, dict[str, str], False), ([1], Any, True), ("b", Literal["a"], False),
])  # fmt: skip
def test_a_value_fits_an_annotation_or_does_not(value, hint, does):
    assert fits(value, hint) is does


@pytest.mark.parametrize(("hint", "words"), [
    (int | None, "a whole number or null"), (list[str], "a list, each a text"), (tuple, "a list"), (list, "a list"),
    (Mapping[str, float], "a mapping of text to number"), (Literal["a", "b"], "'a' or 'b'"), (Path, "a path"),
])  # fmt: skip
def test_an_annotation_is_said_in_words(hint, words):
    assert spoken(hint) == words


def test_what_is_no_number_is_no_limit():
    assert not fits(float("nan"), float | None)
    assert fits(float("inf"), float | None)
