"""What the words near a number say of it. Between Chinese characters there are no word boundaries, so none is asked."""

import re

from curate.personal.found import Candidate

CLAUSE_END = re.compile("[，,。！？；;\n]")
# Words for numbers that are nobody's, where they stand right before one: 订单编号, Order no., "batch_id":
BETWEEN = "[^0-9a-z一-鿿]"
OTHER = re.compile(
    r"(?:订单|运单|快递|物流|工单|任务|合同|发票|流水|交易|凭证|批次|批号|序列|型号|货号|条码|索引|编号|单号|编码|版本|时间戳"
    r"|校验|记录|商品|产品|零件|总额|金额|合计|价格|[销数产流容]量|人数|耗时|阅读|播放|浏览|共计|大小|长度|面积"
    r"|(?<![a-z])(?:order|invoice|tracking|parcel|shipment|waybill|lot|batch|serial|index|sku|model|part|item|product|asset"
    r"|ticket|case|request|commit|build|version|timestamp|epoch|job|task|trace|transaction|revenue|total|amount|isbn|doi"
    r"|conversation|issue|run|pr|seed|offset|row|rma|size|length|count))"
    r"(?:[号码]{1,2}|编[号码]|数据?|[ _-]?(?:no|nr|num|number|id|code|key))?"
    rf"{BETWEEN}{{0,4}}(?:是|为|is|was)?{BETWEEN}{{0,3}}\Z",
    re.IGNORECASE | re.ASCII,
)
UNIT = re.compile(
    r"\s?(?:[千万亿]?[元个次条件吨台辆份套页]|美元|字节|[纳微毫]?秒|%|(?:[mnuk]?s|sec|seconds?|milliseconds?|bytes?|[kmgt]b|dollars?|usd"
    r"|rmb|rows|times|tokens|parameters|params|samples|steps|items|users|people|characters|km|kg|years|days)(?![a-z]))",
    re.IGNORECASE,
)
CURRENCY = re.compile(r"[$¥￥€£]\s?\Z|(?:rmb|usd|cny|eur)\s?\Z", re.IGNORECASE)


def words(chinese: str, english: str) -> "re.Pattern[str]":
    """A pattern for words of both languages; the English ones stand for themselves, not within longer ones."""
    return re.compile(f"(?:{chinese})|(?<![a-z])(?:{english})(?![a-z])", re.IGNORECASE)


def announced(candidate: Candidate, wanted: "re.Pattern[str]") -> bool:
    """Whether one of the words stands before a number, and no word for other numbers behind it."""
    return wanted.search(candidate.before) is not None and not other(candidate, wanted)


def other(candidate: Candidate, wanted: "re.Pattern[str] | None" = None) -> bool:
    """Whether what stands right before a number says that it is something else: an order, a sum, a batch."""
    said = OTHER.search(candidate.before)
    if said is None:
        return False
    general = said[0].startswith(("编号", "编码", "索引"))  # 身份证编号 is still an identity number
    return not (general and wanted and wanted.search(candidate.before, max(0, said.start() - 4), said.start()))


def follows(candidate: Candidate, wanted: "re.Pattern[str]") -> bool:
    """Whether one of the words stands behind a number, before any comma."""
    return wanted.search(CLAUSE_END.split(candidate.after, maxsplit=1)[0]) is not None


def counted(candidate: Candidate) -> bool:
    """Whether a number is a sum or a count: a unit behind it, a currency before it."""
    return UNIT.match(candidate.after) is not None or CURRENCY.search(candidate.before) is not None


def sure(candidate: Candidate, wanted: "re.Pattern[str]", plain: float) -> float:
    """How sure a number that looks right is: by a word for it, by one for others, or `plain` without either."""
    if announced(candidate, wanted):
        return max(0.95, plain)
    return 0.3 if other(candidate) else plain
