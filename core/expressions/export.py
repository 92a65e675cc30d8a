"""The checked tree as JSON, for the interpreter in the browser (admin/web/src/shared/expr.ts).

    {"version": 1, "kind": "bool", "browser": true, "root": NODE}   browser false: ask the server
    NODE  {"op": "const", "kind": K, "value": V}
              V: number "12.50", date "2026-01-31", datetime ISO with offset, duration microseconds as text,
              and text, bool, null as such
          {"op": "field", "kind": K, "path": [key, …], "each": bool, "label": 金额}
              each: of the sub-table row in hand, not of the form; a list also has "elements": K
          {"op": "item", "kind": K}     the list element in hand
          {"op": "list", "kind": "list", "items": [NODE, …]}
          {"op": "call", "kind": K, "name": "ROUND", "args": [NODE, …]}
              main names of functions.TABLE; IF comes as IFS
          {"op": "gather", "kind": K, "fn": F, "source": NODE, "body": NODE|null, "where": NODE|null}
              F: sum avg min max count any all collect
          {"op": "lookup", "kind": K, "args": [FIELD, …]}     asks the server; the fields of this form that it reads
          {"op": any operator of nodes.py, "kind": K, "args": [NODE, …]}
Every node but const may be null at run time.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from core.expressions.functions import BY_NAME
from core.expressions.lookup import own_fields
from core.expressions.nodes import Call, Const, Field, Gather, Item, Lookup, Node, Op, Written, walk
from core.expressions.values import Kind

VERSION = 1
SERVER_OPS = {"match", "search"}  # RE2 has no equal in a browser


def exported(root: Node) -> dict[str, object]:
    """The whole document."""
    browser = not any(_needs_server(node) for node in walk(root))
    return {"version": VERSION, "kind": str(root.kind), "browser": browser, "root": _json(root)}


def _needs_server(node: Node) -> bool:
    if isinstance(node, Lookup):
        return True
    if isinstance(node, Op):
        return node.op in SERVER_OPS
    return isinstance(node, Call) and not BY_NAME[node.name].browser


def _json(node: Node) -> dict[str, object]:  # one return a node class
    kind = str(node.kind)
    match node:
        case Const(value=value):
            return {"op": "const", "kind": kind, "value": constant(value)}
        case Field(path=path, each=each, label=label):
            listed = {"elements": str(node.elements)} if node.kind is Kind.LIST else {}
            return {"op": "field", "kind": kind, "path": list(path), "each": each, "label": label, **listed}
        case Item():
            return {"op": "item", "kind": kind}
        case Written(items=items):
            return {"op": "list", "kind": kind, "items": [_json(item) for item in items]}
        case Call(name=name, args=args):
            return {"op": "call", "kind": kind, "name": name, "args": [_json(arg) for arg in args]}
        case Gather(fn=fn, source=source, body=body, where=where):
            inner = {"source": _json(source), "body": body and _json(body), "where": where and _json(where)}
            return {"op": "gather", "kind": kind, "fn": fn, **inner}
        case Lookup():
            return {"op": "lookup", "kind": kind, "args": [_json(one) for one in own_fields(node)]}
        case Op(op=sign, args=args, data=data):
            out: dict[str, object] = {"op": sign, "kind": kind, "args": [_json(arg) for arg in args]}
            return out | {"data": data} if data else out
    raise AssertionError(node)


def constant(value: object) -> object:
    """A value as the browser's interpreter takes and gives it."""
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return str(value // timedelta(microseconds=1))
        case list() | tuple():
            return [constant(item) for item in value]
    return value
