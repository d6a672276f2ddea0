"""Names of people: beside a label, a role or a title; from there wherever the text has them."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from curate.personal.found import Candidate, Rule
from curate.personal.mentions import spread
from curate.personal.name_shapes import (
    ANY,
    BOUNDED,
    CHINESE,
    DOTTED,
    END,
    ENGLISH,
    FIRST,
    FIRSTS,
    IN_FORM,
    KNOWN_VALUES,
    LETTER,
    LISTS,
    MINORITY,
    MORE,
    NEXT,
    NOT_WORDS,
    PINYIN,
    RARE,
    ROMAN,
    SECONDS,
    STARTS,
    SURNAME,
    WHOLE,
    WORD,
    chinese_score,
    english_score,
    form_score,
    is_plain,
)  # fmt: skip
from curate.personal.profile import LABELS, Profile
from curate.personal.tables import cells, gates_and_patterns
from curate.personal.words import FILL, HAN, LATIN, UPPER, is_han, one_of, split_scripts, ways_of

__all__ = ["rules_of", "spread"]
REACH = 160  # characters: a label, a remark in brackets, a name
# Between a label and its value: a remark, what closes the label, and a mark, a cell's border, a space or a line's end.
NOTE, CLOSE = "(?: ?[（(][^（）()\n]{1,12}[）)]){0,2}", "[\"'”】\\])*]{0,3}"
OPEN = "[ \t\u3000|\"'“【\\[*]{0,8}"
SPACES, TAGS = "[ \u3000]{1,6}", "(?:</?[a-z]{1,6}[^<>\n]{0,40}>\\s{0,4}){1,4}"
BELOW = "\n[ \t]{0,4}(?=[^\n]{2,30}(?:\n|$))"
MARKS = f"[ \u3000]{{0,6}}[:：=＝|｜/\t】【\\[]{OPEN}(?:\n[ \t]{{0,4}})?| {{1,2}}[-–—]{{1,2}} | is |{BELOW}|{TAGS}"
CHINESE_MARK, ENGLISH_MARK = f"{NOTE}{CLOSE}(?:{MARKS}|{SPACES})", f"{NOTE}{CLOSE}(?:{MARKS}| {{2,6}}|\u3000)"
# The same for RE2, without counted repetition.
CRUDE_CLOSE, CRUDE_OPEN = "(?: ?[（(][^（）()\n]+[）)])*[\"'”】\\])*]*", "[ \t\n\u3000|\"'“【\\[*]*"
CRUDE_MARK = f"(?:[ \u3000]*[:：=＝|｜/\t】【\\[\n]|  |\u3000| is | [-–—]+ |<[^\n>]*>)(?:<[^\n>]*>)*{CRUDE_OPEN}"
YEARS = "(?: ?\\([cC]\\)| ?©| [0-9]{4}(?:[-–, ]{1,2}[0-9]{4}){0,4},?){0,3}"  # Copyright (c) 2019, 2021

HONORIFICS = frozenset(ways_of([
    "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Professor", "Doctor", "Nurse", "Officer", "Detective", "Judge",
    "Justice", "Rev", "Father", "Sister", "Sgt", "Lt", "Capt", "Dear", "Pt", "RN",
]))  # fmt: skip
# Those are words of headings as well: Judge Rules Against Merger, Patient-Doctor Conversations.
ALSO_OFFICES = frozenset(ways_of(["Professor", "Doctor", "Nurse", "Officer", "Judge", "Father", "Sister", "Miss"]))
GREETINGS = frozenset(ways_of(["Dear", "Hi", "Hello", "Hey"]))
# Behind these only a known first name makes two capitalized words a name: Contact Sales Support, Hello Kitty Store.
VAGUE = frozenset([
    "named", "contact", "hi", "hello", "hey", "cc", "re", "i'm", "i am", "referring", "agent", "driver",
    "manager", "partner", "copyright", "(c)", "©",
])  # fmt: skip
# Labels that stand before other things' names as well, unless a word for a person stands before them.
BARE = frozenset([
    "name", "full name", "author", "owner", "to", "from", "cc", "re", "reference", "provider", "agent", "driver",
    "parent", "client", "manager",
])  # fmt: skip
PEOPLE = re.compile(
    "(?i)(?:patient|claimant|insured|member|employee|student|client|customer|applicant|beneficiary|spouse|father"
    "|mother|contact|holder|owner|borrower|tenant|doctor|physician|guest|passenger|driver|plaintiff|defendant|guardian"
    "|subscriber|child|parent|nominee|payee|signer|witness)(?:['’]?s)?[ _-]$"
)
OTHERS = re.compile(  # product name, file_name, Company Name
    "(?i)(?:file|host|user|domain|class|product|company|event|display|business|brand|item|field|table|column|server"
    "|service|function|method|variable|package|module|project|drug|test|hospital|facility|school|site|model|image|path"
    "|folder|key|tag|type|group|team|bank|street|city|state|plan|organi[sz]ation|department|process|device|app|job|task"
    "|object|resource|database|schema|index|font|color|code)[ _-]?$"
)
ONLY_NAMES = re.compile("姓名|名字|签名|签字|[Nn](?:ame|AME)|[Ss](?:ign|IGN)|[Pp](?:atient|ATIENT)")
NO_OFFICE = "(?!室|务|办|会|们|费|级|资格|证|制|职|事务所|公司|团|部|楼|站|节|院|岗|妻)"  # 经理室, 律师事务所, 医生们
BEFORE_SURNAME = "".join(LISTS["before_surname"])
LEFT = f"(?:(?<![{HAN}])|(?<=[{BEFORE_SURNAME}])|{'|'.join(f'(?<={word})' for word in LISTS['before_name'])})"
DOES = one_of(LISTS["does"])
TELLING, ANY_LEFT = frozenset("".join(LISTS["telling"])), re.compile(f"{LEFT}$")
ENDS = re.compile(
    f"(?![{HAN}])|(?={NEXT}|{DOES}|[于与和因的在是对将经被向为系已不也再均给让把就从到去来问答没有了又都则还受])"
)
INTRODUCED = '(?:我叫|名叫|名字叫|名字是|姓名是|姓名为|[妈爸哥姐弟妹爷奶婆公夫妻子女儿]叫)[“"]?'
SEX = "[，,、 （(\u3000]{1,2}[男女][，,、 性）)。；;\u3000\\d]"
TOLD = "(?:收[，,。；;（ ]|诉称|辩称|述称|代收|亲启|收件)"
REACHED = "(?:联系|[，。；,（ ]?(?:电话|手机)|女士|先生|[0-9 ：:]{0,2}1[3-9][0-9])"
CREDENTIALS = r"(?:M\.?D|Ph\.?D|R\.?N|D\.?D\.?S|D\.O|N\.?P|PA-C|LPN|J\.?D|Esq(?:uire)?|CPA|MBBS|FACS|DNP|LCSW)"
OFFICES = re.compile(
    "(?:info|support|contact|sales|help|admin|team|office|security|press|dev|list|users|service|hello)"
)
PARTIES = one_of(ways_of(["Plaintiff", "Defendant", "Petitioner", "Respondent", "Appellant", "Appellee", "Claimant"]))
LIVES = " (?:lives|resides|lived|resided|residing) (?:at|in|on)"
AGED = "(?: is|,)? (?:is )?an? [\\w-]{1,12}[ -]years?[ -]old"
ONLY_PEOPLE = (  # what is said of people alone
    "(?: (?:testified|called (?:again|back|us|me)|(?:asked|told) (?:me|us|him|her|them)|pleaded (?:not )?guilty"
    "|was (?:admitted|discharged|seen (?:in|by|at)|diagnosed|transferred to|referred (?:to|by)|taken to|hired|born)"
    "|has been (?:promoted|admitted|diagnosed|employed)|phoned|resides"
    "|complain(?:s|ed) of|presented (?:with|to the)|denies|v[.] [A-Z])| [(](?:she|he|they)/|, [1-9][0-9], )"
)
SIGN_OFF = (
    "(?:Signed|Sincerely(?: yours)?|Yours(?: truly| sincerely| faithfully)?"
    "|(?:Best |Kind |Warm |Kindest |Warmest )?[Rr]egards"
    "|Best(?: wishes)?|Cheers|Warmly|Many thanks|Love|Respectfully(?: submitted)?|Cordially|Thank you|Thanks)"
)


def rules_of(profile: Profile) -> tuple[Rule, ...]:
    """The rules for names that a profile's words make."""
    never = frozenset(profile.words("never_name"))
    labels = never | {word for name in LABELS for word in profile.words(name) if name not in ("never_name", "hint")}
    names, titles = profile.words("name"), profile.words("title")
    rules = [*labelled(names, labels), *in_columns(names, labels), *in_roles(profile.words("person"), never)]
    if titles:
        rules += [*any_person(never), *titled(titles, never), *followed(never), *signed(never)]
        rules += [*acting(never), *reached(never)]
    return (*rules, *candidates(profile, never))


def labelled(words: Sequence[str], never: frozenset[str]) -> Iterator[Rule]:
    """A name in a form, behind a label; and the others of a list that begins so."""
    chinese, english = split_scripts(words)
    if chinese:
        label = one_of(chinese, FILL)
        crude = one_of(chinese, FILL.replace("{0,6}", "*"))
        gate = f"{crude}{CRUDE_CLOSE}(?:{CRUDE_MARK}|[ \u3000]+)[{HAN}A-Z]"
        pattern = f"({label}){CHINESE_MARK}(?!{label}[ \u3000]*[:：|\t])({ANY})"
        yield rule(gate, pattern, partial(is_labelled, never), 2)
        before = re.compile(f"{label}{CHINESE_MARK}(?:[^\n：:。；;，,、 \u3000]{{2,24}}[、，,/；; \u3000] ?){{1,8}}$")
        yield rule(gate, f"[、，,/ \u3000]({CHINESE}|{SURNAME}[{HAN}]{{1,2}}{END})", partial(is_listed, never, before))
    if english:
        label, left = one_of(english), f"(?<![{LATIN}_.0-9])"
        gate = f"(?:^|[^A-Za-z_]){label}{CRUDE_CLOSE}{CRUDE_MARK}[{HAN}A-Z]"
        yield rule(gate, f"{left}({label})(?![{LATIN}_]){ENGLISH_MARK}({ANY})", partial(is_labelled, never), 2)
        before = re.compile(f"{left}{label}{ENGLISH_MARK}(?:[^\n：:;,]{{2,40}}(?:[;,&]|and) ?){{1,8}}$")
        yield rule(gate, f"(?:[;,&]|and) ({ENGLISH})", partial(is_listed, never, before))


def rule(gate: str, pattern: str, holds: "partial[float]", group: int = 1, reach: int | None = REACH) -> Rule:
    """A rule for names."""
    return Rule("person", gate, re.compile(pattern), holds, group, reach)


def any_person(never: frozenset[str]) -> Iterator[Rule]:
    """A name behind any word that ends as one for a person does, and a colon: 就诊人：, 辅导员：, 班长：."""
    gate = f"[人员师长者方生官][ \u3000]*[:：][ \u3000]*[{FIRSTS}][{HAN}]"
    yield rule(
        gate, f"[人员师长者方生官][ \u3000]?[:：][ \u3000]{{0,4}}({RARE}{END}|{CHINESE})", partial(is_titled, never)
    )


def is_labelled(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that what a form says behind a label is a name."""
    label, said = one.match[1], re.sub("[ \u3000]", "", one.said)
    before = one.text[max(0, one.match.start() - 20) : one.match.start()]
    if said in never or one.said in never or said in KNOWN_VALUES or (label.lower() in BARE and OTHERS.search(before)):
        return 0
    only = ONLY_NAMES.search(label) is not None
    if is_han(said):
        # Behind a header stands the next of them.
        header = re.search("[|\t]", one.text[one.match.end(1) : one.start]) and not re.match(
            f"{IN_FORM}|{DOTTED}", said
        )
        return 0 if header else form_score(said, label, only)
    bare = label.lower() in BARE and not PEOPLE.search(before)
    if " " not in said and " " not in one.said:
        if one.text[one.match.end(1) : one.start] == "=" and said not in FIRST:  # code: signed=Maybe
            return 0
        return english_score(one, 0.85 if only and not bare else 0.7)
    if bare or not is_plain(one.said):
        title = label.lower() in ("name", "full name") and label[0].isupper()
        return english_score(one, 0.55 if title and is_plain(one.said) else 0.4)
    return english_score(one, 0.8 if only else 0.6)


def is_listed(never: frozenset[str], before: "re.Pattern[str]", one: Candidate) -> float:
    """How sure it is that what stands in a list behind a label is a name."""
    if not before.search(one.text[max(0, one.start - 80) : one.start]):
        return 0
    return 0.85 * chinese_score(one.said, never) if is_han(one.said) else english_score(one, 0.45)


def in_columns(words: Sequence[str], never: frozenset[str]) -> Iterator[Rule]:
    """A name below a header that is one of these labels."""
    heads = frozenset([*words, *ways_of(words)])
    for gate, pattern in gates_and_patterns(heads):
        yield Rule("person", gate, pattern, partial(is_in_column, heads, never), 1)


def is_in_column(heads: frozenset[str], never: frozenset[str], one: Candidate) -> float:
    """How sure it is that a cell below such a header is a name."""
    cell, said = cells(one.text).get(one.start), re.sub("[ \u3000]", "", one.said)
    if cell is None or cell.end != one.end or not heads & {cell.header, re.sub("[ \u3000]", "", cell.header)}:
        return 0
    if said in never or said in KNOWN_VALUES or not WHOLE.fullmatch(one.said):
        return 0
    if is_han(said):
        return 0.85 * (re.match(f"{IN_FORM}|{DOTTED}|{MINORITY}", said) is not None)
    return english_score(one, 0.7)


def in_roles(words: Sequence[str], never: frozenset[str]) -> Iterator[Rule]:
    """A name right behind what a person is: 患者张伟, her husband, Robert Smith."""
    chinese, english = split_scripts(words)
    sure = partial(is_in_role, never)
    if chinese:
        yield rule(INTRODUCED, f"{INTRODUCED}({DOTTED}|{BOUNDED}|{CHINESE}|{ENGLISH})", sure)
        role, space = one_of(chinese), "[ \u3000]?"
        gate = f"{role}{space}(?:[:：是为]|（[^（）\n]+）)?{space}(?:{STARTS}|[{FIRSTS}][{HAN}])"
        names = f"{DOTTED}|{MINORITY}|{RARE}{END}|{CHINESE}|{ENGLISH}"
        yield rule(gate, f"{role}{space}(?:[:：是为]|（[^（）\n]{{1,8}}）)?{space}({names})", sure)
    if english:
        short, long = [word for word in english if len(word) < 5], [word for word in english if len(word) > 4]
        role = "|".join([*([f"{one_of(short)}\\.?"] if short else []), *([one_of(long)] if long else [])])
        years = "(?: ?[(][cC][)]| ?©| [0-9]{4}[-–, 0-9]*)+ *"
        gate = f"(?:^|[^A-Za-z])(?:{role})(?:{years}|[,:.]? +|[,:.])[A-Z][A-Za-z.'’]"
        pattern = f"(?<![{LATIN}-])({role})(?![{LATIN}])[,:]?{YEARS} {{0,2}}({ENGLISH}|{WORD})"
        yield rule(gate, pattern, partial(is_in_english_role, never), 2)
        mixed = "(?:Mr|Mrs|Ms|Dr|Prof)\\.? "  # Dr. 王芳
        yield rule(f"{mixed}[{FIRSTS}]", f"(?<![{LATIN}]){mixed}({CHINESE}|{SURNAME})", sure)


def is_in_role(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that what stands behind a role is a name."""
    if not is_han(one.said):
        return english_score(one, 0.8)
    usual = re.fullmatch(f"{CHINESE}|{DOTTED}|{MINORITY}", one.said) is not None
    particle = one.said[0] == "于" and re.match(f"[{HAN}]", one.after)  # 患者于晨起
    sure = (usual and not particle) or len(one.said) > 2 or one.text[one.start - 1] in ":： \u3000是为叫“"
    return chinese_score(one.said, never) * (0.85 if sure else 0.7)


def is_in_english_role(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that capitalized words behind a role are a name."""
    role, first = one.match[1].rstrip("."), one.said.split()[0].title()
    acronym = len(role) < 4 and role.isupper() and role not in ("RN", "I,") and "." not in one.match[1]
    if one.said in never or (acronym and first not in FIRST):  # MS SQL, DR Auto-Sync
        return 0
    if " " in one.said:
        odd = any(word.isupper() and len(word.rstrip(".")) > 1 for word in one.said.split()) and not one.said.isupper()
        sure = 0.6 if role in ALSO_OFFICES else 0.8
        return 0 if odd else english_score(one, sure if role in HONORIFICS else 0.4 if role.lower() in VAGUE else 0.6)
    if role in GREETINGS:
        return 0.85 * (one.after[:1] in ",:!，：" and (one.said in FIRST or role.lower() == "dear"))
    if role in ("Miss", "MISS"):  # of a cache, of a train
        return 0.6 * (one.said in FIRST or re.match("[ ,.]*[a-z]", one.after) is not None)
    if one.said.isupper() and len(one.said) < 6 and not role.isupper():  # Dr. GRPO
        return 0
    return 0.85 * (role in HONORIFICS or (one.said in FIRST and role.lower() not in ("re", "cc")))


def titled(words: Sequence[str], never: frozenset[str]) -> Iterator[Rule]:
    """A name right before a title: 李娜医生, 张先生, 李总."""
    sure, mark = partial(is_titled, never), "[ \u3000]?[（(]?"
    title, crude = f"{mark}{one_of(words)}{NO_OFFICE}", f"{mark}{one_of(words)}"
    gate = f"[{FIRSTS}][{SECONDS}]{{0,3}}{crude}"
    yield rule(gate, f"({SURNAME}{LETTER}{{1,2}}?){title}", sure)
    rare = f"[{FIRSTS}][{HAN}]{{1,3}}{crude}"
    yield rule(rare, f"(?:(?<![{HAN}])|(?<=[{BEFORE_SURNAME}]))({RARE}){title}", sure)
    left = f"(?:(?<![{HAN}])|(?<=[{BEFORE_SURNAME}]))"
    yield rule(gate, f"{left}({SURNAME}){title}", partial(is_one_surname))
    addressed = "(?:您|你|好|说|[，。,：:、！ ])"
    short = f"(?<![{HAN}])({SURNAME})(?:总|(?<![施金木石高包])工)(?={addressed})"
    yield rule(f"[{FIRSTS}][总工]{addressed}", short, partial(as_sure, 0.6))
    gate = f"(?:[{LATIN}.]|[·•・‧][{HAN}]{{1,8}}){crude}"
    yield rule(gate, f"({DOTTED}|[{UPPER}][{LATIN}]{{1,20}}{MORE}){title}", partial(is_in_role, never))


def as_sure(score: float, one: Candidate) -> float:
    """The pattern alone is enough."""
    return score


def is_one_surname(one: Candidate) -> float:
    """How sure it is that one family name before a title is a name: 由于主席 has none."""
    return 0.75 * (one.said != "于" or one.before[-1:] not in "由关对位至属处等基鉴给限便")


def is_titled(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that what stands before a title is a name."""
    return 0.85 * chinese_score(one.said, never)


def followed(never: frozenset[str]) -> Iterator[Rule]:
    """A name before sex, age or address, credentials, a part in a case: 张伟，男，45岁; Jane Roe, RN."""
    sure = partial(is_titled, never)
    yield rule(f"[{HAN}]{SEX}", f"(?:(?<![{HAN}])|(?<=证明))({RARE}|{CHINESE}|{DOTTED})(?={SEX})", sure)
    yield rule(f"[{HAN}]{TOLD}", f"(?<![{HAN}])({CHINESE}|{SURNAME}[{HAN}](?=收))(?={TOLD})", sure)
    gate = f"(?:与|联系|致电|找)[{FIRSTS}][{SECONDS}]"
    yield rule(gate, f"(?:与|联系|致电|找)({CHINESE})(?={REACHED})", sure)
    for gate, follows in (
        (f", ?{CREDENTIALS}", f", ?{CREDENTIALS}(?![A-Za-z])(?!,? ?\\d)"),
        (f", ?(?:the )?{PARTIES}", f", ?(?:the )?{PARTIES}"),
        (LIVES, LIVES),
        ("year[- ]old", AGED),
        (ONLY_PEOPLE, ONLY_PEOPLE),
    ):
        yield rule(gate, f"(?<![{LATIN}])({ENGLISH}){follows}", partial(is_followed, never))


def is_followed(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that capitalized words before credentials and the like are a name."""
    first, behind = one.said.split(" ")[0].rstrip("."), one.match[0][len(one.said) :]
    if first in NOT_WORDS or one.said in never:
        return 0
    sure = first in FIRST or re.search(r" [A-Z]\.? ", one.said) or PINYIN.fullmatch(one.said)
    if behind.startswith(" v."):  # a case: its parties stand in every book of law
        return 0.6
    return 0.85 if sure or re.search(r"\.|year|live|resid", behind) else 0.6


def acting(never: frozenset[str]) -> Iterator[Rule]:
    """A name of which a sentence says what only people do, are or have: 张伟驾驶, 任命张伟为, 张伟与李娜系夫妻."""
    sure = partial(is_acting, never)
    crude = f"[{FIRSTS}][{SECONDS}]{{1,2}}"
    yield rule(f"{crude}{DOES}", f"{LEFT}({CHINESE})(?={DOES})", sure)
    crude_left = one_of(LISTS["before_name"])
    right = f"(?:(?![{HAN}])|(?={NEXT}|{DOES}|[的为在于与和已将被]))"
    yield rule(f"{crude_left}{crude}", f"(?:{crude_left})({CHINESE}){right}", sure)
    pair = f"(?<![{HAN}])({CHINESE})[与和跟、]({CHINESE})(?={DOES}|[系是共发签曾均都在的和与，。；]|$)"
    for group in (1, 2):
        yield rule(f"{crude}[与和跟、]{crude}", pair, partial(is_paired, never), group)


def is_acting(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that what acts as a person does is a name; of two characters many are the end of a word."""
    return chinese_score(one.said, never) * (0.6 if len(one.said) > 2 else 0.55)


def is_paired(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that two that look like names, joined, are names: each has to be none of the words."""
    return 0.6 * min(chinese_score(said, never) for said in one.match.groups())


def reached(never: frozenset[str]) -> Iterator[Rule]:
    """A name right before how to reach its owner: Lena Hartwig, at lena@example.com; 方宇涵，电话138...."""
    told = "(?:at|on|via|tel|telephone|phone|mobile|cell|email|e-mail|mail|Tel|Phone|Mobile|Email|E-mail)"
    name, follows = f"(?<![{LATIN}])({ENGLISH})(?![{LATIN}])", f",? ?[(<\\[]?(?:{told}(?![a-z])\\.?:? ){{0,2}}"
    crude = f"[a-zà-ÿ],? ?[(<\\[]?(?:{told}\\.?:? )*"
    holds = partial(is_reached, never)
    yield rule("[A-Za-z0-9]@[A-Za-z0-9]", f"{name}{follows}([\\w.%+-]{{1,40}}@[A-Za-z0-9])", holds)
    number = "(?:\\+[0-9]|[(]?[0-9]{3}[)]?[ .-][0-9]{3}[ .-][0-9]{4}|1[3-9][0-9]{9})"
    yield rule(f"{crude}{number}", f"{name}{follows}({number})", holds)
    call = "(?:电话|手机号?|座机|微信|邮箱|Tel|tel)?(?:号码|号)?[:：为是 ]{0,2}(?:1[3-9][0-9]{9}|0[0-9]{2,3}-)"
    pattern = f"{LEFT}({RARE}|{CHINESE})[，,、 （(:：\u3000]{{1,2}}(?:联系|办公)?(?={call})"
    gate = f"[{HAN}][，,、 （(:：\u3000](?:联系|办公)?{call}"
    yield rule(gate, pattern, partial(is_titled, never))


def is_reached(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that capitalized words before an address or a number are a name: surest where it says so again."""
    place, words = one.match[2].partition("@")[0].lower(), one.said.lower().split()
    if one.said in never or not is_plain(one.said) or OFFICES.match(place):
        return 0
    told = not place[-1].isdigit() and any(len(word) > 2 and word in place for word in words)
    return english_score(one, 0.8 if told and not words[0].isupper() else 0.55)


def signed(never: frozenset[str]) -> Iterator[Rule]:
    """A name under a letter."""
    name = f"({ROMAN}|{ENGLISH}|{WORD}|{CHINESE}{END})(?=[ \t]*(?:,|\n|$))"
    pattern = f"(?<![{LATIN}]){SIGN_OFF},?[ \t]*\n\\s{{0,12}}{name}"
    yield rule(f"{SIGN_OFF},?[ \t]*[\r\n]", pattern, partial(is_signed, never))
    plain = "(?:Sincerely|[Rr]egards|Yours (?:truly|sincerely|faithfully)|Respectfully(?: submitted)?)"
    yield rule(f"{plain}, [A-Z]", f"{plain}, ({ENGLISH})(?=[ \t]*[,.]?[ \t]*(?:\n|$))", partial(is_signed, never))


def is_signed(never: frozenset[str], one: Candidate) -> float:
    """How sure it is that what stands under a letter is a name."""
    return 0 if one.said in never else 0.85 if " " in one.said or one.said in FIRST else 0.6


def candidates(profile: Profile, never: frozenset[str]) -> Iterator[Rule]:
    """A name that nothing announces; sure enough only near a word that speaks of people."""
    hints = profile.words("hint")
    if hints or profile.threshold <= 0.4:
        near = re.compile(one_of(hints)) if hints else None
        right = f"(?:(?![{HAN}])|(?={NEXT}|{DOES}|[于与和因的在是对将经被向为系已不也再均]))"
        gate = one_of(hints) if hints else f"[{FIRSTS}]"
        yield rule(gate, f"{LEFT}({CHINESE}){right}", partial(is_candidate, never, near), 1, 80 if hints else None)
        if near is not None:
            yield rule(one_of(hints), f"({CHINESE})", partial(is_telling, never, near), 1, 120)
        gate = one_of(hints) if hints else "[A-Z][a-z]+ [A-Z]"
        pattern = f"(?<![{LATIN}.])({one_of(FIRST)}{MORE})"
        yield rule(gate, pattern, partial(is_english_candidate, never, near), 1, REACH if hints else None)


def is_candidate(never: frozenset[str], near: "re.Pattern[str] | None", one: Candidate) -> float:
    """How sure it is that what looks like a Chinese name is one."""
    told = near is not None and near.search(f"{one.before} {one.after}")
    return chinese_score(one.said, never) * (0.6 if told else 0.4 if near is None else 0)


def is_telling(never: frozenset[str], near: "re.Pattern[str]", one: Candidate) -> float:
    """How sure it is that a family name with characters that are seldom but in names is one, amid any words."""
    telling = sum(letter in TELLING for letter in one.said[1:])
    if not telling or not near.search(one.text, max(0, one.start - 120), one.end + 120):
        return 0
    left = ANY_LEFT.search(one.before) is not None
    right = ENDS.match(one.text, one.end) is not None
    sure = left + right + (len(one.said) > 2) + (telling > 1) > 1
    return chinese_score(one.said, never) * (0.55 if sure else 0)


def is_english_candidate(never: frozenset[str], near: "re.Pattern[str] | None", one: Candidate) -> float:
    """How sure it is that a first name with capitalized words is a name."""
    told = near is not None and near.search(one.text, max(0, one.start - 100), one.end + 100)
    office = one.said in never or english_score(one, 0.45) < 0.45
    more = re.search(f"(?<![{LATIN}])[{UPPER}][a-z]{{2,12}} $", one.before)  # the Thi Lan of Tran Thi Lan
    return 0 if office else (0.55 if more else 0.75) if told else 0.4 if near is None else 0
