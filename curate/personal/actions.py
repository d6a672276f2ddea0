"""What stands in the place of personal data: nothing, asterisks, its type, a hash, a fake, another day.

presidio-anonymizer's own operators do what they can do; the others are added to its factory, so that its
`AnonymizerEngine` knows them, too: see `anonymizer`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import itemgetter
from typing import Any, Literal, get_args

from curate.errors import CurateError, meant
from curate.personal.dates import shifted, year
from curate.personal.entities import ENTITIES
from curate.personal.fake_names import HAN
from curate.personal.fakes import fake, is_fake
from curate.personal.found import Found
from curate.personal.key import mac

Action = Literal["tag", "redact", "mask", "replace", "hash", "pseudonym", "shift", "year"]
KEYED = ("hash", "pseudonym", "shift")
DATES = ("birth_date", "visit_date")
NEAR = 20  # characters either side that say which language a replacement is in
SHIFT = 365  # days at most that a person's dates are moved by
CODE = 12  # letters of a hash, four bits each: 100,000 values have one chance in 56,000 that two of them share it


class Replacer:
    """What stands in the place of what was found, by its type; "" names the action for all types that are not named.

    Raises `CurateError` where an action needs a key and there is none.
    """

    def __init__(self, actions: Mapping[str, Action], key: bytes | None) -> None:
        for type, action in actions.items():
            place = f"actions: {type}" if type else "action"
            if action not in get_args(Action):
                raise CurateError(f"{place}: there is no {action!r}{meant(action, get_args(Action))}")
            if action in KEYED and key is None:
                needed = "a file with at least 16 bytes that stays secret"
                raise CurateError(f"{place}: {action} needs `key: FILE`, {needed}; `curate pii key FILE` makes one")
        self.actions, self.key = actions, key

    def acting(self, type: str) -> Action:
        """What happens to a type."""
        return acting(self.actions.get(type, self.actions.get("", "replace")), type)

    def real(self, text: str, found: Iterable[Found]) -> list[Found]:
        """What was found in a text without the fakes that stand in it already."""
        if not self.key or "pseudonym" not in self.actions.values():
            return [*found]
        key = self.key
        return [one for one in found if not is_fake(one.type, text[one.start : one.end], key)]

    def blurs(self, type: str) -> bool:
        """Whether what stands in the place of this type is found again, but says nothing: another day, a year."""
        return self.acting(type) in ("shift", "year") or (type == "age" and self.acting(type) == "replace")

    def instead(self, text: str, found: Found, person: str = "") -> str:
        """What stands in the place of one thing found in a text.

        `person` says whose a date is: all dates of one person move by the same number of days.
        """
        said = text[found.start : found.end]
        action = self.acting(found.type)
        if action == "tag" or (self.key and action in KEYED and is_fake(found.type, said, self.key)):
            return said
        about = {"entity_type": found.type, "label": label(text, found), "key": self.key, "person": person}
        if found.type == "age" and action in ("replace", "year"):
            return old_age(text, found)
        return str(
            operator(action).operate(said, about | (PRESIDIO[action](said, about) if action in PRESIDIO else {}))
        )


def without_key(actions: Mapping[str, Action]) -> dict[str, Action]:
    """A profile's actions where there is no key: a date that would be shifted is cut to its year."""
    return {type: "year" if action == "shift" else action for type, action in actions.items()}


def acting(action: Action, type: str) -> Action:
    """What an action comes to for a type: the fake of a date is another day, and of a secret there is none."""
    if action == "pseudonym" and type in DATES:
        return "shift"
    if action == "shift" and type not in DATES:
        return "replace"
    if (action == "pseudonym" and type in ("age", "secret", "url_credentials")) or (
        action == "year" and type not in DATES
    ):
        return "replace"
    return action


def label(text: str, found: Found) -> str:
    """What something is called where it stands: in Chinese where it, or else the nearest letter, is Chinese."""
    entity = ENTITIES.get(found.type)
    beside = (text[max(0, found.start - NEAR) : found.start][::-1], text[found.end : found.end + NEAR])
    letters = [(at, one) for said in beside for at, one in enumerate(said) if one.isalpha()]
    nearest = min(letters, key=itemgetter(0), default=(0, ""))[1]
    if entity and re.search(f"[{HAN}]", text[found.start : found.end] + nearest):
        return entity.chinese
    return entity.english if entity else found.type.upper()


def old_age(text: str, found: Found) -> str:
    """An age as one of the very old, which is not said in years: 90岁以上."""
    if text[found.end :].lstrip().startswith(("以上", "or older", "+")):  # it is said so already
        return text[found.start : found.end]
    if text[found.end :].lstrip(" -").startswith(("岁", "周岁", "year", "yr")):
        return "≥90"
    near = text[max(0, found.start - NEAR) : found.end + NEAR]
    return "90岁以上" if re.search(f"[{HAN}]", near) else "90 or older"


def masked(said: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """presidio's options for a mask: of a card the last four digits stay, as on a receipt (PCI DSS 3.4)."""
    kept = 4 if about["entity_type"] == "bank_card" else 0
    return {"masking_char": "*", "chars_to_mask": max(0, len(said) - kept), "from_end": False}


def labelled(said: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """presidio's options for a replacement."""
    return {"new_value": named(about)}


PRESIDIO: dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {"mask": masked, "replace": labelled}


def named(about: Mapping[str, Any]) -> str:
    """The type as a replacement names it."""
    return f"[{about.get('label') or about['entity_type'].upper()}]"


def hashed(said: str, about: Mapping[str, Any]) -> str:
    """The type with letters that follow from value and key: [电话:kfjaplemcbod]. No rule takes letters for a number."""
    drawn, code = mac(about["key"], "hash", about["entity_type"], re.sub(r"\W", "", said).casefold()), ""
    for _ in range(CODE):
        drawn, letter = divmod(drawn, 16)
        code += chr(97 + letter)
    return f"{named(about)[:-1]}:{code}]"


def pseudonym(said: str, about: Mapping[str, Any]) -> str:
    """The fake of a value; a hash where it is too short for a mark, since a second pass would not know the fake."""
    type, key = about["entity_type"], about["key"]
    made = fake(type, said, key)
    return made if made != said and is_fake(type, made, key) else hashed(said, about)


def shift(said: str, about: Mapping[str, Any]) -> str:
    """The date some days before or after, as many for every date of a person; its type where it is no date."""
    days = mac(about["key"], "shift", about.get("person", "")) % (2 * SHIFT) - SHIFT
    return shifted(said, days + (days >= 0)) or named(about)


def only_year(said: str, about: Mapping[str, Any]) -> str:
    """The year of a date; its type where it says none."""
    return year(said) or named(about)


OURS = {"hash": hashed, "pseudonym": pseudonym, "shift": shift, "year": only_year}


@cache
def operator(name: str) -> Any:
    """The operator of this name: presidio's, or ours."""
    from presidio_anonymizer.operators import OperatorType

    return factory().create_operator_class(name, OperatorType.Anonymize)


@cache
def factory() -> Any:
    """presidio's factory of operators with ours in it."""
    from presidio_anonymizer.operators import OperatorsFactory

    made = OperatorsFactory()
    for name, act in OURS.items():
        made.add_anonymize_operator(operator_class(name, act))
    return made


def anonymizer() -> Any:
    """presidio's `AnonymizerEngine` with our operators: `OperatorConfig("pseudonym", {"key": key})`."""
    from presidio_anonymizer import AnonymizerEngine

    engine = AnonymizerEngine()
    for name, act in OURS.items():
        engine.add_anonymizer(operator_class(name, act))
    return engine


def operator_class(name: str, act: Callable[[str, Mapping[str, Any]], str]) -> Any:
    """A function as a class that presidio takes for an operator; without a key it needs it does not validate."""
    from presidio_anonymizer.entities import InvalidParamError
    from presidio_anonymizer.operators import Operator, OperatorType

    class Ours(Operator):  # type: ignore[misc]
        def operate(self, text: str, params: Any = None) -> str:
            """What stands in the place of a text."""
            return act(text, params)

        def validate(self, params: Any = None) -> None:
            """Raises where there is no key and one is needed."""
            if name in KEYED and not (params or {}).get("key"):
                raise InvalidParamError(f"{name} needs a key: a file that `curate pii key FILE` makes, by `read_key`")

        def operator_name(self) -> str:
            """What presidio calls it."""
            return name

        def operator_type(self) -> Any:
            """It anonymizes."""
            return OperatorType.Anonymize

    return Ours
