"""Stand-ins for the DingTalk and WeCom clouds, with their phones: real wire protocols on one loopback port
(docs/sandbox.md).
"""
