from dataclasses import replace

import pytest

from curate.personal.check_digits import with_cn_id, with_hk_id, with_tw_id, with_uscc
from curate.personal.finder import Finder
from curate.personal.profile import read_profile

TYPES = {
    "cn_id",
    "hk_id",
    "macau_id",
    "tw_id",
    "travel_permit",
    "passport",
    "plate",
    "im_id",
    "uscc",
    "us_ssn",
    "us_itin",
}
FINDER = Finder(replace(read_profile(), types=frozenset(TYPES)))
ID, HK, TW = with_cn_id("110105194912310020"), with_hk_id("A1234560"), with_tw_id("A123456780")
COMPANY = with_uscc("91110108MA000001")


def found(text):
    return [(text[one.start : one.end], one.type) for one in FINDER.find(text)]


@pytest.mark.parametrize(
    ("text", "said", "type"),
    [
        (f"身份证号{ID}已登记", ID, "cn_id"),
        (f"idno={ID.lower()};", ID.lower(), "cn_id"),
        (f"持{ID[:6]} {ID[6:14]} {ID[14:]}的旅客", f"{ID[:6]} {ID[6:14]} {ID[14:]}", "cn_id"),
        ("老身份证110105491231002作废", "110105491231002", "cn_id"),
        (f"{HK[:-1]}({HK[-1]})来访", f"{HK[:-1]}({HK[-1]})", "hk_id"),
        (f"香港身份证{HK}", HK, "hk_id"),
        (f"HKID: {HK}", HK, "hk_id"),
        ("澳门居民身份证：1234567(8)", "1234567(8)", "macau_id"),
        (f"台湾身分证字号{TW}", TW, "tw_id"),
        ("港澳通行证C12345678，有效", "C12345678", "travel_permit"),
        ("回乡证号：H0123456789", "H0123456789", "travel_permit"),
        ("台胞证12345678", "12345678", "travel_permit"),
        ("home return permit M12345678", "M12345678", "travel_permit"),
        ("护照号码：EA1234567。", "EA1234567", "passport"),
        ("持有G12345678号护照出境", "G12345678", "passport"),
        ("US passport 123456789", "123456789", "passport"),
        ("E12345678 (Chinese passport)", "E12345678", "passport"),
        ("车牌号皖CD21740停在门口", "皖CD21740", "plate"),
        ("粤B·8Q5Z2违章", "粤B·8Q5Z2", "plate"),
        ("粤Z·1234港", "粤Z·1234港", "plate"),
        ("京A1234警 在执勤", "京A1234警", "plate"),
        ("加微信lena_2024领取", "lena_2024", "im_id"),
        ("微信号：zhangsanfeng", "zhangsanfeng", "im_id"),
        ("my wechat id is tom-hill9", "tom-hill9", "im_id"),
        ("联系wxid_9utm81g3bw6dpi", "wxid_9utm81g3bw6dpi", "im_id"),
        ("QQ：78765262，全天在线", "78765262", "im_id"),
        ("统一社会信用代码" + COMPANY, COMPANY, "uscc"),
        ("SSN 368-47-7065 was", "368-47-7065", "us_ssn"),
        ("ssn: 368477065", "368477065", "us_ssn"),
        ("ITIN: 912-70-1234", "912-70-1234", "us_itin"),
    ],
)
def test_an_identity_is_found_by_its_shape_its_checksum_and_the_words_beside_it(text, said, type):
    assert found(text) == [(said, type)]


@pytest.mark.parametrize(
    "text",
    [
        f"编号{ID[:-1]}0，{ID[:10]}13{ID[12:]}，99{ID[2:]}",
        "订单110105491231002已发货",
        f"{HK[:-1]}({(int(HK[-1]) + 1) % 10 if HK[-1].isdecimal() else 1})，function A123456(9)",
        f"型号{TW}，A123456788",
        "E12345678是序列号，C12345678，护照办理需10个工作日",
        "更新A12345版，阿里云E2024S实例，黑客A1，川A，京ICP备12345678号",
        "微信支付payment，微信公众号，WeChat Pay is supported, wechat: enabled, -v test_modeling, v:i_data",
        "QQ2024年会，QQ9.7.1版，QQ音乐12.5，QQ群",
        f"{COMPANY[:-1]}{'0' if COMPANY[-1] != '0' else '1'}，TSO 450456244814610434",
        "000-12-3456 666-12-3456 987-12-3456 123-00-4567 123-45-0000 1-123-45-6789-2 123456789",
    ],
)
def test_numbers_that_are_nobodys_identity_stay(text):
    assert found(text) == []
