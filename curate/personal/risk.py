"""How identifying a document is, by which types of personal data meet in it.

One number of a register (identity card, passport, bank card, hospital record) leads to one person. A name, a telephone
number or an e-mail address may still be many people's, or a firm's; two such kinds together say who it is. What is no
name at all, a birth date, an address, a place of work, singles out where several kinds meet: date of birth, sex and
five-digit ZIP code do for 87 % of the people in the United States (Sweeney 2000, Simple Demographics Often Identify
People Uniquely, Carnegie Mellon University, Data Privacy Working Paper 3).

So kinds count, not how often each stands there. A kind leaves a person hidden with a probability of its own; what all
of them leave is the product, and the score what is missing to one.
"""

from collections.abc import Mapping
from math import prod
from typing import Literal

from curate.personal.entities import ENTITIES

Level = Literal["none", "low", "medium", "high"]
STATE = ("cn_id", "hk_id", "macau_id", "tw_id", "us_ssn", "us_itin", "passport", "travel_permit")
REGISTERED = frozenset((*STATE, "bank_card", "iban", "record_number"))
# One quasi-identifier is low, two are medium, three are high; so are two direct ones, or one and a quasi-identifier.
HIDDEN = {"organisation": 1.0, "quasi": 0.7, "secret": 0.7, "direct": 0.5, "registered": 0.1}
MEDIUM, HIGH = 0.4, 0.6


def score(counts: Mapping[str, int]) -> float:
    """How identifying these types of personal data are together, from 0 (not at all) to 1; an unknown one is direct."""
    return round(1 - prod(HIDDEN[role(type)] for type, count in sorted(counts.items()) if count > 0), 4)


def level(counts: Mapping[str, int]) -> Level:
    """The score in a word: none, low (under 0.4), medium (under 0.6) or high."""
    found = score(counts)
    return "none" if found == 0 else "low" if found < MEDIUM else "medium" if found < HIGH else "high"


def role(type: str) -> str:
    """How a type points to a person."""
    return "registered" if type in REGISTERED else ENTITIES[type].identifies if type in ENTITIES else "direct"
