"""A LONG CHAIN OF SMALL UNKNOWNS, each tied to the next only: solved at once, with how sure each is. Pure.

    | D0  U0        |
    | U0' D1  U1    | x = b        symmetric, positive definite; D f64[k,s,s], U f64[k-1,s,s], b f64[k,s,r]
    |     U1' D2 .. |

Every other link is eliminated at once, then every other of those left (odd-even reduction; Hockney 1965), so that a
chain of k takes log2 k steps over arrays instead of k steps in Python. The inverse's own blocks come back up the same
way. A U of zeros parts two chains: many are solved as one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def solved(diagonal: F64, upper: F64, right: F64) -> tuple[F64, F64]:
    """x f64[k,s,r], and the inverse's blocks on the diagonal f64[k,s,s]: the covariance of each unknown."""
    x, own, _ = _solved(diagonal, upper, right)
    return x, own


def _solved(diagonal: F64, upper: F64, right: F64) -> tuple[F64, F64, F64]:
    """... and the inverse's blocks beside the diagonal, f64[k-1,s,s]."""
    k = len(diagonal)
    if k == 1:
        own = np.linalg.inv(diagonal).astype(np.float64, copy=False)
        return own @ right, own, np.empty((0, *own.shape[1:]))
    odd = np.linalg.inv(diagonal[1::2]).astype(np.float64, copy=False)
    to_left, to_right = upper[0::2], upper[1::2]  # from an even link to the odd one after it, and from that one on
    m = len(to_right)
    gain_left, gain_right = odd @ _t(to_left), odd[:m] @ to_right
    even, b = diagonal[0::2].copy(), right[0::2].copy()
    even[: len(odd)] -= to_left @ gain_left
    b[: len(odd)] -= to_left @ (odd @ right[1::2])
    even[1 : m + 1] -= _t(to_right) @ gain_right
    b[1 : m + 1] -= _t(gain_right) @ right[1::2][:m]
    x_even, own_even, beside_even = _solved(even, -to_left[:m] @ gain_right, b)
    left, own_left = x_even[: len(odd)], own_even[: len(odd)]
    x_odd = odd @ right[1::2] - gain_left @ left
    x_odd[:m] -= gain_right @ x_even[1 : m + 1]
    # an odd link is odd - gain_left left - gain_right right: its covariances follow from theirs
    with_left = -own_left @ _t(gain_left)
    with_left[:m] -= beside_even[:m] @ _t(gain_right)
    with_right = -gain_left[:m] @ beside_even[:m] - gain_right @ own_even[1 : m + 1]
    own_odd = odd - gain_left @ with_left
    own_odd[:m] -= gain_right @ _t(with_right)
    return _woven(x_even, x_odd), _woven(own_even, own_odd), _woven(with_left, with_right)


def _t(blocks: F64) -> F64:
    return np.swapaxes(blocks, 1, 2)


def _woven(even: F64, odd: F64) -> F64:
    both = np.empty((len(even) + len(odd), *even.shape[1:]))
    both[0::2], both[1::2] = even, odd
    return both
