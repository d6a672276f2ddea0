"""What stands for a person on the net: e-mail addresses, IP and MAC addresses, logins in a URL, wallets, IBANs."""

import re
from ipaddress import AddressValueError, IPv6Address

from curate.personal.check_digits import base58_payload, bech32_data, with_iban
from curate.personal.context import follows, words
from curate.personal.found import Candidate, Rule

EDGE = "(?:^|[^0-9A-Za-z])"  # a gate begins at a word, so that the automaton follows one start at a time
MAIL_WORDS = words("邮箱|邮件|电邮|信箱|联系|投稿|抄送", "e-?mail|mail|mailto|contact|write|reach|cc|bcc|from|to")
# Generic domains that people have addresses under; every two letters count as a country's.
DOMAINS = re.compile(
    "com|net|org|edu|gov|mil|int|info|biz|name|pro|aero|coop|museum|mobi|asia|tel|travel|jobs|cat|post|app|dev|page|blog"
    "|cloud|online|site|store|shop|tech|xyz|top|vip|club|wang|ink|ltd|group|link|live|news|email|love|icu|art|world|life"
    "|today|center|company|team|design|studio|agency|digital|network|systems|solutions|services|global|finance|bank"
    "|media|academy|education|university|school|health|care|clinic|hospital|law|legal|science|technology|software"
    "|google|example|test|invalid|onion|local|xn--.*|[a-z]{2}|[^a-z].*"
)
FILES = re.compile(
    "png|jpe?g|gif|svg|webp|tgz|whl|jar|json|ya?ml|html?|css|[jt]sx?|py|rb|rs|go|md|txt|xml|zip|gz|exe|dll|so|sh|cfg|ini"
    "|conf|lock|log|bak|tmp|map"
)
SHELL = re.compile(r":[~/][^\s]*|:\S{0,80}[$#]\s")
CODE_CALL = re.compile(r"[(\[]|\.[A-Za-z_]+\(")
VERSION_WORDS = re.compile(
    r"(?:版本?|章|第|升级[到至]|固件|(?<![a-z])(?:v|ver|version|versions|release|firmware|section|sections|sec|chapter|rfc|oid"
    r"|appendix|clause|build|driver))[^0-9a-z一-鿿]{0,3}(?:号|为|is|was|to)?[^0-9a-z一-鿿]{0,2}\Z|[a-z]/\Z|§\s?\Z",
    re.IGNORECASE,
)
VERSION_BEHIND = re.compile(r"\s?(?:[节章条款版]|版本|小节|release|version)", re.IGNORECASE)
IP_WORDS = words(
    "地址|登录|登陆|来源|服务器|客户端|主机|封禁|访问", "ips?|ipv4|address|host|login|client|server|addr|peer|ping|ssh"
)
RESOLVERS = {
    "8.8.8.8",
    "8.8.4.4",
    "1.1.1.1",
    "1.0.0.1",
    "9.9.9.9",
    "114.114.114.114",
    "223.5.5.5",
    "223.6.6.6",
    "1.2.3.4",
}
SMALL = 40  # three of four numbers up to it are a section or a version (cudnn 9.8.0.87), unless an IP is spoken of
MAC_WORDS = words("物理地址|网卡|设备", "mac|ethernet|bssid|hwaddr|wi-?fi|bluetooth|ether")
IBAN_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27"
        "GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19"
        "MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28"
        "TL23TN24TR26UA29VA22VG24XK20YE30",
    )
}
WALLET_WORDS = words(
    "钱包|以太坊|比特币|转账|地址|充值|提现|打款",
    "eth|ether|ethereum|wallet|address|usdt|erc-?20|btc|token|send|donate|0x",
)
EXAMPLE = re.compile(
    r"(?:user(?:name)?|login|name|usr):(?:pass(?:word|wd)?|pwd|pw|secret)\Z|[<>{}*\[\]]|\$|%[({]|x{3,}|\.\.\.|…|\byour|placeholder|changeme|redacted",
    re.IGNORECASE,
)


def is_email(candidate: Candidate) -> float:
    """Whether an e-mail address is one: no file, no login at a shell's prompt, no product of two matrices."""
    said, before, after = candidate.said, candidate.before, candidate.after
    local, _, domain = said.rpartition("@")
    top = domain.rpartition(".")[2].lower()
    if local.lower() in ("git", "hg", "svn") or SHELL.match(after) or re.search(r"://[^\s/?#]*\Z", before):
        return 0
    if FILES.fullmatch(top) and not (len(top) == 2 and MAIL_WORDS.search(before)):
        return 0
    if DOMAINS.fullmatch(top):
        return 0.4 if CODE_CALL.match(after) else 1
    return 0.8 if MAIL_WORDS.search(before) or MAIL_WORDS.search(after) else 0.4


def is_called_by_email(candidate: Candidate) -> float:
    """Whether what ends like a file is an e-mail address with that ending."""
    ending = re.match(r"\.([A-Za-z0-9]+)", candidate.after)
    is_domain = ending is None or (DOMAINS.fullmatch(ending[1].lower()) and not FILES.fullmatch(ending[1].lower()))
    top = candidate.said.rpartition(".")[2].lower()
    return 0 if is_domain or not DOMAINS.fullmatch(top) else is_email(candidate)


def is_ipv4(candidate: Candidate) -> float:
    """Whether four numbers are the address of one machine on the internet, not a version, a section or a network."""
    said, before, after = candidate.said, candidate.before, candidate.after
    if said in RESOLVERS or not of_a_machine(int.from_bytes(map(int, said.split(".")))):
        return 0
    if VERSION_WORDS.search(before) or VERSION_BEHIND.match(after):
        return 0
    if re.match("/(?:[0-9]|[12][0-9]|3[01])(?![0-9])", after) and said.endswith(".0"):
        return 0.2
    small = sum(int(part) <= SMALL for part in said.split(".")) >= 3 and int(said.split(".")[0]) <= SMALL
    told = IP_WORDS.search(before) is not None and before[-1:] not in ("-", "_", "@")
    return 0.3 if small and not told else 0.95


def of_a_machine(address: int) -> bool:
    """Whether an IPv4 address can be anyone's: neither of this machine nor a private network's nor for many at once."""
    first, second = address >> 24, address >> 16
    private = first in (0, 10, 127) or second in (0xC0A8, 0xA9FE) or address >> 20 == 0xAC1 or address >> 22 == 0x191
    return not private and first < 224  # from there on many machines, or none


def is_ipv6(candidate: Candidate) -> float:
    """Whether groups of hexadecimal digits are the address of one machine; a slice of a list is none."""
    said = candidate.said
    groups = [group for group in said.split(":") if group]
    try:
        address = IPv6Address(said)
    except AddressValueError:
        return 0
    if address.is_loopback or address.is_link_local or address.is_unspecified or said.endswith("::"):
        return 0
    if said.lower().startswith(("ff01::", "ff02::", "ff05::")) or not re.search("[0-9]", said):
        return 0
    if address.ipv4_mapped and not of_a_machine(int(address.ipv4_mapped)):
        return 0
    if "::" not in said:
        return 0.95 if max(map(len, groups)) > 2 else 0.3  # else the bytes of a key's fingerprint
    if len(groups) > 2:
        return 0.95
    return 0.9 if len(groups) == 2 and len(groups[0]) == 4 and not candidate.after.startswith("]") else 0


def is_mac(candidate: Candidate) -> float:
    """Whether six bytes are the address of one device; digits alone could be times or parts of a code."""
    said = re.sub("[^0-9a-f]", "", candidate.said.lower())
    if said in ("0" * 12, "f" * 12) or said.startswith(("01005e", "3333")):
        return 0
    told = MAC_WORDS.search(candidate.before) is not None
    written = re.search("[:.-]", candidate.said) is not None
    return 0.95 if told else 0.8 if written and re.search("[a-f]", said) else 0.3


def is_login(candidate: Candidate) -> float:
    """Whether a name and a password in a URL are anyone's, not an example's <user>:${PASSWORD}."""
    return 0 if EXAMPLE.search(candidate.said) else 0.95


def is_token(candidate: Candidate) -> float:
    """Whether what a URL's parameter says is a token: long, with digits, and no example's YOUR_TOKEN."""
    said, name = candidate.said, candidate.match["name"].lower()
    if EXAMPLE.search(said) or len(set(said)) < 4:
        return 0
    plain = re.search("key|sig|code|sid|session", name) and not re.search("api|access|secret|private", name)
    least = 16 if plain else 6
    return 0.9 if len(said) >= least and (re.search("[0-9]", said) or (len(said) >= 20 and not said.islower())) else 0


def is_base58(candidate: Candidate) -> float:
    """Whether letters and digits are an address of Bitcoin, Litecoin, Dogecoin or Tron: four bytes of checksum."""
    return float(base58_payload(candidate.said) is not None)


def is_bech32(candidate: Candidate) -> float:
    """Whether they are a SegWit address: its checksum holds, and it is in one case."""
    said = candidate.said
    return float(said in (said.lower(), said.upper()) and bech32_data(said.lower()) is not None)


def is_hexadecimal(candidate: Candidate) -> float:
    """Whether 40 hexadecimal digits behind 0x are an address of Ethereum, not a constant."""
    said = candidate.said[2:]
    if len(set(said.lower())) < 8:
        return 0
    return 0.95 if WALLET_WORDS.search(candidate.before) or follows(candidate, WALLET_WORDS) else 0.7


def is_iban(candidate: Candidate) -> float:
    """Whether an account number has its country's length and its check digits (ISO 13616, mod 97)."""
    said = re.sub("[ -]", "", candidate.said).upper()
    return float(IBAN_LENGTHS.get(said[:2]) == len(said) and with_iban(said) == said)


LOCAL = "(?<![A-Za-z0-9._%+-])[A-Za-z0-9_][A-Za-z0-9._%+-]{0,127}+(?<![.])@"
PART = "[0-9A-Fa-f]{1,4}"
BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# What an address on the internet begins with: not 0, 10, 127, 172.16 to 172.31 or 192.168, of which manuals are full.
PUBLIC = (
    "(?:[1-9]|1[1-9]|[2-9][0-9]|1[013-68][0-9]|12[0-689]|17[013-9]|19[013-9]|2[0-9]{2})[.][0-9]{1,3}"
    "|172[.](?:[0-9]|1[0-5]|3[2-9]|[4-9][0-9]|[12][0-9]{2})|192[.](?:[0-9]{1,2}|1[0-57-9][0-9]|16[0-79]|2[0-9]{2})"
)
FOUR = rf"{BYTE}(?:\.{BYTE}){{3}}"
TOKEN_NAMES = (
    "(?:access|refresh|id|auth|session|api|private|secret|client|csrf)?[_-]?(?:token|secret|password|passwd|pwd|signature|sig)"
    "|(?:api|access|secret|private|subscription|app)?[_-]?key|code|sid|session(?:_?id)?|jwt|ticket|credentials?"
)
IBANS = "|".join(rf"{country}[0-9]{{2}}(?:[ -]?[0-9A-Z]){{{length - 4}}}" for country, length in IBAN_LENGTHS.items())
MAIL_GATE = "[A-Za-z0-9_%+-]@(?:[A-Za-z0-9一-鿿-]+[.])+(?:[A-Za-z]|中国|公司|网络)"
RULES = (
    Rule(
        "email",
        MAIL_GATE,
        re.compile(
            rf"{LOCAL}(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}+\.){{1,8}}(?:xn--[A-Za-z0-9-]{{2,59}}|[A-Za-z]{{2,24}})"
            rf"(?![A-Za-z0-9]|-[A-Za-z0-9])|{LOCAL}[A-Za-z0-9一-鿿-]{{1,63}}\.(?:中国|公司|网络|cn|com)(?![A-Za-z0-9.-])"
        ),
        is_email,
        reach=256,
    ),
    Rule(  # a file that is called by an address: wang.li@example.cn.txt
        "email",
        MAIL_GATE,
        re.compile(
            rf"{LOCAL}(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,8}}?[A-Za-z]{{2,24}}"
            r"(?=\.[A-Za-z0-9]{1,8}(?![A-Za-z0-9-]|\.[A-Za-z0-9]))"
        ),
        is_called_by_email,
        reach=256,
    ),
    Rule(
        "ip",
        rf"(?:^|[^0-9])(?:{PUBLIC})[.][0-9]{{1,3}}[.][0-9]",
        re.compile(
            rf"(?:(?<![0-9A-Za-z])|(?<=[iI][pP]))(?<![0-9A-Za-z][.]){FOUR}"
            r"(?![0-9A-Za-z]|[.][0-9*]|-[A-Za-z]|-[0-9]{1,3}(?![0-9.]))"
        ),
        is_ipv4,
        reach=16,
    ),
    Rule(
        "ip",
        "(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]|[0-9A-Fa-f]{1,4}::[0-9A-Fa-f]{1,4}|::[fF]{4}:[0-9]",
        re.compile(
            rf"(?<![0-9A-Za-z:.])(?:(?:{PART}:){{7}}{PART}|(?:{PART}:){{1,6}}(?::{PART}){{1,6}}|::(?:[fF]{{4}}:)?{FOUR}"
            rf"|(?:{PART}:){{1,7}}:)(?![0-9A-Za-z:])"
        ),
        is_ipv6,
        reach=48,
    ),
    Rule(
        "mac",
        "(?i)(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|[0-9a-f]{4}[.][0-9a-f]{4}[.][0-9a-f]{4}|mac[^0-9a-z]{1,8}[0-9a-f]{12}"
        f"|{EDGE}[0-9a-f]{{6}}-[0-9a-f]{{6}}(?:[^0-9a-z]|$)",
        re.compile(
            r"(?<![0-9A-Za-z])(?<![0-9A-Fa-f][:.-])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
            r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}|(?:[0-9A-Fa-f]{6}-?){2})(?![0-9A-Za-z]|[:.-][0-9A-Fa-f])"
        ),
        is_mac,
        reach=24,
    ),
    Rule(
        "url_credentials",
        "[A-Za-z]://[^ \t\r\n/@:?#]*:[^ \t\r\n/@]+@",
        re.compile(
            r"[A-Za-z]://([^\s/@:?#\"'<>]{0,128}:[^\s/@\"'<>]{1,256}(?:@(?=[^\s/@]*@)[^\s/@\"'<>]{1,256})?)@(?=[A-Za-z0-9\[{$<*])"
        ),
        is_login,
        1,
        reach=512,
    ),
    Rule(
        "url_credentials",
        "(?i)[?&#;](?:amp;)?[a-z_-]*(?:token|secret|passw(?:or)?d|pwd|signature|sig|key|code|sid|session(?:_?id)?|jwt"
        "|ticket|credentials?)=[^ &]{6}",
        re.compile(
            rf"(?<=[A-Za-z0-9/=%._-])[?&#;](?:amp;)?(?P<name>(?i:(?:x-amz-|x-)?(?:{TOKEN_NAMES})))=(?P<value>[^\s&#\"'<>;,，。；、）)\]}}|一-鿿]{{6,4096}})"
        ),
        is_token,
        2,
        reach=4200,
    ),
    Rule(
        "crypto",
        EDGE + "[13LMDT][1-9A-HJ-NP-Za-km-z]{25}",
        re.compile("(?<![0-9A-Za-z])[13LMDT][1-9A-HJ-NP-Za-km-z]{25,34}(?![0-9A-Za-z])"),
        is_base58,
        reach=40,
    ),
    Rule(
        "crypto",
        "(?i)" + EDGE + "(?:bc|tb|ltc)1[02-9ac-hj-np-z]{11}",
        re.compile("(?<![0-9A-Za-z])(?:bc|tb|ltc|BC|TB|LTC)1[02-9AC-HJ-NP-Zac-hj-np-z]{11,87}(?![0-9A-Za-z])"),
        is_bech32,
        reach=96,
    ),
    Rule(
        "crypto",
        EDGE + "0[xX][0-9A-Fa-f]{40}",
        re.compile("(?<![0-9A-Za-z])0[xX][0-9A-Fa-f]{40}(?![0-9A-Za-z])"),
        is_hexadecimal,
        reach=48,
    ),
    Rule(
        "iban",
        f"(?i)(?:^|[^0-9a-z]|iban)(?:{'|'.join(IBAN_LENGTHS)})[0-9]{{2}}"
        "[ -]?[0-9a-z]{4}[ -]?[0-9a-z]{4}[ -]?[0-9a-z]{3}",
        re.compile(rf"(?:(?<![0-9A-Za-z])|(?<=IBAN))(?:{IBANS})(?![0-9A-Za-z])", re.IGNORECASE),
        is_iban,
        reach=48,
    ),
)
