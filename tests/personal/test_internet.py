import re
from dataclasses import replace

import pytest

from curate.personal.check_digits import base58_check, bech32, with_iban
from curate.personal.finder import Finder
from curate.personal.profile import read_profile

TYPES = {"email", "ip", "mac", "url_credentials", "crypto", "iban"}
FINDER = Finder(replace(read_profile(), types=frozenset(TYPES)))


def found(text):
    return [(text[one.start : one.end], one.type) for one in FINDER.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "邮箱[zhang.wei+news@mail.ustc.edu.cn]，欢迎来信",
        "联系[lena_88@qq.com]或[13812345678@139.com]。",
        "From: Tom Hill <[tom-hill@startup.io]>",
        "mailto:[Tom@BBC.CO.UK]?subject=x",
        "'[tom@example.com]', \"[mia@hospital.org.cn]\";[a@b.cn]",
        "https://example.com/?email=[tom@example.com]",
        "请发到[tom@公司.cn]",
        "[wang.bo@example-bo.com.cn].weird 和 data/[info@pumps.example.net].pdf",
    ],
)
def test_an_address_is_found_whole_in_chinese_and_in_english(text):
    assert found(re.sub(r"[\[\]]", "", text)) == [(said, "email") for said in re.findall(r"\[(.*?)\]", text)]


@pytest.mark.parametrize(
    "text",
    [
        "npm install lodash@4.17.21 react@18.2.0-beta.1",
        "使用@app.route装饰器，@pytest.fixture",
        "tom@dev-01:~$ ls; deploy@prod.example.com:/var/www$ ls",
        "git clone git@github.com:curate/curate.git",
        "icon@2x.png, x@self.weight(1), a@b.T",
        "联系@张三",
    ],
)
def test_packages_decorators_prompts_and_pictures_are_no_addresses(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("登录IP为123.52.122.197，请确认", ["123.52.122.197"]),
        ("ip=23.145.197.28:8080", ["23.145.197.28"]),
        ("http://66.219.190.138/a", ["66.219.190.138"]),
        ("服务器2409:8a55::12f4:9a已下线", ["2409:8a55::12f4:9a"]),
        ("[2001:db8:85a3:8d3:1319:8a2e:370:7348]:443", ["2001:db8:85a3:8d3:1319:8a2e:370:7348"]),
    ],
)
def test_the_addresses_of_machines_are_found(text, expected):
    assert found(text) == [(said, "ip") for said in expected]


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1 10.0.0.5 172.16.3.4 192.168.1.1 169.254.1.1 100.64.1.2 0.0.0.0 255.255.255.0 224.0.0.1 8.8.8.8",
        "::1 fe80::1 ff02::1 ::ffff:127.0.0.1 2001:db8::/32",
        "详见第5.14.5.13节，升级到2.11.0.4版本，section 120.4.5.6, Chrome/120.1.60.109, 1.3.6.1.4.1",
        "1.2.3.4-beta 300.1.1.1 a[1::2] std::dec cafe::babe 12:34:56",
    ],
)
def test_private_addresses_versions_sections_and_slices_are_not(text):
    assert found(text) == []


def test_a_mac_address_is_found_in_its_forms_and_no_fingerprint_or_time():
    text = "网卡5c:a1:a1:63:6f:63，BSSID 5C-A1-A1-63-6F-63, 5ca1.a163.6f63, mac=5ca1a1636f63"
    assert [type for _, type in found(text)] == ["mac"] * 4
    assert found("ff:ff:ff:ff:ff:ff 12:34:56:78:90:12 aa:bb:cc:dd:ee:ff:00:11 01:00:5e:00:00:fb") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mysql://anna:Xk29@db.example.com:3306/app", ["anna:Xk29"]),
        ("curl https://tom:p@ss9w@files.example.com/x", ["tom:p@ss9w"]),
        ("redis://:Zx81kk@cache:6379", [":Zx81kk"]),
        ("GET /v2?page=1&access_token=9f8e7d6c5b4a HTTP", ["9f8e7d6c5b4a"]),
        ("https://x.cn/?key=AbCd1234AbCd1234Ef&b=1", ["AbCd1234AbCd1234Ef"]),
    ],
)
def test_what_logs_in_is_found_in_a_url_and_the_rest_of_it_stays(text, expected):
    assert found(text) == [(said, "url_credentials") for said in expected]


def test_examples_of_logins_are_not():
    text = "https://user:<password>@host ftp://${USER}:${PASS}@h mysql://user:password@h/db ?token=YOUR_TOKEN ?key=name"
    assert found(text) == []


def test_wallets_are_found_by_their_checksum():
    legacy, tron = base58_check(b"\0" + bytes(range(20))), base58_check(b"\x41" + bytes(range(20)))
    segwit, taproot = bech32("bc", [0, *range(32)]), bech32("bc", [1, *range(32), *range(20)])
    ether = "0x52908400098527886E0F7030069857D2E4169EE7"
    text = f"转到{legacy}，{tron}。{segwit} {taproot.upper()}, {ether}"
    assert found(text) == [(said, "crypto") for said in (legacy, tron, segwit, taproot.upper(), ether)]
    broken = legacy[:-1] + ("2" if legacy[-1] != "2" else "3")
    assert found(f"{broken} {segwit[:-1]}q0 0x{'0' * 40} 0x{'a' * 64}") == []


def test_an_iban_is_found_by_country_length_and_check_digits():
    plain = with_iban("GB00WEST12345698765432")
    grouped = " ".join(plain[at : at + 4] for at in range(0, 22, 4))
    assert found(f"账户{plain}，IBAN{plain} or {grouped} is") == [(plain, "iban")] * 2 + [(grouped, "iban")]
    assert found(f"GB99{plain[4:]} {plain}7 XX{plain[2:]}") == []
