"""Fakes of people's names: every part has its own fake, so that the parts of a name agree wherever they stand.

John Smith becomes Adela Ashcombe, and then Mr. Smith is Mr. Ashcombe; 张伟 becomes 邬文彬, and 张先生 is 邬先生. The
key chooses which rare names are used. So a fake is known by its parts, and hardly anybody real has such a name.
"""

import re
from collections.abc import Sequence
from functools import cache

from curate.personal.key import dice, mac

HAN = "一-鿿㐀-䶿"
# All together 0.8 % of people in China have them, by the shares that Faker gives; none is a word of other texts.
SURNAMES = "邬裘缪郦柏闵席卞戚褚窦奚荀郏佟谌仝芮臧虞昝莘屠巫隗宓郗仉亓濮阚逄亢佘隋岑晁禹狄郜"
COMPOUND = (
    "诸葛", "司马", "上官", "皇甫", "尉迟", "公孙", "慕容", "令狐", "端木", "轩辕",
    "东方", "夏侯", "呼延", "宇文", "长孙", "司徒", "司空", "南宫", "独孤", "闻人",
)  # fmt: skip
KNOWN_COMPOUND = {*COMPOUND, "欧阳", "单于", "万俟", "赫连", "澹台", "申屠", "太史", "百里", "东郭", "钟离", "拓跋"}
WOMEN = (
    "芳娜敏静秀丽艳娟霞燕玲桂兰英梅琳雪莉倩颖洁婷慧莹萍红玉琴云珍凤香月莺媛瑞凡佳嘉琼勤贞荣爱妹巧美淑惠珠翠雅芝露瑶怡婵雁蓓薇梦岚苑婕"
    "馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希宁欣飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝思"
)
MEN = (
    "伟强磊军洋勇杰涛明超刚平辉健俊帆帅旭宁龙林建国华志文斌波宇浩凯鑫鹏飞峰晨瑞兵雷东博彬坤岩杨楠永世广义兴良海山仁贵福生元全胜学祥才发"
    "武新利清富顺信子昌成康星光天达安茂进有坚和彪诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲江亮政谦亨奇固之轮翰朗伯宏言若鸣朋"
)
SOUNDS = "阿巴布达尔古哈吉卡克拉里鲁马米娜尼努帕萨斯苏塔提图瓦西亚依扎孜木买合艾力江古丽热"
UNSAID = "某ＸX×*＊○"  # 张某, 李×: what somebody left out before
CALLED = re.compile(
    "(先生|女士|小姐|太太|夫人|同学|同志|医生|大夫|护士|医师|主任|副?教授|老师|律师|法官|检察官|书记员|护士长|经理|总监?|"
    "师傅|阿姨|叔叔|奶奶|爷爷|大爷|大妈|女儿|氏|哥|姐|工)$"
)
FAMILIAR = re.compile("^[小老阿](?=.$)")
HEADS = (
    "Ash Birch Clay Dun East Fair Glen Hart Ken Lang Marl Nor Oak Pem Quin Red Stan Thorn Under Wal Wex Whit Yar Holm"
)
TAILS = (
    "bourne bridge brook combe cott den field ford gate hurst low mere more stead stone thorpe well wick worth croft"
)
TITLES = (
    "mr mrs ms miss mx dr prof professor doctor sir madam nurse rev hon judge jr sr ii iii iv md phd esq rn dds mba"
)
PARTICLES = "and van von der den de del della di da dos la le bin ibn al el y st"
KEPT = frozenset(f"{TITLES} {PARTICLES}".split())
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
GIVEN_MARK = 16  # of pairs of characters for a given name one in so many is marked
RARE = 0.0005  # of people; Faker gives each name its share


def fake_person(text: str, key: bytes) -> str:
    """Another name of the same language and build; titles, particles and what stands between the parts stay."""
    done = re.sub(f"[{HAN}](?:[{HAN}·•‧ ]*[{HAN}])?", lambda run: fake_han(run[0], key), text)
    return done if done != text or re.search(f"[{HAN}]", text) else WORD.sub(lambda word: fake_word(word[0], key), text)


def is_fake_person(text: str, key: bytes) -> bool:
    """Whether every part of a name is one of those that this key makes."""
    if runs := re.findall(f"[{HAN}](?:[{HAN}·•‧ ]*[{HAN}])?", text):
        return all(is_fake_han(run, key) for run in runs)
    given, surnames = latin_pools(key)
    words = [word.lower() for word in WORD.findall(text) if word.lower() not in KEPT and len(word) > 1]
    known = {*given, *surnames}
    return bool(words) and all(word.capitalize() in known for word in words)


def fake_han(name: str, key: bytes) -> str:
    """Another Chinese name; spaces in it stay where they are."""
    if "·" in name or "•" in name or "‧" in name:
        return re.sub(f"[{HAN}]+", lambda part: by_sound(part[0], key), name)
    before, surname, given, after = parts_of(name)
    new = f"{fake_surname(surname, key)}{fake_given(given, key)}"
    if len(new) == len(surname + given) and " " in name:
        characters = iter(before + new + after)
        return "".join(one if one == " " else next(characters) for one in name)
    return f"{before}{new}{after}"


def is_fake_han(name: str, key: bytes) -> bool:
    """Whether surname and given name are of those that this key makes."""
    if "·" in name or "•" in name or "‧" in name:
        return all(sound_mark(part, key) == part for part in re.findall(f"[{HAN}]+", name))
    _, surname, given, _ = parts_of(name)
    if surname not in pool("surname", COMPOUND if len(surname) > 1 else SURNAMES, key, 2):
        return False
    return len(given) < 2 or given[0] in UNSAID or is_given(given, key)


def parts_of(name: str) -> tuple[str, str, str, str]:
    """What stands before a Chinese name (小, 老), its surname, its given name, and the title behind it."""
    name = name.replace(" ", "")
    title = CALLED.search(name, 1)
    name, after = (name[: title.start()], title[0]) if title and len(name) > len(title[0]) else (name, "")
    before = "" if not (familiar := FAMILIAR.match(name)) else familiar[0]
    name = name[len(before) :]
    length = 2 if name[:2] in KNOWN_COMPOUND and len(name) > 1 else 1
    return before, name[:length], name[length:], after


def fake_surname(surname: str, key: bytes) -> str:
    """The surname that stands for this one: always the same."""
    chosen = pool("surname", COMPOUND if len(surname) > 1 else SURNAMES, key, 2)
    return dice(key, "surname", surname).choice([one for one in chosen if one != surname])


def fake_given(given: str, key: bytes) -> str:
    """A given name of as many characters, a woman's for a woman's; what was left out stays so."""
    if not given or given[0] in UNSAID:
        return given
    random = dice(key, "given", given)
    characters = WOMEN if any(one in WOMEN and one not in MEN for one in given) else MEN
    while True:
        made = "".join(random.choice(characters) for _ in given)
        if made != given and (len(made) < 2 or is_given(made, key)):
            return made


def is_given(given: str, key: bytes) -> bool:
    """Whether a given name is marked."""
    return mac(key, "mark", "given", given) % GIVEN_MARK == 0


def by_sound(part: str, key: bytes) -> str:
    """A name written by its sound, as 买买提, of as many characters."""
    random = dice(key, "sound", part)
    made = sound_mark("".join(random.choice(SOUNDS) for _ in part), key)
    return made if made != part else sound_mark("".join(random.choice(SOUNDS) for _ in part), key)


def sound_mark(part: str, key: bytes) -> str:
    """Such a name, the second half of which follows from the first."""
    half = len(part) // 2
    drawn, made = mac(key, "mark", "sound", part[: len(part) - half]), ""
    for _ in range(half):
        drawn, chosen = divmod(drawn, len(SOUNDS))
        made += SOUNDS[chosen]
    return part[: len(part) - half] + made


def fake_word(word: str, key: bytes) -> str:
    """The fake of one word of a name in Latin letters: a given name's for a given name; an initial becomes another."""
    if word.lower() in KEPT:
        return word
    random = dice(key, "word", word.lower())
    if len(word) == 1:
        return random.choice([one for one in "ABCDEGHJKLMNPRST" if one != word])
    women, men = latin_given()
    name = word.capitalize()
    given, surnames = latin_pools(key)
    chosen: Sequence[str] = surnames
    if name in women or name in men:
        chosen = [one for one in given if one in (women if name in women else men)] or given
    made = random.choice([one for one in chosen if one != name])
    return made.upper() if word.isupper() else made.lower() if word.islower() else made


def latin_pools(key: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The given names and the surnames in Latin letters that this key makes."""
    return pool("given", rare_given(), key, 4), pool("latin", latin_surnames(), key, 8)


@cache
def pool(what: str, names: Sequence[str], key: bytes, share: int) -> tuple[str, ...]:
    """One name in `share`, which ones the key says."""
    ordered = sorted(names, key=lambda name: mac(key, "pool", what, name))
    return tuple(sorted(ordered[: max(2, len(ordered) // share)]))


@cache
def latin_surnames() -> tuple[str, ...]:
    """Surnames after places, of which few are anybody's: Ashcombe, Kenwick."""
    common = {name.lower() for names in latin_given() for name in names} | {"blackwell", "redwood", "underwood"}
    made = (f"{head}{tail}" for head in HEADS.split() for tail in TAILS.split())
    return tuple(name for name in made if name.lower() not in common)


@cache
def latin_given() -> tuple[dict[str, float], dict[str, float]]:
    """Given names of women and of men with the share of people that have them."""
    from faker.providers.person.en_US import Provider

    return dict(Provider.first_names_female), dict(Provider.first_names_male)


@cache
def rare_given() -> tuple[str, ...]:
    """Given names that fewer than one person in 2,000 has."""
    women, men = latin_given()
    return tuple(name for name, share in (women | men).items() if share < RARE)
