"""TRACKS -> METRES -> COUNTS: how many were how close for how long, and never who.

    film -> people (boxes) -> tracks -> metres -> store -> encounters -> counts

Laws: no pixel is kept, and no feature of anybody's looks; a track's number means nothing outside its camera and
hour; what leaves is counts, above a floor. Stored tracks are *unnamed*, never *anonymous*: one point at half a metre
and a second singles out nineteen of twenty people.
"""

from garim.wall import Side, arm

arm(Side.FOOTAGE)
