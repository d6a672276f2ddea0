"""Question-answer examples mined from documents without a model: every answer is an exact span of its document."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from types import ModuleType
from typing import Literal, NamedTuple

import curate
from curate import Doc
from curate_plugins.synth import chinese, english
from curate_plugins.synth.outline import ANSWERED, CHAPTER, LIST, Block, Page, Section
from curate_plugins.synth.sentences import language_of, sentences

Rule = Literal["heading", "definition", "cause", "condition", "purpose", "table"]
RULES: tuple[Rule, ...] = ("heading", "definition", "cause", "condition", "purpose", "table")
SENTENCE_RULES = ("definition", "cause", "condition", "purpose")
NEED_TITLE = ("cause", "condition", "purpose")  # of a note about one case: "Why is the stay paid until the end?"
LANGUAGES = {"zh": chinese, "en": english}
MIN_CELL = 4  # characters: a cell says much in few, 更换密封
MAX_SENTENCE = 400  # a longer one is a list without marks, and patterns stay within it
TRIGGERS = re.compile(
    r"\b(?:is|are|means|refers?|denotes|stands|because|since|due|caused|therefore|consequently|hence|result|why)\b"
    r"|^(?:If|When|Whenever|Once|In|To|Because|For)\b|指|定义为|称|是一|由于|因|导致|造成|引起|引发|"
    r"从而|所以|原因|^(?:如|若|倘|假|一旦|当|发|出|遇|为)"
)
CODE_LIKE = re.compile(
    r"https?://|www\.|\]\(|\{[{%#]|\}\}|[\[<][A-Z][A-Z_]{2,}(?:_?\d+)?[\]>]|\$\{|\\[a-z]+\{|&[a-z]+;|"
    r"[{}|]|`{3}|<[a-z/]|\.{4}|…{2}|\[\^"
)
UNCLEAN = re.compile(
    r"\]\((?!https?://)|\{[{%#]|[\[<][A-Z][A-Z_]{2,}(?:_?\d+)?[\]>]|\{(?:ref|doc|class|func)|:(?:ref|"
    r"doc|class|func):|</?[a-z]|!\[|\.{5}|^\[TOC\]|\[\^|本小?[节章文页]|以下章节|下面以|[Tt]his (?:section|chapter|"
    r"page|tutorial|guide|document)\b"
)
NEWS = re.compile(r"release notes?|change ?log|history|更新日志|发布说明|what.s new|contributing", re.IGNORECASE)
ITEM_END = re.compile(r"[。.!！?？)）”\"]$")
HEADERS = {
    "symptom": re.compile(
        r"(?:故障)?(?:现象|症状|故障|问题|表现)|故障(?:名称|类型)|.{1,4}现象"
        r"|(?:fault )?symptoms?|problems?|faults?|troubles?|issues?",
        re.IGNORECASE,
    ),
    "cause": re.compile(
        r"(?:可能|主要|故障|产生)?(?:的)?原因(?:分析)?|(?:(?:possible|probable|likely|usual) )?causes?", re.IGNORECASE
    ),
    "remedy": re.compile(
        r"(?:处理|排除|解决|纠正)(?:方法|措施|办法|方案|建议)?|对策|措施"
        r"|remed(?:y|ies)|(?:corrective )?actions?|solutions?|fix|what to do",
        re.IGNORECASE,
    ),
}
Span = tuple[int, int]


class Found(NamedTuple):
    """A question and the span that answers it; where the question was taken from; which rule, under which headings."""

    span: Span
    question: str
    taken_from: Span
    rule: str
    headings: tuple[str, ...]
    language: str


@curate.expand(kinds=("text",))
def mine(
    doc: Doc, per_document: int = 20, min_chars: int = 15, max_chars: int = 1_200, rules: Sequence[Rule] = RULES
) -> Iterator[Doc]:
    """Question-answer examples from headings, definitions, reasons, conditions and fault tables; no model is needed."""
    page = Page(doc.text, doc.meta)
    rules = [rule for rule in rules if page.title or rule not in NEED_TITLE]
    found = [
        one for one in every(page, rules, max_chars) if one.rule == "table" or one.span[1] - one.span[0] >= min_chars
    ]
    for one in chosen(distinct(found), per_document):
        messages = [
            {"role": "user", "content": one.question},
            {"role": "assistant", "content": doc.text[slice(*one.span)]},
        ]
        told = {"method": f"mine:{one.rule}", "headings": list(one.headings), "language": one.language}
        yield doc.example(messages, one.span, **told, question_from=list(one.taken_from))


def every(page: Page, rules: Sequence[str], max_chars: int) -> Iterator[Found]:
    """All that the rules find, in the order of the text."""
    first = next((number for number, block in enumerate(page.blocks) if block.kind == "heading"), len(page.blocks))
    opening = Section(Block("heading", 0, 0), (), page.blocks[:first], False)
    for section in (opening, *page.sections):
        if "heading" in rules and section.heading.title:
            yield from from_heading(page, section, max_chars)
        headings = (*section.path, section.heading.title) if section.heading.title else section.path
        for block in section.body:
            if block.kind == "table" and "table" in rules:
                yield from from_table(page, block, headings)
            elif block.kind in ("paragraph", "list"):
                for stretch in stretches(page.text, block):
                    yield from from_sentences(page, stretch, headings, rules, max_chars)


def distinct(found: Sequence[Found]) -> list[Found]:
    """The first of each question; one that two places answer differently would teach a contradiction if asked twice."""
    seen: dict[str, Found] = {}
    for one in found:
        seen.setdefault(re.sub(r"\W+", "", one.question.casefold()), one)
    return list(seen.values())


def chosen(found: Sequence[Found], most: int) -> list[Found]:
    """At most so many: each rule has its turn, and what it gives is spread evenly over the document."""
    by_rule: dict[str, list[Found]] = {}
    for one in found:
        by_rule.setdefault(one.rule, []).append(one)
    turns = zip_longest(*([rule] * len(own) for rule, own in by_rule.items()))
    turned = [rule for turn in turns for rule in turn if rule][: max(most, 0)]
    left = [
        own[number * len(own) // turned.count(rule)]
        for rule, own in by_rule.items()
        for number in range(turned.count(rule))
    ]
    return sorted(left)


def from_heading(page: Page, section: Section, max_chars: int) -> Iterator[Found]:
    """The section's own text for the question that its heading makes."""
    heading = section.heading
    if not section.body or not (span := answer_span(page.text, section.body, max_chars)):
        return
    answer = page.text[slice(*span)]
    language = language_of(heading.title + " " + answer[:1_000])
    if language not in LANGUAGES or heading.title == page.title or NEWS.search(page.title):
        return
    words = LANGUAGES[language]
    near = page.text[max(0, span[0] - 5_000) : span[1] + 5_000]
    asked = words.heading_question(heading.title, words.topic_of(context(page, section, words)), near, page)
    if not asked or not words.fits_question(heading.title, answer) or not opens_well(answer, words):
        return
    question, whole = asked
    if not whole or (span[1] == section.body[-1].end and not section.divided):
        yield Found(span, question, (heading.start, heading.end), "heading", (*section.path, heading.title), language)


def context(page: Page, section: Section, words: ModuleType) -> str:
    """The document's title; with the heading above where the heading is one that comes under several."""
    above = [title for title in section.path if title and title != page.title]
    bare = len(section.heading.title) <= 2 or re.fullmatch(r"[A-Za-z]+|注意事项", section.heading.title)
    if not page.title or not above or not (bare or page.titles[section.heading.title] > 1):
        return page.title
    return (
        f"{words.topic_of(page.title)}的{above[-1]}"
        if words is chinese
        else f"{words.topic_of(page.title)}, {above[-1]}"
    )


def opens_well(answer: str, words: ModuleType) -> bool:
    """Whether an answer's first sentence stands alone, or is a list or table that does."""
    if answer[0] == "|" or LIST.match(answer):
        return True
    start, end = next(sentences(answer, 0, min(len(answer), MAX_SENTENCE)))
    first = re.sub(r"[:：]$", "。" if words is chinese else ".", answer[start:end])
    told = first.replace("如下", "").replace("下列", "").replace("following", "").replace("as follows", "")
    return bool(words.stands_alone(told if first != answer[start:end] else first)) and not CODE_LIKE.search(
        told.replace("](http", "")
    )


def answer_span(text: str, body: Sequence[Block], max_chars: int) -> Span | None:
    """The section's blocks from the first on, as many as fit whole; nothing where that does not begin or end well."""
    begin = body[0].start
    if answered := ANSWERED.match(text, begin, body[0].end):
        begin = answered.end()
    taken = 0
    while taken < len(body) and body[taken].kind != "other" and body[taken].end - begin <= max_chars:
        taken += 1
    while taken and text[body[taken - 1].end - 1] in ":：":
        taken -= 1
    if not taken or body[0].kind == "code":
        return None
    last = body[taken - 1]
    answer = text[begin : last.end]
    if (last.kind == "paragraph" and not ITEM_END.search(answer)) or UNCLEAN.search(answer) or answer.count("](") > 1:
        return None
    cut = taken < len(body) and body[taken].kind in ("list", "table", "code")
    return (
        None if cut or not answer.strip() or all(block.kind == "code" for block in body[:taken]) else (begin, last.end)
    )


def stretches(text: str, block: Block) -> Iterator[Span]:
    """What sentences are looked for in: a paragraph, or each item of a list without its mark."""
    if block.kind == "paragraph":
        clause = CHAPTER.match(text, block.start, block.end)
        yield clause.end() if clause else block.start, block.end
        return
    at, begin = block.start, -1
    for line in text[block.start : block.end].split("\n"):
        indent = len(line) - len(line.lstrip())
        if mark := LIST.match(line, indent):
            if begin >= 0:
                yield begin, at - 1
            begin = at + mark.end()
        at += len(line) + 1
    if begin >= 0:
        yield begin, block.end


def from_sentences(
    page: Page, stretch: Span, headings: tuple[str, ...], rules: Sequence[str], max_chars: int
) -> Iterator[Found]:
    """What each sentence of a stretch answers by itself, or with the one before it whose consequence it tells."""
    before: Span | None = None
    for start, end in sentences(page.text, *stretch):
        sentence = page.text[start:end]
        usable = 15 <= len(sentence) <= min(MAX_SENTENCE, max_chars) and not CODE_LIKE.search(sentence)
        if usable and TRIGGERS.search(sentence):
            language = "zh" if re.search("[\u4e00-\u9fff]", sentence) else "en"
            words = LANGUAGES[language]
            if words.stands_alone(sentence):
                for rule in SENTENCE_RULES:
                    if rule in rules and (question := getattr(words, rule)(sentence, page)):
                        yield Found((start, end), question, (start, end), rule, headings, language)
                        break
            elif (
                before
                and "cause" in rules
                and end - before[0] <= max_chars
                and (question := words.cause_after(sentence, page))
                and words.stands_alone(page.text[slice(*before)])
            ):
                yield Found((before[0], end), question, (start, end), "cause", headings, language)
        before = (start, end) if usable else None


def from_table(page: Page, block: Block, headings: tuple[str, ...]) -> Iterator[Found]:
    """Cells for questions on faults, their causes and remedies, where the table's header tells of those."""
    lines, at = [], block.start
    for line in page.text[block.start : block.end].split("\n"):
        lines.append(cells(line, at))
        at += len(line) + 1
    if len(lines) < 3 or not re.fullmatch(r"[\s|:-]+", page.text[lines[1][0][0] : lines[1][-1][1]] if lines[1] else ""):
        return
    header = [page.text[slice(*span)].strip("* ") for span in lines[0]]
    columns = {name: at for at, head in enumerate(header) for name, form in HEADERS.items() if form.fullmatch(head)}
    if "symptom" not in columns or len(columns) < 2:
        return
    rows = [row for row in lines[2:] if len(row) == len(header)]
    symptoms = [page.text[slice(*row[columns["symptom"]])] for row in rows]
    for row, symptom in zip(rows, symptoms, strict=True):
        yield from from_row(page, row, columns, symptom, symptoms.count(symptom) == 1, headings)


def from_row(
    page: Page, row: Sequence[Span], columns: dict[str, int], symptom: str, alone: bool, headings: tuple[str, ...]
) -> Iterator[Found]:
    """The questions that one row answers; a row that goes on from the one above has no symptom and none."""
    text = {name: page.text[slice(*row[at])] for name, at in columns.items()}
    language = "zh" if re.search("[\u4e00-\u9fff]", symptom) else "en"
    words = LANGUAGES[language]
    if len(symptom) < 2 or len(symptom) > 60 or any(CODE_LIKE.search(cell) for cell in text.values()):
        return
    for column, question in words.row_questions(symptom, text.get("cause", ""), alone, words.topic_of(page.title)):
        if column in columns and len(text[column]) >= MIN_CELL:
            yield Found(row[columns[column]], question, row[columns["symptom"]], "table", headings, language)


def cells(line: str, at: int) -> list[Span]:
    """Where the cells of a table's line are, without the blanks around them."""
    spans, start = [], line.find("|") + 1
    while (end := line.find("|", start)) >= 0:
        cell = line[start:end]
        begin = start + len(cell) - len(cell.lstrip())
        spans.append((at + begin, at + max(begin, start + len(cell.rstrip()))))
        start = end + 1
    return spans
