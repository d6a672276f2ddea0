import pytest

from curate import AlarmError, CurateError, RecipeError, Unreadable
from curate.errors import Wrong, meant


@pytest.mark.parametrize(("word", "end"), [
    ("lenght", "; did you mean 'length'?"),
    ("语言", "; did you mean '语言识别'?"),
    ("zzz", "; there is length, pii, 语言识别"),
])  # fmt: skip
def test_an_unknown_word_is_answered_with_the_nearest_one_or_with_all(word, end):
    assert meant(word, {"pii", "length", "语言识别"}) == end


def test_where_there_is_nothing_to_mean_the_sentence_says_so():
    assert meant("zzz", []) == "; there is none"


@pytest.mark.parametrize(("error", "code"), [(CurateError, 1), (RecipeError, 2), (AlarmError, 4)])
def test_each_error_has_its_exit_code_and_is_a_curate_error(error, code):
    assert error("why").exit_code == code
    assert issubclass(error, CurateError)


def test_a_recipe_error_is_a_line_a_problem():
    error = RecipeError("a.yaml:1: x", "a.yaml:2: y")
    assert (str(error), error.problems) == ("a.yaml:1: x\na.yaml:2: y", ("a.yaml:1: x", "a.yaml:2: y"))


def test_what_is_unreadable_is_of_a_known_kind_and_has_a_place():
    error = Unreadable("broken_row", "not JSON", place=7)
    assert (str(error), error.place) == ("broken_row: not JSON", 7)
    assert str(Unreadable("empty")) == "empty"
    with pytest.raises(Wrong, match=r"expected an Unreadable of a known kind .*encrypted"):
        Unreadable("bad luck")
