"""Counters that every adapter shares; a Prometheus name may be declared once only."""

from __future__ import annotations

from prometheus_client import Counter

FRAMES_REFUSED = Counter(
    "zhongshu_frames_refused",
    "Frames and callbacks of a platform that were refused before they reached a handler",
    ["platform", "reason"],
)
