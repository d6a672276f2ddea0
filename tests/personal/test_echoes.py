import pytest

from curate.personal.echoes import echoed
from curate.personal.found import Found


def found_in(text, said, type):
    start = text.index(said)
    return Found(start, start + len(said), type)


def echoes(said, type, *others):
    """What else is taken of the other pieces when the first says a number of this type."""
    first = f"{said} "
    texts = [first, *others]
    made = echoed(texts, [[found_in(first, said, type)], *([] for _ in others)])
    return [[text[one.start : one.end] for one in mine] for text, mine in zip(texts[1:], made[1:], strict=True)]


def test_a_number_goes_wherever_else_the_document_says_it():
    assert echoes("204417", "record_number", "204417已核对", "MRN-204417/note.html") == [["204417"], ["204417"]]


@pytest.mark.parametrize(
    ("said", "type", "again"),
    [
        ("13912345678", "phone", "139 1234 5678"),
        ("139-1234-5678", "phone", "13912345678"),
        ("(415) 664-2671", "phone", "415.664.2671"),
        ("415-664-2671", "phone", "(415) 664-2671"),
        ("6222021001123456789", "bank_card", "6222 0210 0112 3456 789"),
        ("536-22-1234", "us_ssn", "536221234"),
        ("１３９１２３４５６７８", "phone", "139 1234 5678"),
        ("A123456(3)", "hk_id", "A123456(3)"),
    ],
)
def test_it_goes_in_other_groups_and_in_another_writing_too(said, type, again):
    assert echoes(said, type, f"见{again}。") == [[again]]


@pytest.mark.parametrize(
    ("said", "type", "other"),
    [
        ("20240318", "record_number", "于2024-03-18出院"),
        ("204417", "record_number", "20 44 17"),
        ("204417", "record_number", "1204417 and 2044170 and x204417"),
        ("13912345678", "phone", "139\n1234\n5678"),
        ("13912345678", "phone", "139 1234 56789"),
        ("12", "record_number", "12 tablets"),
    ],
)
def test_other_numbers_stay(said, type, other):
    assert echoes(said, type, other) == [[]]


def test_numbers_that_begin_alike_take_time_in_proportion_to_the_text():
    numbers = [f"138-{at // 10_000:04}-{at % 10_000:04}" for at in range(20_000)]
    text = "\n".join(numbers)
    first = [Found(at * 14, at * 14 + 13, "phone") for at in range(len(numbers))]
    made = echoed([text, "138 x " * 20_000], [first, []])  # number by number these are 400 million comparisons
    assert made == [first, []]
