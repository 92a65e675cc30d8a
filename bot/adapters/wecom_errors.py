"""WeCom's errcodes → PlatformError: what an operator must mend, what passes by itself, what is spent.

Source: developer.work.weixin.qq.com, path 90313. Decide by the code alone; the texts change.
"""

from __future__ import annotations

from bot.adapters.base import PlatformError

TOKEN_SPENT = frozenset({40014, 42001})
TASK_EXISTS = 42014
MEDIA_GONE = 40007
BUSY_SECONDS = {-1: 3.0, 45009: 60.0, 45033: 5.0, 40014: 5.0, 42001: 5.0}

SETUP = {
    40001: "Secret 不对，请核对 ZHONGSHU_WECOM_SECRET。",
    40013: "CorpID 不对，请核对 ZHONGSHU_WECOM_CORP_ID。",
    41002: "缺少 CorpID，请设置 ZHONGSHU_WECOM_CORP_ID。",
    41004: "缺少 Secret，请设置 ZHONGSHU_WECOM_SECRET。",
    40056: "AgentId 不对，请核对 ZHONGSHU_WECOM_AGENT_ID。",
    41011: "缺少 AgentId，请设置 ZHONGSHU_WECOM_AGENT_ID。",
    301002: "AgentId 与 Secret 不是同一个应用的，请核对 ZHONGSHU_WECOM_AGENT_ID。",
    43009: "企业尚未认证，无法使用此功能。",
    43012: "应用没有设置“接收消息”的 URL，带按钮的卡片发不出去。",
    48002: "应用没有调用此接口的权限。",
    50001: "网页授权的域名不在“可信域名”里。",
    50002: "成员不在应用的可见范围内。",
    50003: "应用已停用，请在企业微信后台启用。",
    60011: "操作的对象不在应用的可见范围内。",
    93000: "群机器人的 webhook 地址不对，或者机器人已从群里移除。",
    93004: "群机器人已停用。",
    93008: "群机器人不在群里。",
    86003: "这个群不是本应用建的，应用发不进去。",
    60020: "服务器的 IP 不在“企业可信IP”里，请在应用详情页添加。",
}
RECEIVER = {
    40003: "成员不存在",
    46004: "成员不存在",
    60111: "成员不存在",
    81013: "成员不存在，或不在应用的可见范围内",
}


def error_of(code: int, text: str) -> PlatformError:
    """The error for a non-zero errcode; one that is neither busy nor set-up means a bad request of ours."""
    if code in BUSY_SECONDS:
        return PlatformError(f"企业微信繁忙（{code}）", code=str(code), retry_after=BUSY_SECONDS[code])
    meaning = SETUP.get(code) or RECEIVER.get(code) or text.partition(", hint:")[0]
    address = f"（{text.rpartition('from ip:')[2].split(',')[0].strip()}）" if code == 60020 else ""
    return PlatformError(f"企业微信拒绝（{code}）：{meaning}{address}", code=str(code), permanent=True)


def update_error_of(error: PlatformError) -> PlatformError:
    """The error of a card update: whatever is not busy, set-up or receiver means that the code is spent.

    The platform documents no errcode for used, expired and unknown response codes.
    """
    code = error.code
    kept = not error.permanent or not code or int(code) in SETUP or int(code) in RECEIVER
    return error if kept else PlatformError(str(error), code=code, gone=True)


def lost(what: str, *, ambiguous: bool) -> PlatformError:
    """The platform was not reached, or its answer was not understood."""
    return PlatformError(f"企业微信没有正常应答：{what}", ambiguous=ambiguous)
