"""A flow → BPMN 2.0 XML with its diagram. Our own settings travel as JSON in extensionElements."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

from core.flows.bpmn.layout import lay_out, waypoints
from core.flows.bpmn.shapes import Drawer, Drawing, Edge, Node
from core.flows.bpmn.words import BPMN, BPMNDI, DC, DI, ELEMENTS, GATEWAYS, OURS, XSI, clean
from core.flows.definition import Flow
from core.flows.dump import settings_of, step_settings

_SPACES = {
    "xmlns:bpmn": BPMN,
    "xmlns:bpmndi": BPMNDI,
    "xmlns:dc": DC,
    "xmlns:di": DI,
    "xmlns:xsi": XSI,
    "xmlns:zhongshu": OURS,
}


def write(flow: Flow) -> str:
    """The XML of a flow. Raises ValueError for steps that can never be reached (lint refuses them)."""
    drawing = Drawer().draw(flow, ELEMENTS, GATEWAYS)
    lay_out(drawing)
    root = ET.Element("bpmn:definitions", {**_SPACES, "id": "Definitions_1", "targetNamespace": OURS})
    name = clean(flow.title or flow.key)
    process = ET.SubElement(root, "bpmn:process", {"id": flow.key, "name": name, "isExecutable": "false"})
    _settings(process, "flow", settings_of(flow))
    for node in drawing.nodes:
        _node(process, node, drawing)
    for edge in drawing.edges:
        _edge(process, edge)
    _diagram(root, flow.key, drawing)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _settings(parent: ET.Element, name: str, data: dict[str, Any]) -> None:
    holder = ET.SubElement(parent, "bpmn:extensionElements")
    # Escapes, so that no character of a text can be one that XML forbids or changes.
    ET.SubElement(holder, f"zhongshu:{name}").text = json.dumps(data, ensure_ascii=not _plain(data))


def _plain(data: dict[str, Any]) -> bool:
    text = json.dumps(data, ensure_ascii=False)
    return clean(text) == text


def _node(process: ET.Element, node: Node, drawing: Drawing) -> None:
    found = ET.SubElement(process, f"bpmn:{node.element}", {"id": node.id})
    if node.name:
        found.set("name", clean(node.name))
    if node.element in GATEWAYS.values():
        found.set("gatewayDirection", "Diverging" if node.step else "Converging")
        _default(found, node, drawing)
    if node.step is not None:
        _settings(found, "step", step_settings(node.step, node.step.key))
    for id_ in node.incoming:
        ET.SubElement(found, "bpmn:incoming").text = id_
    for id_ in node.outgoing:
        ET.SubElement(found, "bpmn:outgoing").text = id_
    _events(found, node)


def _default(found: ET.Element, node: Node, drawing: Drawing) -> None:
    for edge in drawing.edges:
        if edge.source is node and edge.path is not None and edge.path.otherwise:
            found.set("default", edge.id)
            return


def _events(found: ET.Element, node: Node) -> None:
    if node.step is None:
        return
    if node.step.kind == "end":
        ET.SubElement(found, "bpmn:terminateEventDefinition", {"id": f"{node.id}_end"})
    if node.step.kind == "delay":
        timer = ET.SubElement(found, "bpmn:timerEventDefinition", {"id": f"{node.id}_timer"})
        delay = node.step.delay
        if delay is not None and (delay.days or delay.hours):
            kind, text = "timeDuration", f"P{delay.days}DT{delay.hours:g}H"
        else:
            kind, text = "timeDate", (delay.until or delay.field) if delay is not None else ""
        made = ET.SubElement(timer, f"bpmn:{kind}", {"xsi:type": "bpmn:tFormalExpression"})
        made.text = clean(text)


def _edge(process: ET.Element, edge: Edge) -> None:
    found = ET.SubElement(
        process,
        "bpmn:sequenceFlow",
        {"id": edge.id, "sourceRef": edge.source.id, "targetRef": edge.target.id},
    )
    if edge.path is None:
        return
    if edge.path.name:
        found.set("name", clean(edge.path.name))
    if edge.path.condition:
        condition = ET.SubElement(found, "bpmn:conditionExpression", {"xsi:type": "bpmn:tFormalExpression"})
        condition.text = clean(edge.path.condition)


def _diagram(root: ET.Element, key: str, drawing: Drawing) -> None:
    diagram = ET.SubElement(root, "bpmndi:BPMNDiagram", {"id": "Diagram_1"})
    plane = ET.SubElement(diagram, "bpmndi:BPMNPlane", {"id": "Plane_1", "bpmnElement": key})
    for node in drawing.nodes:
        shape = ET.SubElement(plane, "bpmndi:BPMNShape", {"id": f"{node.id}_di", "bpmnElement": node.id})
        if node.element == "exclusiveGateway":
            shape.set("isMarkerVisible", "true")
        width, height = node.size
        bounds = {"x": node.x, "y": node.y, "width": width, "height": height}
        ET.SubElement(shape, "dc:Bounds", {name: str(one) for name, one in bounds.items()})
    for edge in drawing.edges:
        line = ET.SubElement(plane, "bpmndi:BPMNEdge", {"id": f"{edge.id}_di", "bpmnElement": edge.id})
        for x, y in waypoints(edge):
            ET.SubElement(line, "di:waypoint", {"x": str(x), "y": str(y)})
