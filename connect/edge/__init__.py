"""The HTTP edge that page servers and the open API share: strict bodies, one error form, headers, limits."""

from connect.edge.body import Body, body, key_in, limit_of, word_of
from connect.edge.deps import Deps, Platform, Preview
from connect.edge.doors import answer, ask, audit_refused, audit_unseen, reading, writing
from connect.edge.failures import Refused, error_answer, wrong
from connect.edge.jsonbody import LARGEST_BODY
from connect.edge.middleware import MORE_HEADERS, REQUEST_ID, middlewares

__all__ = [
    "LARGEST_BODY",
    "MORE_HEADERS",
    "REQUEST_ID",
    "Body",
    "Deps",
    "Platform",
    "Preview",
    "Refused",
    "answer",
    "ask",
    "audit_refused",
    "audit_unseen",
    "body",
    "error_answer",
    "key_in",
    "limit_of",
    "middlewares",
    "reading",
    "word_of",
    "writing",
    "wrong",
]
