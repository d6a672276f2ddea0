"""Secrets by what is said of them: password = "...", api_key: ..., 密码：..., the password is ..."""

import re
from collections.abc import Callable
from functools import partial
from math import log2

from curate.personal.found import Candidate, Rule
from curate.personal.randomness import LIMIT, is_mixed, is_random, is_run, is_words, stands_for

Told = Callable[[Candidate, float], bool]  # whether what is said to be a secret is one, and the bits it should have
SURE = 0.9
# A literal stands first in a pattern, since `re` then skips to it; what stands before it is looked at afterwards.
PASSWORDS = ("assword", "ASSWORD", "asswd", "ASSWD", "assphrase", "ASSPHRASE", "asscode", "ASSCODE")
SHORT_PASSWORDS = ("pass", "Pass", "PASS", "pwd", "Pwd", "PWD", "pw", "PW")
SECRETS = ("ecret", "ECRET", "oken", "OKEN", "redential", "REDENTIAL")
KEYS = ("key", "Key", "KEY")
CHINESE = "[密口秘私令授访提](?:码|令|钥|匙|牌|权码|问码|取码)"
KINDS = "prod|dev|test|staging|live|value|val|text|plain|str|string|base|base64|b64|default|new|old|current|main|backup"
SUFFIX = rf"(?:s|[-_]?[0-9]{{1,2}}|[-_.]?(?:{KINDS}|{KINDS.upper()}))?"
QUOTE = "[\"'`“”‘’「」『』]"
SPACE = "[ \t\u3000]{0,16}"
MARK = rf"""[\\"'`\])*]{{0,4}}{SPACE}(?:
      :[ \t]{{0,2}}(?:(?:&'?[a-z ]{{0,8}})?(?:str|string|String|Optional\[str\]|char[ ]?\*)[ ]?(?:\|[ ]None[ ]?)?)=
    | ["'],?\s{{0,20}}["']?(?:value|Value)["']?\s{{0,2}}[:=] | \s{{0,2}}\n[ ]{{0,16}}value: | ["'],[ ]{{0,2}}(?=\\?["'])
    | :=|=>|->|={{1,3}}|!==?|[:：＝]{{1,2}}|[是为][:：]? | \|(?=[ \t]{{0,16}}{QUOTE}?[!-~]) | \((?=@?["'`])
    | >(?=[^<>\s]{{1,4095}}</)
    )"""
PROSE = r"(?:[ \t](?:for|of|on)(?:[ \t][\w.@'-]{1,30}){1,3}?)?[ \t](?:is|was|to|are|will be|set to)[ \t:]"
ALONE = "[ \t]"
SAID = (
    r"[\"'”]?[ \t]{0,4}(?:[（(][^（()）\n]{0,12}[)）])?[ \t*]{0,4}"
    r"(?:[一-龥]{0,4}?(?:是|为|叫|成了?|用)[:：]?|[:：=＝|]{1,2}|)[*]{0,2}"
)
BARE = r"[!#-%(-+\--:=?-_a-{}~]"  # of what is printed in ASCII all but quotes, angles, & , ; and |
VALUE = rf"""{SPACE}@?(?:[rbuRBU]{{1,2}}(?=["']))?(\\?{QUOTE})?((?(1)
      [^\r\n"'`“”‘’「」『』]{{0,4095}}[^\r\n"'`“”‘’「」『』\\](?=\\?{QUOTE}|\Z)
    | (?:{BARE}|&(?![A-Za-z_]{{1,20}}=)){{3,4095}}(?<![.:)(\]\[}}{{\\])))"""
CALL = re.compile(r"[A-Za-z_$@!][\w$!?]*(?:(?:\.|->|::|\?\.)[\w$]+)*[(\[{]")
CHAIN = re.compile(r"[A-Za-z_$@]\w*(?:(?:\.|->|::|\?\.)\w+)*")
PLACE = re.compile(r"(?:~|\.{1,2})?/[\w.-]+(?:/[\w.-]+)*/?|[A-Za-z]:\\.*|[A-Za-z][\w+.-]*://.*|arn:.*|\.[\w-]+")
NAMED = re.compile("pass|pwd|secret|token|key|auth|cred", re.IGNORECASE)
VARIABLE = re.compile(r"(?:[a-z]{1,8}_?)?(?:pass(?:word|wd|phrase)?|pwd|secret|token|key)_?[0-9]*", re.IGNORECASE)
ALGORITHM = re.compile(
    r"(?i)(?:sha|md|aes|des|3des|rsa|dsa|ecdsa|ed|hmac|hs|rs|es|bcrypt|scrypt|argon|pbkdf|utf|base|u?int|float|n?varchar"
    r"|char|string|text|sm|crc|tls|ssl|oauth|wpa|v)[-_ ]?[0-9]{1,5}\w{0,3}(?:[-_/(]\w{0,8}\)?){0,3}"
)
UNIT = re.compile("[位个年月日次天种条字章小分秒号]|(?: (?:characters|chars|digits|bits|bytes|times|days|attempts))")
OWNER = re.compile(r"[A-Za-z0-9_.\- ]{0,30}\Z")
OF_NO_SECRET = re.compile(  # whose token or key is none: pad_token, next_page_token, public_key
    r"(?i)(?:pad|eos|bos|unk|mask|cls|sep|special|stop|image|max|min|num|total|end|start|prompt|completion|next|page"
    r"|continuation|sync|csrf|xsrf|public|pub|cache|primary|foreign|partition|sort|row|idempotency|object|lookup|hash"
    r"|dict|map|group|unique|index|search|s3|order|config|translation|i18n|hot|arrow|shortcut)[-_. ]?t?\Z"
)
OF_A_SECRET = re.compile(
    r"(?i)(?:api|access|secret|private|auth|encrypt(?:ion)?|crypto?|decrypt(?:ion)?|sign(?:ing)?|account|storage|master"
    r"|client|service|app|licen[sc]e|session|deploy|webhook|consumer|shared|subscription|admin|jwt|hmac|aes|des|sm4|host"
    r"|cosmos|function|sdk|pay|merchant|mch|v3|connection|security|token|ingest|write|send|server|project|bot)[-_. ]?\Z"
)


def rules_of(limit: float = LIMIT) -> tuple[Rule, ...]:
    """The rules, with the bits a character that keys and tokens should have."""
    looks = r"[A-Za-z0-9_-]*[\\\"'`\])* \t]*(?:[:=＝：|>(,!是为]|->|\s*value)"
    rules = [rule(word, word, MARK, is_password, limit) for word in PASSWORDS]
    spoken: dict[str, Told] = dict.fromkeys(("assword", "assphrase", "asscode", "pwd", "pw"), is_password_in_prose)
    spoken |= {"ecret": is_token, "oken": is_token, "key": is_key}
    gate = " (?:is|was|to|are|will|set|for|of|on) "
    rules += [rule(word, word + gate, PROSE, told, limit) for word, told in spoken.items()]
    rules += [rule(word, word + looks, MARK, is_short_password, limit) for word in SHORT_PASSWORDS]
    rules += [rule(word, word + looks, MARK, is_token, limit) for word in SECRETS]
    rules += [rule(word, word + looks + r"[^\n]*[!-~]{8}", MARK, is_key, limit) for word in KEYS]
    rules.append(rule("assword", "assword [^ ]*[0-9]", ALONE, is_alone, limit))
    rules.append(rule("ASSWORD", "ASSWORD [^ ]*[0-9]", ALONE, is_set, limit))
    rules.append(rule(CHINESE, CHINESE, SAID, is_chinese, limit))
    return tuple(rules)


def rule(literal: str, gate: str, mark: str, told: Told, limit: float) -> Rule:
    """A rule: a word, a mark, and a value, which is the secret."""
    suffix = SUFFIX if mark == MARK else ""
    first = f"(?-x:{literal}{suffix})"
    said = mark if mark == MARK else f"(?-x:{mark})"
    return Rule("secret", gate, re.compile(f"{first}{said}{VALUE}", re.VERBOSE), partial(sure, told, limit), 2)


def sure(told: Told, limit: float, candidate: Candidate) -> float:
    """How sure a value is a secret."""
    value = candidate.said
    if stands_for(value) or PLACE.fullmatch(value) or ALGORITHM.fullmatch(value) or is_code(candidate):
        return 0
    return SURE if told(candidate, limit) else 0


def is_quoted(candidate: Candidate) -> bool:
    """Whether the value stands in quotes."""
    return candidate.match[1] is not None


def is_code(candidate: Candidate) -> bool:
    """Whether a value without quotes is no value but code that gives one: os.environ["X"], self.password, string."""
    value = candidate.said
    if is_quoted(candidate):
        return "`" in str(candidate.match[1]) and CALL.match(value) is not None
    return CALL.match(value) is not None or (
        CHAIN.fullmatch(value) is not None
        and is_words(value)
        and not (is_environment(candidate) or is_numbered_word(candidate))
    )


def is_numbered_word(candidate: Candidate) -> bool:
    """Whether it is a word with digits behind a colon, as in notes: falcon45. Behind = it may be a variable."""
    value, before = candidate.said, candidate.text[candidate.match.start() : candidate.start]
    return value.isalnum() and not value.isalpha() and not VARIABLE.fullmatch(value) and "=" not in before


def is_environment(candidate: Candidate) -> bool:
    """Whether it is written as in an environment file: DB_PASSWORD=swordfish to the line's end."""
    before = candidate.text[candidate.match.start() : candidate.start]
    after = candidate.text[candidate.end : candidate.end + 1]
    return before.isupper() and before.endswith("=") and after in ("", "\n", "\r", " ", "`")


def is_password(candidate: Candidate, limit: float) -> bool:
    """Whether a value may be a password: people choose them, so that they need not be random."""
    value, quoted = candidate.said, is_quoted(candidate)
    if " " in value:  # a phrase is one; a sentence about passwords is none
        return quoted and "hrase" in candidate.match[0].lower() and value.count(" ") > 2
    if value.isdecimal():
        return len(value) >= 6 and not UNIT.match(candidate.text, candidate.end)
    named = is_words(value) and NAMED.search(value) is not None and not any(map(str.isdigit, value))
    if len(value) < 4 or is_run(value) or named:
        return False
    if re.fullmatch("[A-Za-z_.-]+", value) and not is_environment(candidate):
        given = re.search(r"=[^=:]*\Z", candidate.text[candidate.match.start() : candidate.start]) is not None
        return len(value) >= (6 if quoted else 8) and (not is_words(value) or (quoted and given))
    return True


def is_password_in_prose(candidate: Candidate, limit: float) -> bool:
    """Whether what a sentence calls a password is one: it has digits, or marks between letters."""
    value = candidate.said
    marked = re.search("[0-9]|[!#$%^&*+=?@_~]", value) is not None
    return " " not in value and len(value) >= 5 and (marked or (is_quoted(candidate) and not NAMED.search(value)))


def is_alone(candidate: Candidate, limit: float) -> bool:
    """Whether what stands right behind the word, without a mark, is a password."""
    return is_mixed(candidate.said)


def is_set(candidate: Candidate, limit: float) -> bool:
    """Whether a command sets a variable, as a Dockerfile's ENV does."""
    start = candidate.match.start()
    command = re.search(r"(?:ENV|ARG|set(?:env)?(?: -\w{1,3})?) \w*\Z", candidate.text[max(0, start - 40) : start])
    return command is not None and is_password(candidate, limit)


def is_short_password(candidate: Candidate, limit: float) -> bool:
    """The same behind pass, pwd or pw, which are parts of other words."""
    start = candidate.match.start()
    left, first = candidate.text[max(0, start - 1) : start], candidate.match[0][0]
    apart = not left.isalpha() or (first.isupper() and left.islower())
    return apart and is_password(candidate, limit)


def owner(candidate: Candidate) -> str:
    """What stands before the word: the api of api_key."""
    start = candidate.match.start()
    found = OWNER.search(candidate.text[max(0, start - 30) : start])
    return found[0] if found else ""


def is_token(candidate: Candidate, limit: float) -> bool:
    """Whether a value may be a token or a secret: long enough, with digits or letters at random."""
    value = candidate.said
    if OF_NO_SECRET.search(owner(candidate)) or " " in value or len(value) < 8 or is_run(value):
        return False
    return is_random(value, min(limit, 0.85 * log2(len(value)))) and has_digit_or_is_long(value)  # short ones have less


def has_digit_or_is_long(value: str) -> bool:
    """Whether a value has digits, or so many letters that they cannot be a word by chance."""
    return len(value) >= 20 or any(map(str.isdigit, value))


def is_key(candidate: Candidate, limit: float) -> bool:
    """Whether a value may be a key: behind api or secret as a token, behind any other word only where it is random."""
    before, value = owner(candidate), candidate.said
    if OF_A_SECRET.search(before):
        return is_token(candidate, limit)
    if OF_NO_SECRET.search(before) or (before and before[-1].isalpha() and candidate.match[0][0] == "k"):
        return False
    kinds = (str.isdigit, str.isupper, str.islower)
    plain = re.fullmatch("[A-Za-z0-9+/_=-]{20,}", value) is not None
    return plain and all(any(map(kind, value)) for kind in kinds) and is_random(value, limit + 0.4)


def is_chinese(candidate: Candidate, limit: float) -> bool:
    """Whether the value behind 密码, 口令 or 密钥 is one; without a mark between it needs letters and digits."""
    value, text = candidate.said, candidate.match[0]
    if UNIT.match(candidate.text, candidate.end) or " " in value or not re.search("[A-Za-z0-9]", value):
        return False
    marked = is_quoted(candidate) or re.search("[:：=＝|是为成叫]", text[2 : candidate.start - candidate.match.start()])
    if not marked:
        mixed = re.search("[A-Za-z]", value) and re.search("[0-9]", value) and not is_words(value)
        return len(value) >= 6 and bool(mixed or value.isdecimal())
    if re.match("[密秘私][钥匙]|令牌", text):
        return len(value) >= 8 and is_random(value, min(limit, 2.5)) and has_digit_or_is_long(value)
    return len(value) >= 4 and (any(map(str.isdigit, value)) or not is_words(value))
