"""ECDSA over the curves that `cryptography` has not: brainpoolP224r1 and brainpoolP320r1. Verification alone.

Laws: nothing secret is ever computed with here, so no step hides how long it takes; a point is checked to be on its
curve when it is made. FIPS 186-5, 6.4.2; points as x/z², y/z³ (SEC 1; Cohen, Frey: Handbook of Elliptic Curve
Cryptography, 13.2.1), so that one division ends a verification instead of one a step.
"""

from __future__ import annotations

from dataclasses import dataclass

from garim.gate.passport.curves import Curve
from garim.gate.passport.outcomes import Reason, Refused

_Point = tuple[int, int, int]
_NOWHERE: _Point = (1, 1, 0)  # the neutral element


@dataclass(frozen=True, slots=True)
class PublicPoint:
    """A public key: a point of `curve`, whose order is prime, so that any of its points but the neutral one will do."""

    curve: Curve
    x: int
    y: int

    def __post_init__(self) -> None:
        c = self.curve
        on_it = (self.y * self.y - (self.x**3 + c.a * self.x + c.b)) % c.p == 0
        if not (0 <= self.x < c.p and 0 <= self.y < c.p and on_it):
            raise Refused(Reason.WEAK_KEY, f"a key is no point of {c.name}; nothing it signed was believed")

    def signed(self, r: int, s: int, digest: bytes) -> bool:
        """Whether (r, s) is this key's signature of a message whose hash is `digest`."""
        c = self.curve
        if not (0 < r < c.n and 0 < s < c.n):
            return False
        z = int.from_bytes(digest) >> max(0, 8 * len(digest) - c.n.bit_length())
        inverse = pow(s, -1, c.n)
        x, _, scale = _both(c, z * inverse % c.n, r * inverse % c.n, (self.x, self.y, 1))
        if not scale:
            return False
        return x * pow(scale, -2, c.p) % c.p % c.n == r


def _both(curve: Curve, one: int, other: int, point: _Point) -> _Point:
    """`one` times the generator and `other` times `point`, together (Shamir's trick)."""
    generator = (curve.x, curve.y, 1)
    steps = (None, generator, point, _sum(curve, generator, point))
    found = _NOWHERE
    for bit in range(curve.n.bit_length() - 1, -1, -1):
        found = _double(curve, found)
        step = steps[(one >> bit & 1) | (other >> bit & 1) << 1]
        if step is not None:
            found = _sum(curve, found, step)
    return found


def _double(curve: Curve, point: _Point) -> _Point:
    x, y, z = point
    p = curve.p
    if not z or not y:
        return _NOWHERE
    yy = y * y % p
    s = 4 * x * yy % p
    m = (3 * x * x + curve.a * pow(z, 4, p)) % p
    third = (m * m - 2 * s) % p
    return third, (m * (s - third) - 8 * yy * yy) % p, 2 * y * z % p


def _sum(curve: Curve, one: _Point, other: _Point) -> _Point:
    (x1, y1, z1), (x2, y2, z2) = one, other
    p = curve.p
    if not z1:
        return other
    if not z2:
        return one
    square1, square2 = z1 * z1 % p, z2 * z2 % p
    u1, u2 = x1 * square2 % p, x2 * square1 % p
    s1, s2 = y1 * square2 * z2 % p, y2 * square1 * z1 % p
    h, r = (u2 - u1) % p, (s2 - s1) % p
    if not h:
        return _double(curve, one) if not r else _NOWHERE
    hh = h * h % p
    hhh, v = h * hh % p, u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s1 * hhh) % p, h * z1 * z2 % p
