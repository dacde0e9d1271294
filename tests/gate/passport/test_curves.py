"""The table of curves is that of OpenSSL; parameters match a curve whole, or none."""

from __future__ import annotations

from dataclasses import replace
from math import isqrt

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.gate.passport import domains
from tests.gate.passport.asn import NULL, bits, integer, octets, oid, seq

from garim.gate.passport import der
from garim.gate.passport.curves import CURVES, Curve, curve
from garim.gate.passport.outcomes import Reason, Refused

BY_NAME = {each.name: each for each in CURVES}


def read(parameters: bytes) -> Curve:
    return curve(der.read(parameters, parameters[0]))


def explicit(
    known: Curve,
    *,
    base: bytes | None = None,
    seed: bytes = b"",
    cofactor: bytes = integer(1),
    field: str = "1.2.840.10045.1.1",
    tail: bytes = b"",
    **changes: int,
) -> bytes:
    c, size = replace(known, **changes), known.field_bytes  # type: ignore[arg-type]  # numbers of the curve only
    full = b"\4" + c.x.to_bytes(size) + c.y.to_bytes(size)
    shape = seq(octets(c.a.to_bytes(size)), octets(c.b.to_bytes(size)), bits(seed) if seed else b"")
    return seq(integer(1), seq(oid(field), integer(c.p)), shape, octets(base or full), integer(c.n), cofactor, tail)


@pytest.mark.parametrize("known", [each for each in CURVES if each.library], ids=lambda each: each.name)
def test_the_table_is_openssls(known: Curve) -> None:
    """1 G is the generator, (n - 1) G its opposite: that n is its order; both, and 2 G, lie on the curve."""
    assert known.library is not None
    points = [ec.derive_private_key(k, known.library).public_key().public_numbers() for k in (1, 2, known.n - 1)]
    assert (points[0].x, points[0].y) == (known.x, known.y)
    assert (points[2].x, points[2].y) == (known.x, known.p - known.y)
    for each in points:
        assert (each.y**2 - each.x**3 - known.a * each.x - known.b) % known.p == 0


@pytest.mark.parametrize("known", CURVES, ids=lambda each: each.name)
def test_each_curve_holds_together(known: Curve) -> None:
    """The generator is on it, the order is prime (to base 2) and where Hasse has it; the discriminant is not zero."""
    assert (known.y**2 - known.x**3 - known.a * known.x - known.b) % known.p == 0
    assert pow(2, known.p - 1, known.p) == pow(2, known.n - 1, known.n) == 1
    assert abs(known.n - known.p - 1) <= 2 * isqrt(known.p) + 1
    assert (4 * known.a**3 + 27 * known.b**2) % known.p


@pytest.mark.parametrize("name", domains.CURVES)
def test_the_tests_own_curves_are_the_same(name: str) -> None:
    made = domains.CURVES[name]
    assert read(oid(made.oid)) is read(made.explicit()) is read(made.explicit(seeded=bool(made.seed))) is BY_NAME[name]
    assert read(made.explicit(compressed=True)) is BY_NAME[name]
    assert read(replace(made, h=None).explicit()) is BY_NAME[name]


@pytest.mark.parametrize("known", CURVES, ids=lambda each: each.name)
def test_named_and_explicit_in_each_writing(known: Curve) -> None:
    size = known.field_bytes
    compressed = bytes([2 + known.y % 2]) + known.x.to_bytes(size)
    assert read(oid(known.oid)) is known
    assert read(explicit(known)) is known
    assert read(explicit(known, base=compressed)) is known
    assert read(explicit(known, seed=b"any seed", cofactor=b"")) is known
    assert read(explicit(known, tail=seq(oid("1.3.14.3.2.26")))) is known


def _changes(known: Curve) -> dict[str, bytes]:
    size = known.field_bytes
    one_less = {name: getattr(known, name) - 1 for name in "pabxyn"}
    return {
        **{f"another {name}": explicit(known, **{name: value}) for name, value in one_less.items()},
        "CurveBall: the generator is the key": explicit(known, x=known.x, y=known.p - known.y),
        "another cofactor": explicit(known, cofactor=integer(2)),
        "no cofactor at all": explicit(known, cofactor=integer(0)),
        "a negative field": explicit(known, p=-known.p),
        "a generator of the other sign": explicit(known, base=bytes([3 - known.y % 2]) + known.x.to_bytes(size)),
        "a generator in hybrid form": explicit(
            known, base=bytes([6 + known.y % 2]) + known.x.to_bytes(size) + known.y.to_bytes(size)
        ),
        "a generator at infinity": explicit(known, base=b"\0"),
        "a field of characteristic two": explicit(known, field="1.2.840.10045.1.2"),
    }


@pytest.mark.parametrize("name", _changes(CURVES[1]))
@pytest.mark.parametrize("known", CURVES, ids=lambda each: each.name)
def test_one_part_changed(known: Curve, name: str) -> None:
    with pytest.raises(Refused) as refused:
        read(_changes(known)[name])
    assert refused.value.reason is Reason.UNKNOWN_CURVE


@pytest.mark.parametrize("parameters", [NULL, oid("1.3.132.0.10"), oid("1.2.840.10045.3.1.1")])
def test_no_curve_of_passports(parameters: bytes) -> None:
    """That of the issuer; secp256k1; P-192."""
    with pytest.raises(Refused) as refused:
        read(parameters)
    assert refused.value.reason is Reason.UNKNOWN_CURVE
