"""vectors.json, which the browser's interpreter is tested with, is what Python gives."""

import json

from expression_samples import ORDER
from shared_vectors import FILE, ROWS, SCOPE, restored, result_of

from core.expressions import compile

DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))


def test_every_vector_is_what_python_says_today() -> None:
    """If this fails after a wanted change: run shared_vectors.py, look at the difference, commit it."""
    rows = {name: restored(row, ORDER) for name, row in DOCUMENT["rows"].items()}

    for vector in DOCUMENT["vectors"]:
        expression = compile(vector["text"], ORDER)
        assert json.loads(json.dumps(expression.tree())) == vector["tree"], vector["text"]
        assert {name: result_of(expression, row) for name, row in rows.items()} == vector["results"], vector[
            "text"
        ]


def test_no_vector_fails() -> None:
    """A failure would hide a mistake of ours on both sides."""
    for vector in DOCUMENT["vectors"]:
        assert {"error": True} not in vector["results"].values(), vector["text"]


def test_rows_go_through_json_unharmed() -> None:
    for name, row in ROWS.items():
        assert restored(DOCUMENT["rows"][name], ORDER) == row


def test_the_scope_of_the_file_is_ours() -> None:
    assert DOCUMENT["scope"]["now"] == SCOPE.now.isoformat()
    assert len(DOCUMENT["vectors"]) > 250
