"""Questions in English, formed from headings and sentences only where the grammar is certain."""

import re
from collections.abc import Iterator, Sequence

from curate_plugins.synth.outline import Page
from curate_plugins.synth.sentences import phrases

WORDS = re.compile(r"[A-Za-z][A-Za-z'-]*")
PRONOUNS = re.compile(
    r"\b(?:it|its|itself|this|that|these|those|they|them|their|he|she|him|her|his|such|which|whose|"
    r"who|there|here|one|ones"
    r"|former|latter|respectively|same|other|others|another)\b",
    re.IGNORECASE,
)
DEMONSTRATIVES = re.compile(
    r"\b(?:that (?:is|does|has|fails|happens)|it|its|itself|this|these|those|they|them|their|he|she|"
    r"such|there|here|ones?|latter|former)\b",
    re.IGNORECASE,
)
UNRESOLVED = re.compile(
    r"\b(?:aforementioned|previous(?:ly)?|following|figure|fig\.|as follows|see|refer to|(?:this|"
    r"the) (?:section|chapter|document"
    r"|guide|page|manual|bulletin|article|tutorial|example|appendix|table|leaflet|booklet|notice)"
    r"|(?:in|on|of|from|at|for|with) that|(?:as|described|mentioned|listed|shown|given|defined|"
    r"the) (?:above|below)|(?:above|"
    r"below)(?=[.,;:)]|$))\b|\btable \d|^(?:It|This|That|These|Those"
    r"|They|He|She|Such|Here|There|Its|Their|However|But|And|Or|So|Also|Thus|Hence|Therefore|"
    r"Otherwise|Instead|Then|Both|Neither"
    r"|Either|Similarly|Likewise|Yet|Nor|Still|Again|Moreover|Furthermore|Consequently|Meanwhile|"
    r"For this reason|As a result|In that case)\b",
    re.IGNORECASE,
)
GENERIC = phrases(
    "see also|tips|key topics|added|fixed|changed|removed|donate|references|reference|"
    "further reading|table of contents|contents|license|licence|"
    "changelog|change log|release notes"
    "|acknowledgements|acknowledgments|contributing|credits|links|resources|next steps|what's next|"
    "related|related topics|example"
    "|examples|usage|syntax|synopsis|notes|note|options|parameters|arguments|summary|conclusion|"
    "getting started|getting help"
    "|faq|frequently asked questions|background|details|description|learn more|general|"
    "miscellaneous|other|introduction|overview"
    "|lesson|lessons|action taken|quick table|scope|purpose|about|status|todo|contact|support|"
    "authors|citation|quick start|quickstart|abstract|before you begin|help",
    "|",
)
KIND_OF_MANUAL = (
    "(?:user|operating|operator|installation|maintenance|service|reference|owner's|field|quick|technical|instruction)"
)
MANUAL = re.compile(  # of a "Member Handbook" the member alone would be left
    rf"[\s:,-]+(?:(?:{KIND_OF_MANUAL}\s)?(?:manual|documentation|docs|instructions|faq)"
    rf"|{KIND_OF_MANUAL}\s(?:guide|handbook))$",
    re.IGNORECASE,
)
AUXILIARY = phrases("is are was were can cannot must should will may might could would does do has have")
FINITE = AUXILIARY | {"isn't", "don't", "doesn't", "can't", "won't", "needs", "shall"}
DETERMINERS = phrases("the a an your any all each every its new")
IMPERATIVES = phrases(
    "add adjust align allow apply ask avoid call change check choose clean close connect consider "
    "contact cool create deactivate delete"
    " disable disconnect discard do drain dry edit enable ensure examine fill find fit flush follow "
    "get give grease hand have inspect install"
    " isolate keep lead leave let lift lock loosen lower lubricate make measure mount move never "
    "note notify open order place prepare press"
    " prevent provide pull push put raise read realign rebalance rebuild record reduce remove renew "
    "repair repeat replace report request"
    " reset restart return rotate run select send set shut specify start stop store submit support "
    "switch take tell test throttle tighten"
    " try turn undo update upgrade use vent verify wait walk wash wear wipe write please always "
    "begin bring build configure deploy download"
    " define describe determine pass pay claim fetch feed stay talk tape warm work"
)
GERUNDS = {
    "adding": "add", "adjusting": "adjust", "aligning": "align", "assembling": "assemble", "building": "build",
    "cancelling": "cancel", "changing": "change", "checking": "check", "choosing": "choose", "claiming": "claim",
    "cleaning": "clean", "configuring": "configure", "connecting": "connect", "creating": "create",
    "deleting": "delete",
    "deploying": "deploy", "disabling": "disable", "dismantling": "dismantle", "draining": "drain",
    "enabling": "enable",
    "filling": "fill", "fitting": "fit", "flushing": "flush", "installing": "install", "lubricating": "lubricate",
    "making": "make", "measuring": "measure", "mounting": "mount", "priming": "prime", "reading": "read",
    "removing": "remove", "replacing": "replace", "reporting": "report", "restarting": "restart", "running": "run",
    "selecting": "select", "setting": "set", "starting": "start", "stopping": "stop", "storing": "store",
    "testing": "test", "tightening": "tighten", "uninstalling": "uninstall", "updating": "update",
    "upgrading": "upgrade", "using": "use", "verifying": "verify", "writing": "write",
}  # fmt: skip
PLURALS = re.compile(
    r"(?:requirements|precautions|limits|limitations|restrictions|prerequisites|benefits|advantages|"
    r"disadvantages|features|exclusions"
    r"|specifications|symptoms|causes|conditions|responsibilities|obligations|tolerances|ratings|"
    r"components|intervals|signs)$",
    re.IGNORECASE,
)
SINGULAR = phrases("cause remedy procedure solution diagnosis schedule deadline method principle")
NO_TERM = phrases(
    "against in on at for to with by from and or but not if when which who there here we you i "
    "another each every all some many most both first"
    " second third next last goal purpose reason result example idea advantage problem question "
    "point thing way what how why where step note"
    " also then now today only even just still often usually sometimes since because while although "
    "unless than so as is are was be has have"
    " no nothing everything anyone someone answer difference rule exception rest part following "
    "default value option default output below"
)
TERM = re.compile(
    r"(?P<article>An? |The )?(?P<term>[A-Za-z0-9][\w/-]*(?: [\w/-]+){0,5}?)(?: \((?P<short>[\w/ -]{2,40})\))?,?"
    r" (?P<verb>is defined as|are defined as|refers to|refer to|means|denotes|stands for|is an?|are|"
    r"is the) (?P<rest>.{12,})",
    re.DOTALL,
)
NO_KIND = re.compile(
    r"(?:good|bad|great|must|bit|little|lot|few|problem|common|nice|matter|sign|thing|way|list|"
    r"result|example|reason|reminder|sort"
    r"|good idea|case|mistake|only|best|most|first|same|default|recommended|main|last|next|right|"
    r"wrong|warning|work in progress|no-op|pity"
    r"|rule|statistical|simple matter|question|one|case where|way to|number of)\b",
    re.IGNORECASE,
)
ADVERB = r"(?:(?:usually|often|mostly|almost always|generally|typically|frequently|always|mainly|in most cases) )?"
CAUSED = re.compile(
    rf"(?P<effect>[^,;:]{{4,80}}?) (?:is|are) {ADVERB}(?:caused by|due to|the result of|a result of|"
    rf"a consequence of) \S",
    re.IGNORECASE,
)
EFFECT_LAST = re.compile(
    r"(?:.{15,}?)(?:, (?:and )?(?:therefore|consequently|hence|as a result)|; (?:therefore|"
    r"consequently|hence|as a result),?|, which is why) (?P<effect>.{12,140})[.!]$",
    re.DOTALL,
)
EFFECT_AFTER = re.compile(
    r"(?:Therefore|As a result|For this reason|Consequently|Hence|That is why|"
    r"This is why),? (?P<effect>.{12,140})[.!]$",
    re.DOTALL,
)
NO_REASON = re.compile(
    r"\b(?:not|only|just|simply|partly|mainly|perhaps|probably|especially|particularly|either|and|or|"
    r"largely|precisely|merely)$"
)
CONDITION = re.compile(
    r"(?P<word>If|When|Once|In case of|In the event of|Whenever) (?P<what>[^,;:]{8,120}), (?:then )?(?P<then>.{8,})",
    re.DOTALL,
)
PURPOSE = re.compile(r"(?:In order to|To) (?P<goal>[a-z][^,;:]{8,100}), (?P<then>[a-z]+) .{6,}", re.DOTALL)
PERSON = re.compile(
    r"(?:[\w-]+ ){0,3}(?:writer|author|editor|founder|director|professor|engineer|journalist|doctor|lawyer|artist|"
    r"actor|singer|developer|scientist|researcher|manager|physician|nurse|coach|blogger|reporter|politician)\b"
)
DUTY = re.compile(
    r"\b(?:must|should|shall|needs? to|ha(?:s|ve) to|do not|never|always|please|be sure|make sure)\b", re.IGNORECASE
)


def stands_alone(sentence: str) -> bool:
    """Whether a sentence needs nothing before it, and ends."""
    begins = re.match(r"[A-Z`\"“]|\d+(?! [A-Z])", sentence)
    return bool(begins and sentence[-1] in ".!?\"')”" and not UNRESOLVED.search(sentence))


def topic_of(title: str) -> str:
    """What a title is about: the pump, not its manual."""
    short = MANUAL.sub("", title).strip(" :,-")
    return short if len(WORDS.findall(short)) > 1 else title


def heading_question(heading: str, topic: str, near: str, page: Page) -> tuple[str, bool] | None:
    """A question that the text below a heading answers, and whether only the whole of that text does."""
    words = heading.lower().split()
    if heading.endswith("?"):
        return (heading, False) if len(words) >= 3 and not DEMONSTRATIVES.search(heading) else None
    heading = heading.rstrip(".!")
    if heading.lower() in {*GENERIC, topic.lower()} or re.search(r"[\u4e00-\u9fff_]|\(\)|^[`\-]|\w\.\w", heading):
        return None
    if re.match("[a-z]+ .*[A-Z]", heading):  # the row of a table that a PDF had
        return None
    if DEMONSTRATIVES.search(heading) or re.search(
        r"[:?!=<>{}|/]|\b(?:guide|manual|section|chapter|document|page|bulletin)\b|\d{4}", heading.lower()
    ):
        return None
    if (
        not words
        or len(words) > 10
        or re.match(r"(?:step|phase|part|appendix|chapter|figure|table|example|case|version|v\d)\b", words[0])
    ):
        return None
    asked = how_to(words, heading) or indirect(words, page.lowered(heading))
    if asked:
        return (about(topic) + asked if topic else said(asked)), asked.startswith("how do I")
    noun = page.lowered(heading)
    if topic and words[0] in ("if", "when") and (mine := first_person(noun.split(None, 1)[-1])):
        return f"{about(topic)}what should I do {words[0]} {mine}?", False
    if not topic or len(heading) < 4 or FINITE & set(words) or not words[0][0].isalnum():
        return None
    if words[0] in ("after", "before", "during"):
        return f"{about(topic)}what matters {noun}?", False
    if words[0] in IMPERATIVES - {"order", "wear", "test", "work", "support", "record", "note"} or words[0] in NO_TERM:
        return None
    if PLURALS.search(heading) or words[-1] in SINGULAR:
        return (
            f"{about(topic)}what {'are' if PLURALS.search(heading) else 'is'} the {noun.removeprefix('the ')}?",
            False,
        )
    if len(words) < 4 and any(f" {article} {noun.lower()}" in near.lower() for article in ("a", "an", "the")):
        noun = f"the {noun}"
    return f"{about(topic)}what should I know about {noun}?", False


def about(topic: str) -> str:
    """A topic before a question."""
    return f"{topic} — " if ":" in topic else f"{topic}: "


def said(question: str) -> str:
    """A question as a sentence of its own."""
    return question[0].upper() + question[1:]


def how_to(words: Sequence[str], heading: str) -> str:
    """ "How do I ...?" for "How to ...", and for a verb we know before a determiner; nothing where that is not sure."""
    if words[:2] == ["how", "to"] and len(words) > 3:
        return f"how do I {heading.split(None, 2)[2]}?"
    verb = GERUNDS.get(words[0]) or (words[0] if words[0] in IMPERATIVES and not words[0].endswith("ly") else "")
    if (
        verb
        and verb not in ("do", "never", "please", "always", "let", "have")
        and len(words) > 2
        and words[1] in DETERMINERS
    ):
        return f"how do I {verb} {heading.split(None, 1)[1]}?"
    return ""


def indirect(words: Sequence[str], heading: str) -> str:
    """ "explain why ..." for a heading that is an indirect question; "what is ...?" as it is."""
    if (
        words[0] == "what"
        and len(words) > 2
        and words[1] in ("is", "are")
        and words[2] not in ("new", "next", "included")
    ):
        return f"{heading}?"
    return f"explain {heading}." if words[0] in ("why", "how", "what", "when", "where") and len(words) > 2 else ""


def fits_question(question: str, answer: str) -> bool:
    """Whether an answer meets a yes-or-no question: it says yes or no, or its first words are the question's."""
    if not re.match(r"(?:is|are|does|do|can|will|should|may|has|have|must)\b", question, re.IGNORECASE):
        return True
    if re.match(r"(?:yes|no|not|it depends|only|always|never)\b", answer, re.IGNORECASE):
        return True
    asked = {word[:5] for word in WORDS.findall(question.lower()) if len(word) > 3}
    first = {word[:5] for word in WORDS.findall(answer[:200].lower())}
    return len(asked & first) * 2 > len(asked)


def definition(sentence: str, page: Page) -> str:
    """ "What is X?" for a sentence that says what X is."""
    found = TERM.match(sentence)
    if not found:
        return ""
    term, verb = found["term"], found["verb"]
    words = term.lower().split()
    article = (found["article"] or "").strip()
    if (
        NO_TERM & (set(words) - {"of"})
        or PRONOUNS.search(term)
        or len(term) < 3
        or len(term) > 50
        or words[0] in IMPERATIVES
    ):
        return ""
    if any(word.endswith(("ing", "ed", "ly")) for word in words[1:]) and verb in (
        "are",
        "is a",
        "is an",
        "is the",
        "means",
    ):
        return ""
    weak = verb in ("are", "is a", "is an", "is the", "means")
    if weak and (article == "The" or "of" in words or NO_KIND.match(found["rest"])):
        return ""
    if verb == "are" and not (words[-1].endswith("s") and re.match(r"[a-z]+(?: [a-z-]+)? that |\w+s ", found["rest"])):
        return ""
    if verb == "is the" and not re.match(
        r"[a-z]+(?: [a-z]+)? (?:of|by which|at which|in which|that|between)\b", found["rest"]
    ):
        return ""
    whole = f"{article.lower()} {term}" if article else page.lowered(term)
    if verb == "means":
        return f"What does {whole} mean?" if article or not term.endswith("s") else ""
    if PERSON.match(found["rest"]):
        return f"Who is {whole}?"
    plural = verb.startswith(("are", "refer ")) or verb == "refer to"
    return f"What {'are' if plural else 'is'} {whole}?"


def cause(sentence: str, page: Page) -> str:
    """ "Why ...?" or "What causes ...?" for a sentence that gives a reason."""
    if found := CAUSED.match(sentence):
        effect = found["effect"]
        vague = PRONOUNS.search(effect) or FINITE & set(effect.lower().split()) or len(effect.split()) > 8
        return "" if vague else f"What causes {page.lowered(effect)}?"
    if sentence.startswith("Because ") and sentence.count(", ") == 1:
        return why(sentence.split(", ")[1][:-1], page)
    for word in (" because ", ", since "):
        effect, found_word, _ = sentence.partition(word)
        if found_word and not NO_REASON.search(effect.rstrip(",")):
            return why(effect.rstrip(","), page)
    found = EFFECT_LAST.match(sentence)
    return why(found["effect"], page) if found else ""


def cause_after(sentence: str, page: Page) -> str:
    """ "Why ...?" for a sentence that says what follows from the one before it."""
    found = EFFECT_AFTER.match(sentence)
    return why(found["effect"], page) if found else ""


def why(effect: str, page: Page) -> str:
    """A clause as a question for its reason: the verb goes first where an auxiliary allows it."""
    effect = page.lowered(" ".join(effect.split()))
    words = effect.split()
    lower = [word.lower() for word in words]
    if (
        not 4 <= len(words) <= 22
        or PRONOUNS.search(effect)
        or re.search(r"[,;:()\[\]\"“”]|\b(?:if|when|where|while|although|what|how|why|we|i)\b", effect, re.IGNORECASE)
    ):
        return ""
    if lower[:2] == ["do", "not"]:
        return f"Why should you not {' '.join(words[2:])}?"
    if lower[0] in IMPERATIVES:
        return "" if lower[0] in ("never", "please", "always", "do") else f"Why should you {effect}?"
    at = next((number for number, word in enumerate(lower) if word in AUXILIARY), 0)
    if lower[0] in NO_TERM - {"all", "most", "many", "some", "every", "each", "both", "no", "you"} or not 0 < at <= 8:
        return ""
    if lower[at] in ("has", "have") and lower[at + 1 : at + 2] != ["been"]:
        return ""
    auxiliary, rest = ("can", ["not", *words[at + 1 :]]) if lower[at] == "cannot" else (words[at], words[at + 1 :])
    return f"Why {auxiliary} {' '.join(words[:at])} {' '.join(rest)}?" if len(rest) > 0 else ""


def condition(sentence: str, page: Page) -> str:
    """ "What should be done if ...?" or "What happens if ...?" for a sentence with a condition before a comma."""
    found = CONDITION.match(sentence)
    if not found:
        return ""
    what, then, word = " ".join(found["what"].split()), found["then"], found["word"].lower()
    if (
        DEMONSTRATIVES.search(what)
        or " " not in what
        or re.search(
            r"[()\[\]\"“”`]|\b(?:and|or|but|not|necessary|possible|needed|required|desired|applicable|so|"
            r"in doubt|smaller|larger|higher|lower|more|less|bigger|longer|shorter)$",
            what,
        )
    ):
        return ""
    if word in ("when", "whenever", "once") and re.match(r"\w+(?:ed|ing)\b", what) and word != "when":
        return ""
    first = then.split()[0].lower().strip(",")
    must = first in IMPERATIVES or DUTY.search(then.partition(", ")[0])
    if re.search(r"\b(?:we|us|our|i)\b", what):
        return ""
    if re.search(r"\byou(?:r|rs|rself)?\b", what):
        mine = first_person(what)
        return f"What should I do {word} {mine}?" if mine and must and word != "once" else ""
    if first in ("which", "and", "or", "but", "who", "where"):
        return ""
    if must:
        return f"What should be done {word} {what}?"
    asserts = word in ("if", "once") and len(then.split()) > 3 and not re.match(r"\w+ing\b|(?:is|are|was)\b", what)
    return (
        f"What happens {word} {what}?"
        if asserts and not re.match(r"(?:for|to|as|even|you|we|i|it|they|this|that|these|he|she)\b", first)
        else ""
    )


def first_person(clause: str) -> str:
    """A clause about "you" as its reader says it; nothing where "you" is not its subject."""
    if (
        not re.match(r"you\b", clause)
        or len(re.findall(r"\byou\b", clause)) > 1
        or re.search(r"\byours(?:elf)?\b", clause)
    ):
        return ""
    clause = re.sub(r"^you are\b", "I am", clause)
    return re.sub(r"\byour\b", "my", re.sub(r"^you\b", "I", clause))


def purpose(sentence: str, page: Page) -> str:
    """ "What should be done to ...?" for a sentence that says so."""
    found = PURPOSE.match(sentence)
    vague = not found or found["then"] not in IMPERATIVES or DEMONSTRATIVES.search(found["goal"])
    if vague or re.search(r"\b(?:do so|you|your|see|learn|know)\b|[()`\"]", found["goal"] if found else ""):
        return ""
    assert found
    return f"What should be done to {' '.join(found['goal'].split())}?"


def row_questions(symptom: str, cause: str, alone: bool, topic: str) -> Iterator[tuple[str, str]]:
    """Questions on a row of a table of faults: (column, question). The cause is asked for where only one row has it."""
    before = f"{about(topic)}what" if topic else "What"
    if alone:
        yield "cause", f'{before} can cause the symptom "{symptom}"?'
    if alone or cause:
        because = "" if alone else f', when the cause is "{cause}"'
        yield "remedy", f'{before} should be done about "{symptom}"{because}?'
