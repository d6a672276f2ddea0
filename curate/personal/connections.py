"""Passwords in connection strings, headers and command lines: where they stand says what they are."""

import re
from base64 import b64decode
from collections.abc import Callable

from curate.personal.found import Candidate, Rule
from curate.personal.randomness import is_filler, is_mixed, is_random, stands_for

SURE = 0.95
REACH = 600  # characters of a match beyond what its gate sees
DATABASES = "postgres(?:ql)?|mysql2?|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|oracle|clickhouse|ldaps?|s?ftp"
DOCUMENTED = ("password", "passwd", "pass", "pwd", "pw", "secret", "passw0rd")  # what stands for one in documentation
NOT_GIVEN = ("$", "{", "<", "%(", "*", "[")
USER, HOST = r"[^\s:/@\"'<>`]{0,100}", r"@(?=[A-Za-z0-9.\[_${%-])"
STRING = r"[\"'][^\"'\n]{1,200}[\"']"
LOGIN = r"(?:login|creds|credentials|登[录陆]|账密|账号/?密码)[ ]?[:：][ ]?[A-Za-z0-9_.@-]{2,40}[ ]?[/:：][ ]?"
FLAGS = r"(?: -{1,2}[\w-]{1,30}(?:[= ][\w.@]{1,60})?){0,6}"  # of a command, before the one that matters
WORD = r"[\"']?([^\s\"'`\-<$\[{][^\s\"'`]{2,300})"


def rule(gate: str, pattern: str, holds: Callable[[Candidate], float]) -> Rule:
    """A rule whose first group is the secret."""
    return Rule("secret", gate, re.compile(pattern), holds, 1, REACH)


def is_given(candidate: Candidate) -> float:
    """Whether a password is one and not a word that stands for it."""
    return 0 if stands_for(candidate.said) else is_weak(candidate)


def is_weak(candidate: Candidate) -> float:
    """The same where the place leaves no doubt: there `root` and `guest` are passwords, too."""
    said = candidate.said
    documented = said.lower() in DOCUMENTED or is_filler(said) or said.startswith(NOT_GIVEN)
    return 0 if documented or (stands_for(said) and not said.isalnum()) else SURE


def is_weak_in_address(candidate: Candidate) -> float:
    """The same in an address, where a port and a path may stand before an @."""
    return 0 if re.match("[0-9]{2,5}[/;?]", candidate.said) else is_weak(candidate)


def is_of_user(candidate: Candidate) -> float:
    """The same behind -u, where a host and its port, or an address, may stand as well."""
    return 0 if re.match("//|[0-9]{1,5}(?:/|$)", candidate.said) else is_given(candidate)


def is_basic(candidate: Candidate) -> float:
    """Whether base64 holds a name, a colon and a password, as in a header of basic authentication (RFC 7617)."""
    said = candidate.said.rstrip("=")
    try:
        plain = b64decode(said + "=" * (-len(said) % 4), validate=True).decode("utf-8")
    except ValueError:
        return 0
    _, colon, password = plain.partition(":")
    return SURE if colon and password and plain.isprintable() and not is_filler(password) else 0


def is_bearer(candidate: Candidate) -> float:
    """Whether what stands behind Bearer is a token: 2.5 bits a character and a digit, which no word has."""
    said = candidate.said
    return SURE if not stands_for(said) and is_random(said, 2.5) and any(map(str.isdigit, said)) else 0


def is_behind_user(candidate: Candidate) -> float:
    """Whether what stands behind a user's name is a password, by what it is made of."""
    return is_given(candidate) if is_mixed(candidate.said) else 0


RULES = (
    rule("://[^/ @]*:[^ @]+@", rf"://(?<=[A-Za-z0-9+]://){USER}:([^\s/\"'<>`]{{1,300}}){HOST}", is_weak_in_address),
    rule(  # a database's address, in whose password a slash may stand as well
        "://[^/ @]*:[^ @]+@",
        rf"(?:{DATABASES})(?:\+\w{{1,12}})?://{USER}:([^\s@\"'<>`]{{1,300}}){HOST}",
        is_weak_in_address,
    ),
    rule(  # ADO and ODBC: Server=...;Password=...;
        "(?i);[ ]*(?:password|pwd)[ ]?=", r"(?i);[ ]{0,2}(?:password|pwd)[ ]?=[ ]?([^;\"'\s]{1,200})", is_weak
    ),
    rule(
        "(?i)(?:password|pwd)[ ]?=[^;]+;",
        r"(?i)(?:password|pwd)[ ]?=[ ]?([^;\"'\s]{1,200});[ ]?(?:[A-Z][A-Z ]{1,30}=|[\"']|$)",
        is_weak,
    ),
    rule("[Bb]asic [A-Za-z0-9+/]{6}", "[Bb]asic ([A-Za-z0-9+/]{6,400}={0,2})", is_basic),
    rule("auth[\"'= :]", r"auth[\"']?[ ]{0,2}[:=][ ]{0,2}[\"']?([A-Za-z0-9+/]{8,400}={0,2})", is_basic),
    rule("[Bb]earer [A-Za-z0-9._~+/-]{12}", "[Bb]earer ([A-Za-z0-9._~+/-]{16,2000}={0,2})", is_bearer),
    rule(
        "(?:-u|--user|--proxy-user)[ =]",
        r"(?:-u|--user|--proxy-user)[ =][\"']?[^\s:\"'@{}/]{1,60}:([^\s\"'@`]{3,200})(?=[\"'\s`]|\Z)",
        is_of_user,
    ),
    rule(
        "--(?:[a-z]+-)?(?:password|passwd|pass|passphrase|token|secret|api-key) ",
        f"--(?:[a-z]{{1,12}}-)?(?:password|passwd|pass|passphrase|token|secret|api-key) {WORD}",
        is_given,
    ),
    rule(
        "sshpass|mysql|mariadb|mongo",
        f"(?:sshpass -p ?|(?:mysql|mariadb)(?:dump|admin)?{FLAGS} -p|mongo(?:sh|dump)?{FLAGS} -p ){WORD}",
        is_given,
    ),
    rule(  # SQL
        "(?i)(?:identified (?:with [a-z0-9_]+ )?by|password) +'",
        r"(?i)(?:identified (?:with \w{1,40} )?by|(?:with|encrypted|set) password) {1,4}'([^'\n]{3,200})'",
        is_given,
    ),
    rule("requirepass|masterauth", r"(?:requirepass|masterauth) {1,4}[\"']?([^\s\"']{3,200})", is_given),
    rule("login[ \t\r\n]+[^ ]+[ \t\r\n]+password", r"login\s{1,4}\S{1,100}\s{1,4}password\s{1,4}(\S{3,200})", is_given),
    rule("login:|creds|credentials|登[录陆]|账密|账号/?密码", rf"{LOGIN}([^\s\"'`，。；]{{5,100}})", is_behind_user),
    rule(r"(?i)session_?id=|sessid=", r"(?i)(?:session_?id|sessid)=([A-Za-z0-9_%-]{20,200})", is_bearer),
    rule("://[0-9a-f]{32}@", r"://([0-9a-f]{32})@", is_weak),
    rule("auth ?= ?[(]", rf"auth ?= ?\(\s*{STRING},\s*[\"']([^\"'\n]{{3,200}})[\"']\s*\)", is_weak),
    rule(
        "jwt[.][a-z]+[(]", r"jwt\.(?:sign|verify|encode|decode)\([^,\n]{1,200},\s*[\"']([^\"'\n]{6,400})[\"']", is_given
    ),
    rule(
        "getConnection|mysqli?|PDO",
        r"(?:getConnection|mysqli(?:_connect)?|mysql_connect|PDO)\((?:[^,\n]{1,200},\s*){2}[\"']([^\"'\n]{3,200})[\"']",
        is_given,
    ),
    rule("redis-cli", rf"redis-cli{FLAGS} -a {WORD}", is_given),
    rule("htpasswd -", rf"htpasswd -[a-zA-Z]{{0,6}}b[a-zA-Z]{{0,6}} \S{{1,200}} \S{{1,100}} {WORD}", is_given),
    rule("-pass(?:in|out)? pass:", rf"-pass(?:in|out)? pass:{WORD}", is_given),
)
