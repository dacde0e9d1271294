"""IMAGES -> BOXES -> TRACKS; cannot tell who.

What leaves this room is where something is and how sure that is; no pixel and no feature of it.
"""
