"""ONE LIVE FACE, ONE PASSPORT, ONE ANSWER: a document that its owner hands over is read as a border reads it.

Laws: nothing that opens footage is reachable from here; nothing is kept; what cannot be proved is never called valid.
"""

from garim.wall import Side, arm

arm(Side.IDENTITY)
