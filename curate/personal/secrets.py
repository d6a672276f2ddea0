"""Secrets: cloud keys, tokens and private keys by their form, connection strings by their place, and assignments."""

import re

from curate.personal import assignments, connections
from curate.personal.found import Candidate, Rule
from curate.personal.randomness import LIMIT, is_filler, is_words, stands_for

WORD, DASHED, HEXADECIMAL, UPPER = "[A-Za-z0-9]", "[A-Za-z0-9_-]", "[0-9a-f]", "[A-Z0-9]"
# How a token begins, of what characters the rest is, how many these are at least and at most (0: any number).
TOKENS = (
    *((start, UPPER, 16, 16) for start in ("AKIA", "ASIA", "ABIA", "ACCA")),  # Amazon
    ("AIza", DASHED, 35, 35), ("ya29.", DASHED, 20, 0), ("GOCSPX-", DASHED, 24, 32), ("1//0", DASHED, 40, 0),  # Google
    ("LTAI", WORD, 12, 26), ("AKID", WORD, 13, 40), ("JDC_", UPPER, 24, 32),  # Aliyun, Tencent, JD
    ("ALTAK", DASHED, 16, 30), ("bce-v3/ALTAK-", "[A-Za-z0-9/]", 32, 0), ("AKLT", DASHED, 20, 60),  # Baidu, Volcengine
    *((f"gh{kind}_", WORD, 30, 255) for kind in "pousr"), ("github_pat_", "[A-Za-z0-9_]", 22, 255),
    *((f"gl{kind}-", DASHED, 20, 64) for kind in ("pat", "dt", "rt", "cbt", "ptt", "ft", "soat", "imt", "agent")),
    ("ATATT3", "[A-Za-z0-9_=-]", 50, 0), ("ATCTT3", "[A-Za-z0-9_=-]", 50, 0), ("ATBB", WORD, 28, 40),  # Atlassian
    *((f"xox{kind}-", "[A-Za-z0-9-]", 10, 0) for kind in "abeoprs"), ("xapp-", "[A-Za-z0-9-]", 20, 0),  # Slack
    *((f"{kind}_{mode}_", WORD, 16, 0) for kind in ("sk", "rk") for mode in ("live", "test")), ("whsec_", WORD, 24, 0),
    ("sq0atp-", DASHED, 22, 60), ("sq0csp-", DASHED, 40, 60), ("EAAAE", DASHED, 40, 80),  # Square
    *((f"shp{kind}_", "[0-9A-Fa-f]", 32, 32) for kind in ("at", "ca", "pa", "ss", "ua")),  # Shopify
    ("hf_", WORD, 30, 40), ("api_org_", WORD, 30, 40), ("gsk_", WORD, 40, 60), ("xai-", WORD, 40, 100),
    ("pplx-", WORD, 32, 64), ("r8_", WORD, 36, 44), ("nvapi-", DASHED, 40, 0), ("lsv2_", "[a-z0-9_]", 40, 0),
    ("pcsk_", "[A-Za-z0-9_]", 40, 0), ("tvly-", DASHED, 20, 60), ("fw_", WORD, 22, 40),
    ("npm_", WORD, 30, 48), ("pypi-", DASHED, 50, 0), ("rubygems_", HEXADECIMAL, 48, 48), ("dckr_pat_", DASHED, 20, 40),
    ("oy2", "[a-z0-9]", 43, 43), ("cio", WORD, 32, 32),  # NuGet, crates.io
    *((f"do{kind}_v1_", HEXADECIMAL, 64, 64) for kind in "opr"),  # DigitalOcean
    ("dapi", HEXADECIMAL, 32, 32),  # Databricks
    ("sbp_", HEXADECIMAL, 40, 40), ("pscale_tkn_", DASHED, 30, 50), ("pul-", HEXADECIMAL, 40, 40),
    ("glsa_", "[A-Za-z0-9_]", 32, 48), ("glc_", "[A-Za-z0-9+/=]", 40, 0),  # Grafana
    ("hvs.", DASHED, 24, 0), ("hvb.", DASHED, 24, 0),  # Vault
    ("NRAK-", UPPER, 27, 27), ("PMAK-", "[0-9a-f-]", 50, 70), ("lin_api_", WORD, 32, 48), ("ntn_", WORD, 40, 50),
    ("sntrys_", "[A-Za-z0-9_+/=]", 40, 0), ("figd_", DASHED, 36, 60), ("dp.pt.", WORD, 40, 48),
    ("CFPAT-", DASHED, 40, 50), ("AKCp", WORD, 60, 80), ("key-", HEXADECIMAL, 32, 32),
    ("AGE-SECRET-KEY-1", UPPER, 58, 58),
    ("SEC", HEXADECIMAL, 64, 64), ("secret_", WORD, 43, 43),  # DingTalk's signature, Notion
)  # fmt: skip
REACH = 400  # characters of a token beyond what its gate sees
KEY_LINE = "(?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}"
BEGIN, END = f"-{{4,5}} ?BEGIN {KEY_LINE}", f"-{{4,5}} ?END {KEY_LINE}"
BETWEEN = r"""(?:\s|\\+[nrt]|["'+,>#*|])*+"""  # a line's end, as it is or escaped, and what the lines are quoted with
HEADERS = rf"(?:{BETWEEN}[A-Z][A-Za-z-]{{2,20}}: [^\n]{{1,80}}){{0,4}}"
BASE64_LINES = rf"(?:{BETWEEN}[A-Za-z0-9+/=]{{16,}}+)*+(?:{BETWEEN}[A-Za-z0-9+/=]{{1,15}}\s*\Z)?"
PUTTY_LINE = r"\r?\n(?:(?!PuTTY)[A-Z][A-Za-z0-9-]{1,30}:[^\n]{0,200}+|[A-Za-z0-9+/=]{16,200}+(?=\r?\n|\Z))"
PUTTY_END = r"\r?\nPrivate-(?:MAC|Hash): ?[0-9a-f]{1,80}+"
DER = "MII[A-Za-z0-9+/]{1,6}IBA(?:DANBgkq|AKC|AKB)"  # version 0, then RSA or its modulus: no certificate begins so


def rules_of(limit: float | None = LIMIT) -> tuple[Rule, ...]:
    """The rules; keys and tokens that are only said to be such need `limit` bits a character, none leaves these out."""
    said = () if limit is None else assignments.rules_of(limit)
    return (*map(token, TOKENS), *TOKENS_IN_PARTS, *PRIVATE_KEYS, *ADDRESSES, *connections.RULES, *said)


def token(told: tuple[str, str, int, int]) -> Rule:
    """The rule for a form of token: a literal first, to which `re` skips, then that nothing stands before it."""
    start, alphabet, least, most = told
    literal, many = re.escape(start), f"{{{least},{most or ''}}}"
    pattern = f"{literal}(?<![A-Za-z0-9]{literal}){alphabet}{many}(?!{alphabet})"
    return Rule("secret", f"{literal}{alphabet}{{{min(least, 8)}}}", re.compile(pattern), is_drawn)


def form(gate: str, pattern: str, group: int = 0) -> Rule:
    """A rule by which a form is enough, unless it is filled up with one character."""
    return Rule("secret", gate, re.compile(pattern), is_drawn, group, REACH)


def sure_form(gate: str, pattern: str, group: int = 0) -> Rule:
    """A rule by which a form is enough."""
    return Rule("secret", gate, re.compile(pattern), always, group)


def always(candidate: Candidate) -> float:
    """Whether the pattern alone is enough."""
    return 1


def is_drawn(candidate: Candidate) -> float:
    """Whether a token is not its form's name filled up: ghp_xxxxxxxxxxxx."""
    value = candidate.said[4:]
    return 0 if is_filler(value) or "xxxxxx" in value.lower() or "000000000" in value else 1


def is_numbered(candidate: Candidate) -> float:
    """Whether a token whose beginning is a common one, sk-, has the digits that words have not."""
    said = candidate.said
    return is_drawn(candidate) if any(map(str.isdigit, said)) and not is_words(said) and not stands_for(said) else 0


TOKENS_IN_PARTS = (
    Rule("secret", "sk-[A-Za-z0-9_-]{12}", re.compile(rf"sk-(?<![A-Za-z0-9]sk-){DASHED}{{16,400}}"), is_numbered),
    sure_form(  # a JWT, or a JWE whose second part is no JSON
        "eyJ[A-Za-z0-9_-]{8}",
        rf"eyJ(?<![A-Za-z0-9]eyJ)(?:{DASHED}{{5,4000}}+\.eyJ{DASHED}{{5,8000}}+(?:\.{DASHED}*+){{0,3}}"
        rf"|(?:hbGc|0eXA|lbmM){DASHED}{{4,4000}}+(?:\.{DASHED}{{6,8000}}+){{2,4}})",
    ),
    form("SG[.][A-Za-z0-9_-]{8}", rf"SG\.(?<![A-Za-z0-9]SG\.){DASHED}{{16,32}}\.{DASHED}{{32,64}}"),  # SendGrid
    form("[0-9a-f]{8}-us[0-9]", r"(?<![0-9a-f])[0-9a-f]{32}-us[0-9]{1,2}(?![0-9a-z])"),  # Mailchimp
    form("(?:AC|SK)[0-9a-f]{12}", "[AS][CK](?<![A-Za-z0-9]..)(?<=AC|SK)[0-9a-f]{32}(?![0-9A-Za-z])"),  # Twilio
    form("[0-9]{8}:[A-Za-z0-9_-]{30}", rf"(?<![0-9])[0-9]{{8,10}}:{DASHED}{{35}}(?!{DASHED})"),  # Telegram
    form(  # Discord
        r"[MNO][A-Za-z0-9]{22,}[.][A-Za-z0-9_-]{6}[.]",
        rf"[MNO](?<![A-Za-z0-9].){WORD}{{22,27}}\.{DASHED}{{6}}\.{DASHED}{{25,45}}(?!{DASHED})",
    ),
    form("[.]atlasv1[.]", rf"(?<![A-Za-z0-9]){WORD}{{14}}\.atlasv1\.{DASHED}{{60,100}}"),  # Terraform
    form(  # Azure, Entra
        "Q~[A-Za-z0-9_~.-]{8}", "(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])"
    ),
    form("pat[A-Za-z0-9]{14}[.]", rf"pat(?<![A-Za-z0-9]pat){WORD}{{14}}\.[0-9a-f]{{64}}"),  # Airtable
    form("(?:Account|SharedAccess)Key", "(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{20,}={0,2})", 1),  # Azure
    form("[?&]sig=", r"[?&]sig=([A-Za-z0-9%+/]{30,}(?:%3[Dd]|=){0,2})", 1),  # Azure's shared access signature
    sure_form(  # Amazon's secret behind its key, or behind its name
        "(?:AKIA|ASIA)[A-Z0-9]{8}",
        "(?:AKIA|ASIA)[A-Z0-9]{16}[^A-Za-z0-9+/]{1,8}([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])",
        1,
    ),
    sure_form(
        "(?i)aws[a-z_. -]*secret",
        r"(?i)aws[a-z_. -]{0,10}secret[a-z_. -]{0,16}[\"']?[ ]{0,4}[:=][ ]{0,4}[\"']?"
        r"([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        1,
    ),
)
# A block goes whole; where its last line is missing, as far as lines of base64 go; where its first is, from the start.
PRIVATE_KEYS = (
    sure_form("PRIVATE KEY", rf"{BEGIN}[^-]{{0,20000}}+(?:-(?!----)[^-]{{0,20000}}+){{0,12}}{END}"),
    sure_form("PRIVATE KEY", f"{BEGIN}{HEADERS}{BASE64_LINES}"),
    sure_form("PRIVATE KEY", rf"\A(?:[A-Za-z0-9+/=]{{4,}}+\s++)++{END}"),
    sure_form(
        "PuTTY-User-Key",
        rf"PuTTY-User-Key-File-[0-9]:[^\n]{{0,200}}+(?:(?:{PUTTY_LINE}){{0,400}}?{PUTTY_END}|(?:{PUTTY_LINE})*+)",
    ),
    sure_form(DER, rf"{DER}(?:[A-Za-z0-9+/=]|\\n|\s(?=[A-Za-z0-9+/=]{{16}})){{40,8000}}"),
)
ADDRESSES = (  # of robots, which whoever knows them can write to: Slack, Discord, Teams, DingTalk, Feishu, WeCom
    form("hooks[.]slack", r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_-]{20,})", 1),
    form("discord[a-z]*[.]com", rf"discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[0-9]{{9,20}}/({DASHED}{{40,}})", 1),
    form("webhook[.]office", r"webhook\.office\.com/webhookb?2?/([A-Za-z0-9@/-]{60,})", 1),
    form("robot/send[?]", r"robot/send\?access_token=([0-9A-Za-z]{20,})", 1),
    form("open-apis/bot", "open-apis/bot/(?:v[0-9]/)?hook/([0-9A-Za-z-]{20,})", 1),
    form("webhook/send[?]key=", r"webhook/send\?key=([0-9A-Za-z-]{20,})", 1),
)  # fmt: skip
RULES = rules_of()
