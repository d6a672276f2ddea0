import random
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.personal.finder import Finder
from curate.personal.profile import read_profile
from curate.personal.randomness import entropy, is_random, is_words, stands_for
from curate.personal.secrets import RULES, TOKENS, rules_of

WORD = string.ascii_letters + string.digits
BODY = "\n".join("MIIEowIBAAKCAQEA0Zx7Qp9Lm2Rt5Yv8Wn3Kd6Hj1Bc4Gf7Sa0Te9Uo2Iq5Xr8Z" for _ in range(5))
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\nab==\n-----END RSA PRIVATE KEY-----"
PUTTY = "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 1\nAAAAB3NzaC1yc2EAAA\nPrivate-MAC: 0a1b2c"


@pytest.fixture(scope="module")
def secrets():
    finder = Finder(read_profile("code").only(["secret"]))
    return lambda text: [text[one.start : one.end] for one in finder.find(text)]


def drawn(alphabet, number, seed=1):
    """So many characters that the alphabet, a class of a pattern, has."""
    allowed = [character for character in map(chr, range(33, 127)) if re.fullmatch(alphabet, character)]
    return "".join(random.Random(seed).choices(allowed, k=number))


@pytest.mark.parametrize(("start", "alphabet", "least"), [token[:3] for token in TOKENS], ids=lambda one: str(one)[:12])
def test_each_form_of_token_goes_whole_from_code_and_from_chinese_prose(secrets, start, alphabet, least):
    token = start + drawn(alphabet, least)
    assert secrets(f'x = "{token}"\n') == [token]
    assert secrets(f"服务标识{token}，请勿外传") == [token]


@pytest.mark.parametrize(("start", "alphabet", "least"), [token[:3] for token in TOKENS], ids=lambda one: str(one)[:12])
def test_a_form_filled_with_one_character_or_cut_short_stays(secrets, start, alphabet, least):
    assert secrets(f"x {start}") == []
    if re.fullmatch(alphabet, "x"):
        assert secrets(f"x {start}{'x' * least}") == []


@pytest.mark.parametrize(
    "token",
    [
        "sk-" + drawn("[a-z0-9]", 32),
        "sk-proj-" + drawn("[A-Za-z0-9_-]", 60),
        "sk-ant-api03-" + drawn("[A-Za-z0-9_-]", 93) + "AA",
        "SG." + drawn("[A-Za-z0-9]", 22) + "." + drawn("[A-Za-z0-9]", 43),
        "SK" + drawn("[a-f0-9]", 32),
        drawn("[a-f0-9]", 32) + "-us12",
        "123456789:AA" + drawn("[A-Za-z0-9]", 33),
        "M" + drawn("[A-Za-z0-9]", 23) + "." + drawn("[A-Za-z0-9]", 6) + "." + drawn("[A-Za-z0-9]", 27),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + drawn("[A-Za-z0-9]", 43),
        PUTTY,
        PEM,
        PEM.replace("RSA ", "OPENSSH "),
        PEM.replace("RSA ", "PGP ").replace("KEY", "KEY BLOCK"),
        PEM.replace("\n", "\\n"),
    ],
    ids=lambda one: one[:20],
)
def test_a_token_in_parts_or_a_private_key_goes_whole(secrets, token):
    assert secrets(f"before {token}\nafter") == [token]
    assert secrets(f"见下：{token}") == [token]


def test_a_private_key_that_the_text_cuts_off_goes_as_far_as_it_stands_there(secrets):
    head = PEM[: len(PEM) // 2]
    assert secrets(f"key:\n{head}") == [head]
    assert secrets(f"{PEM[40:]}\nand more") == [PEM[40:]]
    assert secrets(f"-----BEGIN PRIVATE KEY-----\n{BODY}\nThat was the key, and prose goes on.") == [
        f"-----BEGIN PRIVATE KEY-----\n{BODY}"
    ]


def test_a_public_key_and_a_certificate_stay(secrets):
    public = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + drawn("[A-Za-z0-9]", 300)
    assert secrets(f"-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----") == []
    assert secrets(f"-----BEGIN CERTIFICATE-----\n{drawn('[A-Za-z0-9]', 400)}\n-----END CERTIFICATE-----") == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://app:s3cr3t@db:5432/orders", "s3cr3t"),
        ("mysql+pymysql://root:toor@10.0.0.7/crm", "toor"),
        ("连接串 redis://:abc/def9@cache:6379/0 供测试", "abc/def9"),
        ("mongodb+srv://svc:p%40ss9@cluster0.mongodb.net/x", "p%40ss9"),
        ("https://deploy:tok3n@git.example.com/app.git", "tok3n"),
        ("jdbc:mysql://db/crm?user=app&password=Qz7!kdf9&useSSL=false", "Qz7!kdf9"),
        ("jdbc:sqlserver://h:1433;user=sa;password=Str0ng;encrypt=true", "Str0ng"),
        ("Server=db;User Id=sa;Password=Welcome1;", "Welcome1"),
        ("Authorization: Basic YWRtaW46czNjcjN0", "YWRtaW46czNjcjN0"),
        ("curl -u admin:s3cr3t9 https://api.example.com", "s3cr3t9"),
        ("mysqldump -h db -u root -pS3cret9 crm", "S3cret9"),
        ("sshpass -p 'Kx9-pq' ssh me@host", "Kx9-pq"),
        ("requests.get(url, auth=('bob', 'Gh7!qwPz'))", "Gh7!qwPz"),
        ("登录：admin / Hn#88@kl", "Hn#88@kl"),
        ("jwt.encode(payload, 'Xk29dkL0s8fjW1mzQ')", "Xk29dkL0s8fjW1mzQ"),
        ("ALTER USER bob IDENTIFIED BY 'N3wPw'", "N3wPw"),
        ("https://oapi.dingtalk.com/robot/send?access_token=" + drawn("[a-f0-9]", 64), drawn("[a-f0-9]", 64)),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/" + drawn("[a-f0-9]", 36), drawn("[a-f0-9]", 36)),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + drawn("[a-f0-9]", 36), drawn("[a-f0-9]", 36)),
    ],
)
def test_what_a_connection_is_made_with_goes_and_the_rest_of_it_stays(secrets, text, secret):
    assert secrets(text) == [secret]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('password = "hunter2"', "hunter2"),
        ("DB_PASSWORD=swordfish\n", "swordfish"),
        ("  password: Winter2024!", "Winter2024!"),
        ('"dbPassword": "zxcv!@#45",', "zxcv!@#45"),
        ("<password>T0pS3cret!</password>", "T0pS3cret!"),
        ("- name: DB_PASSWORD\n  value: Zx9!kk7", "Zx9!kk7"),
        ('{"name": "API_KEY", "value": "a1b2c3d4e5f60718"}', "a1b2c3d4e5f60718"),
        ('password: str = "pa55word!"', "pa55word!"),
        ("The root password is Xk9#mP2.", "Xk9#mP2"),
        ("Use the password Blue42Sky! to log in", "Blue42Sky!"),
        ("| password | abc-77-def |", "abc-77-def"),
        ("**password**: `qwe-123`", "qwe-123"),
        ("密码：Abc@123456，请妥善保管", "Abc@123456"),
        ("初始密码为123456", "123456"),
        ("数据库账号 root 密码 Root#2024!x", "Root#2024!x"),
        ('"密码": "qwer12345"', "qwer12345"),
        ("口令是“tiger-88”", "tiger-88"),
        ("root密码已改成了Qaz@wsx#2025", "Qaz@wsx#2025"),
        ("AppSecret是9c1185a5c5e9fc54612808977ee8f548", "9c1185a5c5e9fc54612808977ee8f548"),
        ("密钥：8f14e45fceea167a5a36dedd4bea2543", "8f14e45fceea167a5a36dedd4bea2543"),
        ('api_key = "8f14e45fceea167a5a36dedd4bea2543"', "8f14e45fceea167a5a36dedd4bea2543"),
        ("const clientSecret = 'Jx2mVb7Kc9Lp4QwRt6Yz8Nf3';", "Jx2mVb7Kc9Lp4QwRt6Yz8Nf3"),
        ("x-api-key: 5f4dcc3b5aa765d61d8327deb882cf99", "5f4dcc3b5aa765d61d8327deb882cf99"),
        ("The app secret is `52eL1nM2+s3iwo2+JBaA9H`", "52eL1nM2+s3iwo2+JBaA9H"),
    ],
)
def test_what_is_said_to_be_a_secret_goes_without_what_says_so(secrets, text, secret):
    assert secrets(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        'password = os.environ["DB_PASSWORD"]', "password = getpass.getpass()", "password: ${DB_PASSWORD}",
        'password = "changeme"', 'api_key = "YOUR_API_KEY_HERE"', "token: <your token>", 'password = "********"',
        'secret_key = "xxxxxxxxxxxxxxxxxxxxxxxx"', "password: {{ vault_password }}", "token: ${{ secrets.TOKEN }}",
        "password: string;", '"password": "string",', "password = self.password1", "def login(password: str) -> None:",
        'pad_token = "<|endoftext|>"', "token = tokenizer.decode(ids)", "key = lambda row: row.start", "max_tokens: 4096",
        "secretName: my-app-credentials", "PASSWORD_FILE=/run/secrets/db_password", 'primary_key = "user_id"',
        'key = "model.layers.0.self_attn.q_proj.weight"', "The token is valid for 24 hours.", "The password is required.",
        "Passwords are hashed with bcrypt.", "The secret is to start early.", "密码长度不少于8位", "密码：请联系管理员",
        "密钥采用AES-256加密", "口令有效期为90天", "密码学基础教程", "密码：******", "密钥长度为2048位", "请输入密码：",
        "postgres://user:password@localhost/db", "mongodb://<username>:<password>@host", "http://localhost:8080/login",
        "mysql://${USER}:${PASS}@${HOST}/db", "pd-ctl -u http://10.0.0.1:2379", "Authorization: Bearer <token>",
        "commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad", "id: 550e8400-e29b-41d4-a716-446655440000",
        f'"integrity": "sha512-{drawn("[A-Za-z0-9+/]", 86)}=="', f"sha256:{drawn('[a-f0-9]', 64)}",
        f"![logo](data:image/png;base64,iVBORw0KGgo{drawn('[A-Za-z0-9+/]', 400)})",
        f'CACHE_KEY = "{drawn("[a-f0-9]", 32)}"', "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + drawn("[A-Za-z0-9]", 43),
        "AKIA is how keys begin", "sk-estimator-html-representation-fallback", "", "😀\0密码",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_secret_stays(secrets, text):
    assert secrets(text) == []


def test_without_entropy_only_what_has_a_form_or_a_place_goes():
    finder = Finder(read_profile().only([]), extra=rules_of(None))
    text = "password = 'hunter2' postgres://a:s3cr3t@h/db"
    assert [text[one.start : one.end] for one in finder.find(text)] == ["s3cr3t"]


def test_a_higher_limit_asks_for_more_bits_of_a_long_key():
    loose, strict = (Finder(read_profile().only([]), extra=rules_of(limit)) for limit in (3.4, 4.5))
    text = "api_key = 'aab1aab2aab3bbc4bbc5ddeeff66ddee'"
    assert (len(loose.find(text)), len(strict.find(text))) == (1, 0)


def test_entropy_is_the_bits_a_character():
    assert entropy("") == 0
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2


def test_random_values_are_told_from_words():
    values = ["".join(random.Random(seed).choices(WORD, k=32)) for seed in range(300)]
    assert sum(map(is_random, values)) >= 297
    assert is_words("getUserAccountPasswordByName")
    assert not is_random("authentication-and-authorization-overview")


@pytest.mark.parametrize("value", ["changeme", "<token>", "${X}", "xxxxxxxx", "your-key", "test", "%s", "{{ x }}"])
def test_a_value_to_be_filled_in_stands_for_another(value):
    assert stands_for(value)


@given(st.text(), st.text(), st.sampled_from(TOKENS))
def test_a_token_is_found_where_it_stands_whatever_stands_around(before, after, token):
    start, alphabet, least, _ = token
    secret = start + drawn(alphabet, least)
    text = f"{before} {secret} {after}"
    found = [text[one.start : one.end] for one in Finder(read_profile().only([]), extra=SOME[start]).find(text)]
    assert secret in found


SOME = {token[0]: [rule] for token, rule in zip(TOKENS, RULES, strict=False)}


@pytest.mark.parametrize(
    "bait",
    ["password=", "password = '", "key: ", "://a:", "-----BEGIN RSA PRIVATE KEY-----", "eyJaaaaaaaa.", "密码（", "A" * 64 + "\n"],
)  # fmt: skip
def test_bait_is_read_to_its_end(secrets, bait):
    assert len(secrets(bait * (300_000 // len(bait)) + ' password = "hunter2"')) >= 1
