"""Names that both directions share: namespaces, and which element stands for which kind of step."""

from __future__ import annotations

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OURS = "urn:zhongshu:bpmn:1"

ELEMENTS = {
    "approve": "userTask",
    "fill": "userTask",
    "copy": "sendTask",
    "notify": "sendTask",
    "snapshot": "sendTask",
    "delay": "intermediateCatchEvent",
    "subflow": "callActivity",
    "create": "serviceTask",
    "update": "serviceTask",
    "delete": "serviceTask",
    "query": "serviceTask",
    "webhook": "serviceTask",
    "end": "endEvent",
}
GATEWAYS = {
    "exclusive": "exclusiveGateway",
    "inclusive": "inclusiveGateway",
    "parallel": "parallelGateway",
}
MODES = {element: mode for mode, element in GATEWAYS.items()}


def clean(text: str) -> str:
    """A text without what XML cannot hold."""
    return "".join(
        one for one in text if one in "\t\n" or " " <= one < "\ud800" or "\udfff" < one not in _NEVER
    )


_NEVER = "\ufffe\uffff"
