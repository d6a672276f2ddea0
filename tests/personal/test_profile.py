import pytest

from curate.errors import RecipeError
from curate.personal.entities import ENTITIES
from curate.personal.profile import names_of_profiles, read_profile


def written(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text(text, "utf-8")
    return path


def problems(tmp_path, text):
    with pytest.raises(RecipeError) as raised:
        read_profile("default", written(tmp_path, text))
    return [problem.partition("own.yaml")[2].lstrip(":, ") for problem in raised.value.problems]


@pytest.mark.parametrize("name", ["default", "clinical_zh", "legal_zh", "code"])
def test_each_profile_that_comes_with_curate_can_be_read(name):
    profile = read_profile(name)
    assert profile.types <= set(ENTITIES)
    assert 0 < profile.threshold < 1
    assert names_of_profiles() == ["clinical_zh", "code", "default", "legal_zh"]


def test_a_profile_adds_to_the_lists_of_the_one_it_extends():
    plain, clinical = read_profile("default"), read_profile("clinical_zh")
    assert plain.types < clinical.types
    assert set(plain.words("name")) < set(clinical.words("name"))
    assert "床号" in clinical.words("record")
    assert "床号" not in plain.words("record")


def test_dates_and_siblings_are_asked_for_by_the_clinical_profile_only():
    assert read_profile("clinical_zh").actions["visit_date"] == "shift"
    assert read_profile("clinical_zh").siblings
    assert "visit_date" not in read_profile("default").types
    assert not read_profile("default").siblings


def test_a_file_of_the_users_extends_the_profile_it_is_laid_over(tmp_path):
    path = written(tmp_path, "types: [age]\nthreshold: 0.7\nactions: {phone: mask}\nlabels: {name: [责任人]}")
    own = read_profile("default", path)
    assert own.name == "default+own"
    assert own.types == read_profile("default").types | {"age"}
    assert (own.threshold, own.actions["phone"], own.actions["uscc"]) == (0.7, "mask", "tag")
    assert {"责任人", "姓名"} <= set(own.words("name"))


def test_a_file_can_name_the_profile_it_extends_and_take_words_out(tmp_path):
    own = read_profile("default", written(tmp_path, "extends: clinical_zh\nwithout: [床号, plate]"))
    assert "床号" not in own.words("record")
    assert "plate" not in own.types
    assert "住院号" in own.words("record")


def test_words_come_longest_first_so_that_a_pattern_takes_the_longest():
    words = read_profile("default").words("name")
    assert [len(word) for word in words] == sorted((len(word) for word in words), reverse=True)


def test_every_problem_of_a_file_is_told_at_once_with_the_nearest_right_name(tmp_path):
    assert problems(
        tmp_path, "lables: {}\ntypes: [phon]\nactions: {email: masks}\nlabels: {nam: [a]}\nthreshold: high"
    ) == [
        "there is no key 'lables'; did you mean 'labels'?",
        "types: there is no 'phon'; did you mean 'phone'?",
        "actions: email: there is no 'masks'; did you mean 'mask'?",
        "labels: there is no 'nam'; did you mean 'name'?",
        "threshold has to be a number, not 'high'",
    ]


def test_a_list_that_is_none_and_words_that_yaml_takes_for_something_else_are_told(tmp_path):
    said = "has to be a list of words; put those that YAML takes for something else in quotes"
    assert problems(tmp_path, "types: phone") == [f"types {said}"]
    assert problems(tmp_path, "labels: {name: [no]}") == [f"labels: name {said}"]
    assert problems(tmp_path, "labels: [name]") == ["labels has to be a mapping"]


def test_a_file_that_is_no_mapping_or_no_yaml_or_not_there_is_told(tmp_path):
    assert problems(tmp_path, "- a")[0].startswith("a profile is a mapping with the keys extends, types")
    assert problems(tmp_path, "types: [") == ["line 1: is not YAML"]
    with pytest.raises(RecipeError, match="cannot be read"):
        read_profile("default", tmp_path / "none.yaml")


def test_a_profile_that_does_not_exist_is_told_with_the_nearest():
    with pytest.raises(RecipeError, match="there is no profile 'clinical'; did you mean 'clinical_zh'"):
        read_profile("clinical")


def test_a_threshold_and_an_age_lie_where_they_can(tmp_path):
    told = problems(tmp_path, "threshold: 7\nage_over: -3\n")
    assert told == ["threshold has to be from 0 to 1, not 7", "age_over has to be from 0 to 150, not -3"]
