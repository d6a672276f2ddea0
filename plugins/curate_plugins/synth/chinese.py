"""Questions in Chinese, formed from headings and sentences only where the grammar is certain."""

import re
from collections.abc import Iterator

from curate_plugins.synth.outline import Page
from curate_plugins.synth.sentences import phrases

COMMA = re.compile("[，,]")
PRONOUN = re.compile(
    r"它|其(?![他中余次实])|(?<!应)该|此(?!外)|这|那|上述|前述|前者|后者|两者|二者|该种|本款|前款|本条|本项|他们|她"
)
UNRESOLVED = re.compile(
    r"上述|前述|如下|下列|上文|下文|前文|如[上下右左]?图|[上下]图|[上下]表|图 ?\d|表 ?\d|[见参]图|"
    r"此处|本[节章文页]|本(?:文档|手册|指南|规程规|说明书|教程)"
    r"|前款|本条|本款|本项|参见|详见|参阅|参考\[|以下(?=[几各列情方步内示命]|是|为|[:：]|\s?SQL)|前者|后者"
    r"|^(?:这|那|它|其(?!他)|该|此|他|她|但|而(?!言)|并|且|所以|因此|否则|同时|另外|此外|然后|也|还|"
    r"又|两者|二者|不过|然而|反之|例如|比如|其中|即|从而|于是|接着|首先|其次|最后|除此)"
)
GENERIC = phrases(
    "另请参阅 参考 参考资料 参考文献 目录 示例 例子 语法 语法图 相关文档 相关链接 更多信息 更新日志 "
    "许可证 附录 其他 其它 说明 备注 注释 总结 小结 结语"
    " 常见问题 前言 引言 概述 简介 介绍 背景 目的 范围 适用范围 总则 附则 快速开始 快速上手 下一步 "
    "探索更多 另见 使用示例 更多例子 更多示例 输出 参数说明 MySQL兼容性"
)
MANUAL = re.compile(
    r"(?:手册|指南|条款|规范|规程|制度|办法|合同|说明书|规定|须知|指引|守则|教程|标准|细则|条例|通报|问答)(?:[(（].*)?$"
)
LEGAL = re.compile(r"(?:条款|合同|办法|规定|制度|条例|细则)(?:[(（].*)?$")
LISTED = re.compile(
    r"(?:要求|注意事项|原因|措施|限制|优势|优点|缺点|特点|特性|条件|因素|方法|步骤|事项|症状|征兆|"
    r"义务|权利|责任免除|工具|指标)$"
)
NO_VERB = re.compile(
    r"(?:周期|环境|说明|流程|准备|概述|示例|时间|频率|记录|参数|标准|项目|内容|规则|原理|范围|方式|"
    r"情况|程序|规范|表|前|后|时|中|期|率|量|值|图|报告|计划|与.*|和.*|及.*|位置|质量|配置|费用|金额|"
    r"情形|指南|计算|策略|机制|监视|监测|检查|维护|保养|试验|注意|.*的.*)$"
)
VERBS = re.compile(
    r"(?:更换|安装|拆卸|拆除|清洗|清洁|检查|调整|启动|停止|配置|设置|使用|修改|删除|创建|添加|升级|"
    r"部署|查看|导出|导入|备份|恢复|选择|判断|测量|处理|申请|计算|连接|启用|禁用|关闭|打开|避免|防止|"
    r"优化|监控|编写|构建)(?=[\u4e00-\u9fffA-Z ]{2,})"
)
ASKS = re.compile(
    r"(?:如何|怎么|怎样|为什么|为何|什么是|何时|哪些|哪里|是否|能不能|可不可以|要不要|会不会|是不是)|"
    r"(?:吗|呢|是什么|有哪些|怎么办|多少|多久)$"
)
DEFINED = re.compile(
    r"(?:(?:本(?:合同|条款|办法|规程|保险|保险合同))?(?:中)?(?:所称|所指)的?|"
    r"所谓)?[“\"「《]?(?P<term>[\w（）()/·\- \u4e00-\u9fff]{2,24}?)[”\"」》]?"
    r"(?:[（(][^）)]{1,40}[）)])?[，,：:]?\s?"
    r"(?P<verb>是指|指的是|定义为|系指|指(?=[^示出定导令针数向标明南责着]{4})|(?:又称|也称|亦称|"
    r"简称)[^，,。]{1,20}[，,]是|是一[种个款类项套](?!重要|常见|很|非常|个))(?P<rest>.{6,})",
    re.DOTALL,
)
NO_TERM = re.compile(
    r"^(?:这|那|它|其|该|此|本(?!金|体|底)|我|你|您|他|她|以[下上]|如|若|当|因|由|即|也|都|就|还|又|"
    r"主要|目的|原因|第|每|某|一般|通常|但|而|和|或|与|有|在|对|从|按|为|其中|例如|注意|说明|备注|"
    r"结果|问题|关键|前者|后者|可|不|所|上|下)|(?:的|了|时|都|也|就|可|不|主要|通常|一般|均|并|应|"
    r"所)$|[是有应须能会将被把]"
)
REASON = re.compile(r"(?:由于|因为)(?P<cause>[^。；]{4,120})")
THEREFORE = re.compile(r"[，,](?:因此|所以|因而|故而)[，,]?(?P<effect>[^。；]{6,60})[。！]$")
THEN_AFTER = re.compile(r"(?:因此|所以|因而|由此|故而)[，,]?(?P<effect>[^。；]{6,60})[。！]$")
LEADS = re.compile(
    r"(?P<cause>[^，,。；：:]{4,60}?)(?:都?(?:可能会?|会|将|容易|易|极易))?(?P<verb>导致|造成|引起|"
    r"引发)(?P<effect>[^，,。；：:的了]{3,30})[。！]$"
)
HENCE = re.compile(r"(?:从而|最终|进而)?(?:会|将|可能|容易)?(?:导致|造成|引起|使得?)(?P<effect>[^，,。；：:]{4,30})$")
REASONS = re.compile(r"(?P<effect>[^，,。；：:]{2,30}?)的(?:主要|根本|常见|直接)?原因(?:是|有|在于|包括|主要)")
BECAUSE = re.compile(r"(?P<effect>[^，,。；：:]{6,40}?)[，,]?(?:这)?是(?:因为|由于)")
NO_EFFECT = re.compile(
    r"^(?:应|须|需|必|可|会|能|要|请|将|把|对|建议|导致|无法|只|也|都|还|就|才|又|使|让|但|且|并|而|"
    r"从|以|按|每|当|如|若|一般|通常|往往|有时|尽量|最好|不(?!得.{6}|能.{6}|允许.{5}|应.{6}|宜.{6}|"
    r"可.{6}|要.{6}))"
)
IF = re.compile(
    r"(?P<word>如果|如(?=.{4,40}的[，,])|若是?|倘若|假如|一旦|当|(?=(?:发现|出现|发生|遇到|"
    r"遇有)))(?P<what>[^，,。；：:]{4,50}?)(?P<tail>时|的时候|后|的|的话|之后|之前|"
    r"前)?[，,](?P<then>.{4,})",
    re.DOTALL,
)
NO_IF = re.compile(r"^(?:图|下|何|上|此|同|前|今|需|要|没有|不然|没|是)|[“”\"（）()`]")
DUTY = re.compile(
    r"(?<![对相响适反供])应(?!用|力)|须|需(?!求)|(?<![申聘邀])请(?!求)|不得|立即|严禁|禁止|不可|不要|建议|务必"
)
OUTCOME = re.compile(r"会|将|可能|则|就|导致|无法|不承担|不能|引起|造成|视为|终止|有权")
PURPOSE = re.compile(
    r"为了?(?P<goal>(?:防止|避免|减少|保证|确保|降低|提高|延长|便于|保护|满足|"
    r"实现)[^，,。；：:]{2,30})[，,](?P<then>.{4,})",
    re.DOTALL,
)


def stands_alone(sentence: str) -> bool:
    """Whether a sentence needs nothing before it, and ends."""
    return bool(sentence[-1] in "。！？”）」" and not UNRESOLVED.search(sentence))


def topic_of(title: str) -> str:
    """A title as a question names it: what is a book, 《》 marks."""
    return title if not title or "《" in title else f"《{title}》" if MANUAL.search(title) else f"{title}"


def heading_question(heading: str, topic: str, near: str, page: Page) -> tuple[str, bool] | None:
    """A question that the text below a heading answers, and whether only the whole of that text does."""
    about = f"关于{topic}，" if topic else ""
    if heading.endswith(("?", "？")):
        named = heading if len(heading) > 6 else about + heading  # 有哪些改进？ asks of nothing by itself
        return (named, False) if len(named) > 5 and not PRONOUN.search(heading) else None
    bad = heading.replace(" ", "") in GENERIC or len(heading) > 30 or PRONOUN.search(heading)
    if bad or re.search(
        r"[：:。，,!！{}<>|=/]|本(?:文|章|节|手册|指南|文档|规程|书)|^(?:第|步骤|附录|图|表|案例|"
        r"阶段)\S{0,2}\s|\d{4}|版本|发版",
        heading,
    ):
        return None
    if not re.search(r"[\u4e00-\u9fff]{2}", heading):
        return None
    if ASKS.search(heading):
        return f"{about}{heading}？", False
    if VERBS.match(heading) and not NO_VERB.search(heading) and not LISTED.search(heading):
        return f"{about}如何{heading}？", True
    if not topic:
        return None
    if LISTED.search(heading):
        return f"{about}有哪些{heading}？", False
    if LEGAL.search(page.title) and len(heading) >= 2:
        return f"{about}{heading}是如何规定的？", False
    return f"{about}请介绍{re.sub('(?<=..)(?:介绍|说明|概述|简介)$', '', heading)}。", False


def fits_question(question: str, answer: str) -> bool:
    """Whether an answer meets a yes-or-no question: it says yes or no, or its first words are the question's."""
    if not re.search(r"吗[?？]?$|是否|能不能|可不可以|[会能]不[会能]", question):
        return True
    if re.match(r"可以|不|是|否|能|会|需|有|没|属|一般|通常|视|要|应|必", answer):
        return True
    asked = set(re.findall(r"[\u4e00-\u9fff]", question))
    return len(asked & set(answer[:80])) * 2 >= len(asked)


def definition(sentence: str, page: Page) -> str:
    """ "什么是…？" for a sentence that says what something is."""
    found = DEFINED.match(sentence)
    if not found:
        return ""
    term = found["term"].strip()
    weak = found["verb"].startswith("是一") or found["verb"] == "指"
    if (
        NO_TERM.search(term)
        or PRONOUN.search(term)
        or (weak and ("的" in term or len(term) > 14))
        or len(term) < 2
        or term.isdigit()
    ):
        return ""
    if found["verb"] == "指" and not re.match(r".{0,30}(?:的|之)", found["rest"]):
        return ""
    return f"什么是{term}？"


def cause(sentence: str, page: Page) -> str:
    """ "为什么…？" or "什么原因会导致…？" for a sentence that gives a reason."""
    if found := REASONS.match(sentence):
        effect = found["effect"]
        return (
            ""
            if PRONOUN.search(effect) or NO_EFFECT.match(effect) or re.match("一个|另|最|常见", effect)
            else f"{effect}的原因是什么？"
        )
    if found := THEREFORE.search(sentence):
        return why(found["effect"])
    if REASON.match(sentence):
        clauses = COMMA.split(sentence.rstrip("。！"))
        if found := HENCE.match(clauses[-1]):
            return leads_to(found["effect"])
        return why(clauses[-1]) if len(clauses) == 2 else ""
    if found := BECAUSE.match(sentence):
        return why(found["effect"])
    if (found := LEADS.match(sentence)) and not PRONOUN.search(found["cause"]) and "是指" not in found["cause"]:
        return leads_to(found["effect"], found["verb"])
    return ""


def cause_after(sentence: str, page: Page) -> str:
    """ "为什么…？" for a sentence that says what follows from the one before it."""
    found = THEN_AFTER.match(sentence)
    return why(found["effect"]) if found else ""


def why(effect: str) -> str:
    """A clause as a question for its reason; nothing where it lacks a subject or points elsewhere."""
    if (
        NO_EFFECT.match(effect)
        or PRONOUN.search(effect)
        or len(effect) < 6
        or effect.endswith("的")
        or re.search(r"[（(“\"：:]|我们?|您|你|[见详][附随表图第]", effect)
    ):
        return ""
    return f"为什么{effect}？"


def leads_to(effect: str, verb: str = "导致") -> str:
    """A question for what leads to something."""
    vague = PRONOUN.search(effect) or effect[0] in "的了更较很" or re.search(r"[“”\"（(]|影响$", effect)
    return "" if vague else f"什么原因会{verb}{effect}？"


def condition(sentence: str, page: Page) -> str:
    """ "如果…，应当怎么办？" or "如果…，会怎么样？" for a sentence with a condition before a comma."""
    found = IF.match(sentence)
    if not found or NO_IF.search(found["what"]) or PRONOUN.search(found["what"]):
        return ""
    word, what, tail, then = found["word"], found["what"], found["tail"] or "", found["then"]
    first = COMMA.split(then)[0]
    if word in ("如", "若", "若是", "倘若", "假如", "如果"):
        word, tail = "如果", "" if tail in ("的", "的话", "时", "的时候") else tail
    elif word in ("当", "") and tail not in ("时", "后", "的时候"):
        return ""
    if what.endswith(("为", "在", "对", "是", "和", "或")) or (not tail and word == "当"):
        return ""
    if DUTY.search(first):
        return f"{word}{what}{tail}，应当怎么办？"
    only = len(COMMA.split(sentence)) == 2
    return f"{word}{what}{tail}，会怎么样？" if (only or re.match("则|就", first)) and OUTCOME.search(first) else ""


def purpose(sentence: str, page: Page) -> str:
    """ "为了…，应当怎么做？" for a sentence that says so."""
    found = PURPOSE.match(sentence)
    if not found or PRONOUN.search(found["goal"]) or not DUTY.search(found["then"]):
        return ""
    return f"为了{found['goal']}，应当怎么做？"


def row_questions(symptom: str, cause: str, alone: bool, topic: str) -> Iterator[tuple[str, str]]:
    """Questions on a row of a table of faults: (column, question). The cause is asked for where only one row has it."""
    about = f"关于{topic}，" if topic else ""
    if alone:
        yield "cause", f"{about}出现“{symptom}”时，可能的原因是什么？"
    if alone or cause:
        because = "" if alone else f"，且原因是“{cause}”"
        yield "remedy", f"{about}出现“{symptom}”{because}时，应如何处理？"
