"""THE ONLY ROOM THAT KNOWS A FACE: two portraits of one session -> how alike they are.

Laws: one pair at a time, and only a lawful one (`template.LAWFUL`); no list, no gallery, no search; a template has no
numbers to read, no file and no copy; no matcher stands in for another; only `gate` may import this room. Of a set of
people who agreed to it there are totals, too, which say nothing of a pair or of fewer than five (`totals`).

Reading order: portrait, align, template, matcher, and the two that there are: omz, dlib_net; then counts and totals.
"""

from garim.wall import Side, arm

arm(Side.IDENTITY)
