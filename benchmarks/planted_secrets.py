"""Secrets: what is found in 600 files of code and prose, and how fast, beside detect-secrets in the same run.

`python benchmarks/planted_secrets.py` makes the files: lines of this repository with planted secrets of every kind, and
with lines that look like secrets and are none (planted_secrets.txt). The peer runs in a virtual environment of its own,
as the other benchmarks' peers do: `pip install detect-secrets==1.5.0`, then CURATE_DETECT_SECRETS_PYTHON. It tells
lines, so both are counted by lines; where ours cuts exactly what was planted is counted besides. The rules were written
beside this generator (with --seed 1 and 7), so that its figures say that nothing known is missed, and little about
other files.
"""

import base64
import json
import random
import re
import string
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from functools import cache
from pathlib import Path

import click
from shared_data import peer

FILES = 600
ROOT = Path(__file__).parent.parent
WORD, HEX = string.ascii_letters + string.digits, "0123456789abcdef"
SMALL = string.ascii_lowercase + string.digits
UPPER, BASE64 = string.ascii_uppercase + string.digits, string.ascii_letters + string.digits + "+/"
DASHED, BASE32, DIGITS = WORD + "-_", string.ascii_uppercase + "234567", string.digits
CLASSES = {"HEX": HEX, "WORD": WORD, "BASE64": BASE64}
WORDS = (
    "amber",
    "river",
    "cobalt",
    "falcon",
    "maple",
    "orbit",
    "winter",
    "harbor",
    "violet",
    "copper",
    "signal",
    "pepper",
)
FORMS = {  # a secret that is known by its form: the parts of it, drawn where a part is (alphabet, number)
    "aws": ("AKIA", (BASE32, 16)),
    "google": ("AIza", (DASHED, 35)),
    "aliyun": ("LTAI", (WORD, 20)),
    "tencent": ("AKID", (WORD, 32)),
    "github": ("ghp_", (WORD, 36)),
    "github_new": ("github_pat_", (WORD, 22), "_", (WORD, 59)),
    "gitlab": ("glpat-", (DASHED, 20)),
    "gitlab_deploy": ("gldt-", (DASHED, 20)),
    "slack": ("xoxb-", (DIGITS, 12), "-", (DIGITS, 12), "-", (WORD, 24)),
    "stripe": ("sk_live_", (WORD, 24)),
    "square": ("sq0csp-", (DASHED, 43)),
    "shopify": ("shpat_", (HEX, 32)),
    "openai": ("sk-proj-", (DASHED, 48)),
    "openai_old": ("sk-", (WORD, 48)),
    "deepseek": ("sk-", (HEX, 32)),
    "anthropic": ("sk-ant-api03-", (DASHED, 93), "AA"),
    "groq": ("gsk_", (WORD, 52)),
    "huggingface": ("hf_", (string.ascii_letters, 34)),
    "npm": ("npm_", (WORD, 36)),
    "pypi": ("pypi-AgEIcHlwaS5vcmc", (DASHED, 120)),
    "sendgrid": ("SG.", (DASHED, 22), ".", (DASHED, 43)),
    "mailchimp": ((HEX, 32), "-us12"),
    "twilio": ("SK", (HEX, 32)),
    "telegram": (("123456789", 9), ":AA", (DASHED, 33)),
    "discord": ("M", (WORD, 23), ".", (DASHED, 6), ".", (DASHED, 27)),
    "digitalocean": ("dop_v1_", (HEX, 64)),
    "vault": ("hvs.", (DASHED, 90)),
    "jwt": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", (DASHED, 40), ".", (DASHED, 43)),
}
WEBHOOKS = {  # address, how its key begins, of what the rest is; a UUID where nothing is said
    "dingtalk": ("https://oapi.dingtalk.com/robot/send?access_token=", "", HEX, 64),
    "feishu": ("https://open.feishu.cn/open-apis/bot/v2/hook/", "", "", 0),
    "wecom": ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "", "", 0),
    "slack_hook": ("https://hooks.slack.com/services/", "T01ABCDEF/B02GHIJKL/", WORD, 24),
}
SPOKEN = {  # how a kind of file gives a value: {n} api_key, {N} API_KEY, {c} apiKey, {k} api-key, {s} api key, {z} 密钥
    "py": [
        '{n} = "{v}"',
        "{n} = '{v}'",
        '    "{n}": "{v}",',
        'client = connect({n}="{v}")',
        '{n}: str = "{v}"',
        'os.environ["{N}"] = "{v}"',
    ],
    "js": ['const {c} = "{v}";', "  {c}: '{v}',", "export const {N} = `{v}`;", 'config["{n}"] = "{v}";'],
    "yaml": ["{n}: {v}", '  {n}: "{v}"', "    - name: {N}\n      value: {v}", "  {k}: '{v}'"],
    "env": ["{N}={v}", 'export {N}="{v}"', "{N}='{v}'"],
    "json": ['  "{c}": "{v}",', '    "{n}": "{v}",', '  {{"name": "{N}", "value": "{v}"}},'],
    "md": ["The {s} is `{v}`.", "* {s}: {v}", "| {s} | {v} |", "Set `{N}={v}` before you start.", "**{s}**: {v}"],
    "zh": ["{z}：{v}", "{z}是 {v}，请勿外传。", "后台{z}为{v}。", "| {z} | {v} |", "登录时输入{z}“{v}”即可。"],
}
PASSWORD_NAMES = (
    "password",
    "db_password",
    "smtp_password",
    "admin_passwd",
    "root_pwd",
    "redis_password",
    "mysql_pass",
)
KEY_NAMES = (
    "api_key",
    "secret_key",
    "access_key_secret",
    "client_secret",
    "app_secret",
    "auth_token",
    "encryption_key",
)
KEY_FORMS = [
    (HEX, 32),
    (HEX, 40),
    (HEX, 64),
    (BASE64, 40),
    (WORD, 30),
    (WORD, 24),
    (UPPER, 40),
    (DASHED, 43),
    (SMALL, 32),
]
CHINESE_PASSWORDS = ("密码", "初始密码", "口令", "数据库密码", "管理员密码")
CHINESE_KEYS = ("密钥", "访问令牌", "接口密钥", "私钥")
BLOCKS = ("RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK")
CONNECTIONS = (
    "postgres://app:{}@db.internal:5432/orders",
    "mysql+pymysql://root:{}@10.0.3.7/crm",
    "mongodb+srv://svc:{}@cluster0.ab1cd.mongodb.net/x",
    "redis://:{}@cache:6379/0",
    "amqp://worker:{}@mq.internal:5672/%2f",
    "Server=tcp:sql.internal,1433;Database=crm;User ID=sa;Password={};Encrypt=True;",
    "jdbc:mysql://db:3306/crm?user=app&password={}&useSSL=false",
    "https://deploy:{}@git.internal/team/app.git",
)
CONNECTED = {  # how a file of a kind gives an address
    "env": ["URL={}"],
    "yaml": ["url: {}"],
    "zh": ["连接地址 {} 供测试环境使用", "连接串：{}"],
    "md": ["Connect to `{}`."],
}
POSTED = {"zh": "机器人地址 {}", "md": "Post to {}", "env": "HOOK={}", "yaml": "hook: {}"}
SHOWN = {"zh": "示例：{}", "md": "    {}", "js": "// {}", "json": '  "sample": "{}",'}
ENDINGS = {"py": "py", "js": "js", "yaml": "yaml", "env": "env", "json": "json", "md": "md", "zh": "txt"}
FILLERS = {"py": "curate/*.py", "md": "docs/*.md", "zh": "README.zh.md", "yaml": "recipes/*.yaml"}


@click.command()
@click.option("--seed", default=2)
@click.option("--show", is_flag=True, help="Print what was missed and what was found in error.")
def main(seed: int, show: bool) -> None:
    """Print recall, precision and speed of both."""
    with tempfile.TemporaryDirectory() as name:
        files = make(Path(name), random.Random(seed))
        size = sum(len(text.encode()) for _, text, _ in files) / 1e6
        kinds = {kind for _, _, spans in files for *_, kind in spans}
        planted = sum(len(spans) for _, _, spans in files)
        print(f"{len(files)} files, {size:.2f} MB, {planted} secrets of {len(kinds)} kinds")
        seconds, found = ours(files)
        tell("curate", files, [lines_of(text, mine) for (_, text, _), mine in zip(files, found, strict=True)], show)
        exact = sum(len({span[:2] for span in one[2]} & {*mine}) for one, mine in zip(files, found, strict=True))
        print(f"  {size / seconds:.1f} MB/CPU s; cuts exactly what was planted: {exact / planted:.3f}")
        if python := peer("detect-secrets"):
            its_seconds, lines = theirs(python, Path(name), files)
            tell("detect-secrets", files, lines, show)
            print(f"  {size / its_seconds:.2f} MB/CPU s; curate is {its_seconds / seconds:,.0f} x")


def make(folder, draw):
    """Files with planted secrets: (path, text, [(start, end, kind)])."""
    fillers = {kind: lines_for(pattern) for kind, pattern in FILLERS.items()}
    files = []
    for at in range(FILES):
        kind = list(ENDINGS)[at % len(ENDINGS)]
        path = folder / f"{at:03}.{ENDINGS[kind]}"
        text, spans = one_file(kind, fillers.get(kind, fillers["py"]), draw)
        path.write_text(text, "utf-8")
        files.append((path, text, spans))
    return files


def lines_for(pattern):
    """Lines of this repository to stand around; one that speaks of passwords or tokens might hold an example."""
    lines = [line for path in sorted(ROOT.glob(pattern)) for line in path.read_text("utf-8").splitlines()]
    return [line for line in lines if line.strip() and not re.search("(?i)pass|secret|token|密|key", line)]


def one_file(kind, filler, draw):
    """A file's text, and where its secrets stand."""
    start = draw.randrange(len(filler))
    parts = [(line, []) for line in (filler + filler)[start : start + draw.randint(40, 90)]]
    for _ in range(draw.randint(0, 3)):
        parts.insert(draw.randrange(len(parts)), plant(kind, draw))
    for _ in range(draw.randint(4, 9)):
        parts.insert(draw.randrange(len(parts)), (harmless(kind, draw), []))
    text, spans = "", []
    for line, own in parts:
        spans += [(len(text) + first, len(text) + last, name) for first, last, name in own]
        text += line + "\n"
    return text, spans


def plant(kind, draw):
    """A line with a secret, and where it stands in it."""
    name, value, line = draw.choice(WAYS)(kind, draw)
    return line, [(line.index(value), line.index(value) + len(value), name)]


def drawn(draw, alphabet, number):
    """So many characters out of an alphabet."""
    return "".join(draw.choices(alphabet, k=number))


def by_form(kind, draw):
    """A token whose form tells it, behind a name that says nothing."""
    name = draw.choice(list(FORMS))
    value = "".join(part if isinstance(part, str) else drawn(draw, *part) for part in FORMS[name])
    return name, value, spoken(kind, draw, value, "service_id", "service id", draw.choice(["账号标识", "标识"]))


def by_password(kind, draw):
    """A password as people choose them."""
    first, last, number = draw.choice(WORDS), draw.choice(WORDS), draw.randint(1000, 9999)
    chosen = [
        f"{first.title()}{number}!",
        f"{first}{number}",
        f"{first[:3].title()}@{number}#{last[:2]}",
        f"{first}-{last}-{number % 100}",
        f"{first[:3].title()}0{last}${number % 10}",
        drawn(draw, WORD, 12),
        drawn(draw, WORD + "!@#%^_+", 16),
    ]
    value = draw.choice(chosen)
    name = draw.choice(PASSWORD_NAMES)
    return "password", value, spoken(kind, draw, value, name, "password", draw.choice(CHINESE_PASSWORDS))


def by_key(kind, draw):
    """A key without a form of its own."""
    value = drawn(draw, *draw.choice(KEY_FORMS))
    name = draw.choice(KEY_NAMES)
    return "key", value, spoken(kind, draw, value, name, name.replace("_", " "), draw.choice(CHINESE_KEYS))


def spoken(kind, draw, value, name, words, chinese):
    """A line in which a file of this kind gives a value."""
    first, *rest = name.split("_")
    camel = first + "".join(map(str.title, rest))
    return draw.choice(SPOKEN[kind]).format(
        v=value, n=name, N=name.upper(), c=camel, k=name.replace("_", "-"), s=words, z=chinese
    )


def by_block(kind, draw):
    """A private key; one in four ends with no last line."""
    which, more = draw.choice(BLOCKS), draw.randint(4, 20)
    body = [drawn(draw, BASE64, 64) for _ in range(more)] + [drawn(draw, BASE64, 30) + "=="]
    head = ["Version: GnuPG v2", ""] if "PGP" in which else []
    lines = [f"-----BEGIN {which}-----", *head, *body, f"-----END {which}-----"]
    value = ("\\n" if kind == "json" else "\n").join(lines if draw.random() > 0.25 else lines[:-2])
    return "private_key", value, f'  "pem": "{value}",' if kind == "json" else value + "\n"


def by_connection(kind, draw):
    """A connection string; its password alone is the secret."""
    chosen = [
        drawn(draw, WORD, 14),
        f"{draw.choice(WORDS).title()}{draw.randint(10, 999)}!",
        drawn(draw, WORD + "%!-_", 18),
    ]
    value = draw.choice(chosen)
    return (
        "connection",
        value,
        draw.choice(CONNECTED.get(kind, ['url = "{}"'])).format(draw.choice(CONNECTIONS).format(value)),
    )


def by_webhook(kind, draw):
    """A robot's address, which is its own key."""
    name = draw.choice(list(WEBHOOKS))
    address, known, alphabet, number = WEBHOOKS[name]
    value = known + (drawn(draw, alphabet, number) if number else str(uuid.UUID(int=draw.getrandbits(128))))
    return name, value, POSTED.get(kind, 'hook = "{}"').format(address + value)


def by_header(kind, draw):
    """A header of basic authentication, a bearer's token, or curl's option."""
    user, password, bearer = draw.choice(WORDS), drawn(draw, WORD, 12), drawn(draw, WORD, 40)
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    chosen = [
        (basic, f"Authorization: Basic {basic}"),
        (bearer, f"Authorization: Bearer {bearer}"),
        (password, f"curl -u {user}:{password} https://api.internal/v1/me"),
    ]
    value, line = draw.choice(chosen)
    return "header", value, SHOWN.get(kind, "# {}").format(line)


WAYS = (by_form, by_form, by_password, by_password, by_key, by_key, by_block, by_connection, by_webhook, by_header)


def harmless(kind, draw):
    """A line that looks as if it held a secret."""
    sections = harmless_lines()
    line = draw.choice([*sections["all"], *sections[kind], *sections[kind]])
    line = line.replace("@UUID@", str(uuid.UUID(int=draw.getrandbits(128)))).replace("@DIGIT@", str(draw.randint(1, 9)))
    return re.sub(r"@(HEX|WORD|BASE64)-?([0-9]+)@", lambda one: drawn(draw, CLASSES[one[1]], int(one[2])), line)


@cache
def harmless_lines():
    """Kind of file → the lines for it in planted_secrets.txt."""
    told = Path(__file__).with_suffix(".txt").read_text("utf-8")
    return {name: lines.split("\n") for name, lines in re.findall(r"^\[(\w+)\]\n(.*?)\n(?:\n|\Z)", told, re.M | re.S)}


def ours(files):
    """CPU seconds, and what is found in each file: a list of (start, end)."""
    from curate_plugins.safety.secrets import finder

    texts, best = [text for _, text, _ in files], float("inf")
    state = finder()
    for _ in range(3):
        start = time.process_time()
        found = [state.find(text) for text in texts]
        best = min(best, time.process_time() - start)
    return best, [[(one.start, one.end) for one in mine] for mine in found]


def theirs(python, folder, files):
    """CPU seconds, and in which lines of each file it finds something; it reads the files itself."""
    command = [python, "-c", SCAN, *(str(path) for path, *_ in files)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"detect-secrets failed: {done.stderr[-2000:]}")
    said = json.loads(done.stdout)
    return said["seconds"], [set(lines) for lines in said["lines"]]


SCAN = """
import json, sys, time
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

with default_settings():
    list(scan_file(sys.argv[1]))
    start = time.process_time()
    lines = [[one.line_number - 1 for one in scan_file(path)] for path in sys.argv[1:]]
    print(json.dumps({"seconds": time.process_time() - start, "lines": lines}))
"""


def lines_of(text, spans):
    """In which lines of a text some spans lie."""
    return {
        line for start, end, *_ in spans for line in range(text.count("\n", 0, start), text.count("\n", 0, end) + 1)
    }


def tell(name, files, found, show):
    """Print recall and precision by lines, and what is missed most."""
    planted, missed, wrong, right = 0, Counter(), [], 0
    for (path, text, spans), lines in zip(files, found, strict=True):
        planted += len(spans)
        for span in spans:
            if not lines_of(text, [span]) & lines:
                missed[span[2]] += 1
                if show:
                    print(f"  {name} missed {path.name}: {text[max(0, span[0] - 30) : span[1] + 5][:120]!r}")
        errors = lines - lines_of(text, spans)
        right += len(lines - errors)
        wrong += [f"  {name} in error {path.name}: {text.splitlines()[line][:120]!r}" for line in sorted(errors)]
    if show:
        print(*wrong[:60], sep="\n")
    told = f"recall {1 - missed.total() / planted:.3f}  precision {right / max(right + len(wrong), 1):.3f}"
    print(f"{name:15} {told}  missed {dict(missed.most_common(8))}")


if __name__ == "__main__":
    main()
