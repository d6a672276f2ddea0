import pytest

from curate import Batch, Doc, key_of
from curate.plugins import load_plugins
from curate.stages import make_stage, run_stage
from curate.steps import Line


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("离心泵的维护说明。", "zh"),
        ("請定期檢查軸承的潤滑狀況。", "zh"),
        ("你好", "zh"),
        ("使用 kubectl get pods 查看 TiDB 的状态，并等待完成。", "zh"),
        ("Grease the bearings of the pump every month.", "en"),
        ("The company is called 水泵 in Chinese, and it sells pumps to people everywhere.", "en"),
        ("ポンプの軸受は毎月点検してください。", "ja"),
        ("펌프 베어링을 매달 점검하십시오.", "ko"),
        ("Graissez les roulements de la pompe tous les mois.", "fr"),
        ("Проверяйте подшипники насоса каждый месяц.", "ru"),
        ("", None),
        ("12 + 30 = 42 …", None),
    ],
)
def test_the_main_language_is_told_and_none_where_there_is_no_letter(text, lang):
    line = Line("language", load_plugins()["step"]["language"], {})
    batch, _ = run_stage(make_stage([line]), Batch.of([Doc(text, key=key_of(1)), Doc("pump", key=key_of(2))]))
    assert batch["lang"][0].as_py() == lang
