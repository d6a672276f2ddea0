import pytest

from curate import Doc, RecipeError
from curate.options import check_options
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line

STEP = load_plugins()["step"]["secrets"]
CODE, NOTE = 'password = "hunter2"\n', "数据库密码：Abc@123456，请保管"


@pytest.fixture(scope="module")
def scrub(batch):
    def through(*texts, **options):
        left, _ = run_stage(make_stage([Line("secrets", STEP, options)]), batch(*texts))
        return left["text"].to_pylist()

    return through


def test_a_secret_gives_way_to_its_name_in_the_language_around(scrub):
    assert scrub(CODE, NOTE) == ['password = "[SECRET]"\n', "数据库密码：[密钥]，请保管"]


@pytest.mark.parametrize(("action", "left"), [("redact", '""'), ("mask", '"*******"'), ("tag", '"hunter2"')])
def test_it_is_cut_masked_or_only_counted(scrub, action, left):
    assert scrub(CODE, action=action) == [f"password = {left}\n"]


def test_what_is_only_said_to_be_a_secret_stays_without_entropy(scrub):
    assert scrub(CODE, "redis://:s3cr3t@cache", entropy=False) == [CODE, "redis://:[SECRET]@cache"]


def test_texts_without_secrets_stay_as_they_are(scrub):
    texts = ["", "The token is valid for a day.", "密码长度不少于8位", "😀\u0301 text"]
    assert scrub(*texts) == texts


def test_messages_and_file_names_are_scrubbed_too(batch):
    said = [{"role": "user", "content": NOTE}, {"role": "assistant", "content": "好"}]
    given = batch(Doc("", messages=said, kind="example", uri="db_password=hunter2.txt"))
    left, _ = run_stage(make_stage([Line("secrets", STEP, {})]), given)
    doc = left.doc(0)
    assert (doc.messages[0]["content"], doc.uri) == ("数据库密码：[密钥]，请保管", "db_password=[SECRET]")


def test_an_unknown_action_is_a_sentence():
    with pytest.raises(RecipeError, match="action should be 'replace' or 'redact' or 'mask' or 'tag', not 'hash'"):
        check_options("secrets", STEP, {"action": "hash"})
