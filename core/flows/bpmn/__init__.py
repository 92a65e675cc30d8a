"""BPMN 2.0 out and in.

write.py   a flow → XML with a diagram      layout.py  where its shapes stand
xml.py     text → checked elements          graph.py   elements → nodes and flows, every reference checked
read.py    nodes and flows → the tree of steps again; what is not block-structured is refused by name
"""

from core.flows.bpmn.read import Imported, read
from core.flows.bpmn.write import write

__all__ = ["Imported", "read", "write"]
