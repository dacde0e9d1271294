"""PHOTOS OF PEOPLE WHO AGREED, AND CAN CHANGE THEIR MIND: held under a key each, counted, listed, given back.

    admit (consent, one face) -> vault, record -> manifest (who agrees now) -> release
                                     withdraw (at once) -> erase (key, parts, certificate)

Laws: nothing comes in without a valid consent for this use and a lawful origin; nothing goes out that its subject does
not agree to now; what is withdrawn stays so, whatever backup is restored; what leaves is on the ledger before.
"""

from garim.wall import Side, arm

arm(Side.IDENTITY)
