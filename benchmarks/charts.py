"""Made-up charts, claims and letters, with where the personal data stands in them.

`python benchmarks/charts.py > charts.jsonl` writes 200 of them. The templates (charts.txt) and what fills their
slots (charts.yaml) were written before the recognizers, and apart from the tests of these.
"""

import json
import random
import re
import sys
from pathlib import Path

import yaml

LISTS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
VALUES = {kind: said.split() if isinstance(said, str) else said for kind, said in LISTS.items()}
FORMATS = VALUES.pop("formats")
PEOPLE = ("patient", "relative", "doctor", "nurse", "agent", "lawyer", "judge", "clerk", "minority", "compound")
PEOPLE += ("en_patient", "en_relative")
TYPES = {
    "phone": "phone", "id_card": "cn_id", "bank": "bank_card", "email": "email", "plate": "plate",
    "birth": "birth_date", "visit": "visit_date", "age_old": "age", "org": "organization",
    "address": "address", "en_address": "address",
}  # fmt: skip
SLOT = re.compile(r"\{(!?)(\w+?)(\d?)(?:\.(\w+))?\}")


def charts(count=200, seed=5):
    """Documents: text, language, profile, kind, and spans of (start, end, type, "form" or "running")."""
    templates = read_templates()
    made = []
    for at in range(count):
        language, profile, kind, text = templates[at % len(templates)]
        text, spans = fill(text, language, random.Random(f"{seed} {at}"))
        about = {"id": f"chart-{at}", "language": language, "profile": profile, "kind": kind}
        made.append(about | {"text": text, "spans": spans})
    return made


def read_templates():
    """(language, profile, kind, text) of each template."""
    blocks = Path(__file__).with_suffix(".txt").read_text("utf-8").split("=== ")[1:]
    return [(*block.partition("\n")[0].split(" ", 2), block.partition("\n")[2]) for block in blocks]


def fill(template, language, chance):
    """A template with its slots filled, and where what stands in them is."""
    values, text, spans, last = {}, "", [], 0
    for slot in SLOT.finditer(template):
        labelled, kind, number, part = slot.groups()
        if kind + number not in values:
            values[kind + number] = value_of(kind, language, chance, list(values.values()))
        text += template[last : slot.start()]
        said = part_of(values[kind + number], part)
        spans.append([len(text), len(text) + len(said), type_of(kind), "form" if labelled else "running"])
        text, last = text + said, slot.end()
    return text + template[last:], spans


def type_of(kind):
    """The type of personal data that a slot holds."""
    return "person" if kind in PEOPLE else TYPES.get(kind, "record_number")


def part_of(value, part):
    """A value as it is said here: a name's first or last word, in capitals, in pinyin."""
    said, pinyin = value if isinstance(value, tuple) else (value, value)
    parts = {"first": said.split()[0], "last": said.split()[-1], "upper": said.upper(), "pinyin": pinyin}
    return parts.get(part, said)


def value_of(kind, language, chance, taken):
    """A made-up value for a slot; no two people of a document have one name."""
    while (value := made_up(kind, language, chance)) in taken:
        pass
    return value


def made_up(kind, language, chance):
    """A made-up value for a slot; a Chinese name comes with one in pinyin."""
    english = language == "en" or kind.startswith("en_")
    if kind in FORMATS:
        return numbered(chance.choice(FORMATS[kind]), chance)
    if kind in ("minority", "compound"):
        return chance.choice(VALUES[kind])
    if kind in PEOPLE:
        return english_name(chance) if english else chinese_name(chance)
    if kind in ("address", "en_address"):
        return english_address(chance) if english else chinese_address(chance)
    if kind in ("birth", "visit"):
        return day(chance.randint(1935, 2005) if kind == "birth" else chance.randint(2018, 2024), english, chance)
    others = {
        "phone": lambda: numbered("(2##) 5##-####" if english else chance.choice(["138", "186"]) + "########", chance),
        "id_card": lambda: resident_number(chance),
        "bank": lambda: luhn(numbered("6222##############", chance)),
        "age_old": lambda: str(chance.randint(90, 103)),
        "org": lambda: chance.choice(VALUES["firms" if english else "companies"]),
    }
    return others[kind]()


def numbered(form, chance):
    """A form with its # replaced by digits."""
    return re.sub("#", lambda _: chance.choice("123456789"), form)


def chinese_name(chance):
    """A Chinese name, and one in pinyin for the same person."""
    return chance.choice(VALUES["surnames"][0]) + chance.choice(VALUES["given"]), chance.choice(VALUES["pinyin"])


def english_name(chance):
    """An English name, some with a middle one."""
    middle = chance.choice(["", "", "", "A.", "J.", "Lee", "van"])
    return " ".join(filter(None, [chance.choice(VALUES["first"]), middle, chance.choice(VALUES["last"])]))


def chinese_address(chance):
    """A street address in Chinese, most of them down to the room; one in seven is a village."""
    if chance.random() < 0.15:
        return chance.choice(VALUES["villages"])
    estate, room = chance.choice(VALUES["estates"]), chance.randint(101, 3002)
    fine = chance.choice(["", f"{estate}##栋#单元{room}室", f"##号楼{room}", f"{estate}#幢"])
    return chance.choice(VALUES["cities"]) + chance.choice(VALUES["roads"]) + numbered(f"##号{fine}", chance)


def english_address(chance):
    """A US address on one line."""
    town = chance.choice(VALUES["towns"])
    if chance.random() < 0.1:
        return f"P.O. Box {chance.randint(10, 9999)}, {town}"
    unit = chance.choice(["", "", f", Apt {chance.randint(1, 40)}B", f" Suite {chance.randint(100, 900)}"])
    return f"{chance.randint(1, 9999)} {chance.choice(VALUES['streets'])}{unit}, {town}"


def day(year, english, chance):
    """A day in one of the ways it is written."""
    month, date = chance.randint(1, 12), chance.randint(1, 28)
    if english:
        ways = [f"{month:02}/{date:02}/{year}", f"{VALUES['months'][month - 1]} {date}, {year}"]
    else:
        ways = [f"{year}年{month}月{date}日", f"{year}年{month:02}月{date:02}日"]
    return chance.choice([*ways, f"{year}-{month:02}-{date:02}"])


def resident_number(chance):
    """A Chinese identity number with its check digit."""
    place, born = chance.choice(["110105", "310115", "440305"]), chance.randint(1940, 2005)
    first = f"{place}{born}{chance.randint(1, 12):02}{chance.randint(1, 28):02}{chance.randint(1, 999):03}"
    return first + "10X98765432"[sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(first)) % 11]


def luhn(number):
    """Digits with their check digit behind them."""
    total = sum(sum(divmod(int(digit) * (2 - at % 2), 10)) for at, digit in enumerate(reversed(number)))
    return number + str(-total % 10)


if __name__ == "__main__":
    for chart in charts():
        sys.stdout.write(json.dumps(chart, ensure_ascii=False) + "\n")
