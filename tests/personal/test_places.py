from functools import cache

import pytest

from curate.personal.finder import Finder
from curate.personal.profile import read_profile


@cache
def finder(profile="default"):
    return Finder(read_profile(profile))


def said(type, text, profile="default"):
    return [text[one.start : one.end] for one in finder(profile).find(text) if one.type == type]


@pytest.mark.parametrize(
    "address",
    [
        "北京市海淀区中关村大街27号1101室",
        "上海浦东新区世纪大道100弄5号",
        "湖南省长沙市岳麓区麓山南路932号",
        "广西壮族自治区南宁市青秀区建国路8号阳光花园3栋2单元501室",
        "河南省周口市太康县城关镇王家村3组",
        "翠竹路12号院3号楼2单元501",
        "海淀区学院路37号",
        "南京西路1266号恒隆广场28楼",
        "17 Maple Ave Apt 3B, Boston, MA 02118",
        "1600 Amphitheatre Parkway, Mountain View, CA 94043, USA",
        "1200 W. Fifth Ave., Columbus, Ohio 43212",
        "54321 Robert Trail Suite 200\nLake Michael, NM 12345",
        "P.O. Box 123, Reno, NV 89501",
        "PSC 7666, Box 1934, APO AA 11923",
        "10 Downing Street",
    ],
)
@pytest.mark.parametrize("around", ["{}", "他现住{}。", "地址：{}", "She lives at {}.", "😀{}，电话"])
def test_an_address_is_found_in_running_text_and_behind_a_label(address, around):
    assert said("address", around.format(address)) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "", "中国", "位于北京市朝阳区", "北京市海淀区人民法院", "第三路", "一号楼方案", "服务器地址：10.0.0.1", "地址：同上", "地址：见附件", "邮箱地址：a@b.cn",
        "镜像地址，可以是网络地址或本地文件路径。", "The 2019 Supreme Court ruled", "5 Star Hotel", "100 Main Points", "in 2020 North Carolina", "step 3 Drive",
    ],
)  # fmt: skip
def test_what_is_no_address_is_left(text):
    assert said("address", text) == []


def test_a_labelled_address_ends_where_the_next_label_begins():
    text = "现住址 北京市西城区德胜门内大街甲12号院3号楼 电话 13600001111"
    assert said("address", text) == ["北京市西城区德胜门内大街甲12号院3号楼"]


def test_the_column_of_a_table_is_a_label():
    text = "姓名,家庭住址,备注\n张伟,江西省赣州市于都县贡江镇长征村,无\n"
    assert said("address", text) == ["江西省赣州市于都县贡江镇长征村"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("工作单位：华泰机械有限公司\n", ["华泰机械有限公司"]),
        ("工作单位【市第二纺织厂】", ["市第二纺织厂"]),
        ("他在东方小学上班，", ["东方小学"]),
        ("男，71岁，县供电局退休职工", ["县供电局"]),
        ("工作单位：无", []),
        ("结果\t单位\t参考区间\n", []),
        ("患者已退休，在家工作", []),
    ],
)
def test_where_a_person_works_is_found_in_the_clinical_profile(text, expected):
    assert said("organization", text, "clinical_zh") == expected


@pytest.mark.parametrize(
    "bait",
    [
        "北京市",
        "北京市市区县镇",
        "人民路",
        "北京市人民路1号",
        "1 Aa Bb Cc Dd ",
        "1 Aaaa Street, ",
        "地址：",
        "在某公司上班",
        "PO Box 1, Aa ",
    ],
)
def test_long_bait_ends(bait):
    assert isinstance(finder("clinical_zh").find(bait * 5_000), list)
