"""The error function, which NumPy does not have: erf x = 2/√π ∫₀ˣ e^(-t²) dt.

The coefficients below are published constants; the code is our own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.nn.buffers import aligned_empty

Array = NDArray[Any]
Coefficients = tuple[float, ...]

CODY_SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
"""erf x ≈ x P(x²) / Q(x²) for |x| below CODY_BORDER, highest power first (W. J. Cody 1969, table of erf)."""

CODY_LARGE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
"""1 - erf x ≈ e^(-x²) P(x) / Q(x) above CODY_BORDER. The paper gives it up to 4 and another formula from
there; what it says beyond 4 is too small to change erf in float64."""

CODY_BORDER = 0.46875

HASTINGS = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592, 0.0)
"""1 - erf x ≈ e^(-x²) P(t) with t = 1 / (1 + HASTINGS_FACTOR x), for x from 0, to 1.5e-7
(Abramowitz and Stegun, Handbook of Mathematical Functions, formula 7.1.26, after Hastings 1955)."""

HASTINGS_FACTOR = 0.3275911

FAR = 30.0
"""From here on erf is 1 and e^(-x²) is 0 in every number type that we have."""


class ErrorFunction:
    """erf and e^(-x²) for arrays of one shape, in buffers of its own.

    float64: W. J. Cody, Rational Chebyshev approximations for the error function, Mathematics of Computation
    23 (1969), to 1e-15. float32: Hastings's formula, a third of the work, to 6e-7.

    Args:
        shape: of the arrays.
        dtype: float32 or float64.

    Attributes:
        exponential: e^(-x²) of the last call, which the derivative needs: erf' x = 2/√π e^(-x²).
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.exponential: Array = aligned_empty(shape, dtype)
        self._size: Array = aligned_empty(shape, dtype)
        self._square: Array = aligned_empty(shape, dtype)
        self._result: Array = aligned_empty(shape, dtype)
        self._work: Array = aligned_empty(shape, dtype)
        self._is_large = aligned_empty(shape, np.bool_)
        self._apply = self._apply_cody if dtype == np.float64 else self._apply_hastings

    def __call__(self, x: Array) -> Array:
        """erf of each number, in a buffer that the next call overwrites; infinite ones give ±1."""
        np.abs(x, out=self._size)
        np.minimum(self._size, FAR, out=self._size)
        np.multiply(self._size, self._size, out=self._square)
        np.negative(self._square, out=self.exponential)
        np.exp(self.exponential, out=self.exponential)
        self._apply()
        return np.copysign(self._result, x, out=self._result)

    def _apply_cody(self) -> None:
        result, large = self._result, self._square
        self._quotient(CODY_SMALL, self._square, result)
        np.multiply(result, self._size, out=result)
        # The square is not needed any more.
        self._quotient(CODY_LARGE, self._size, large)
        np.multiply(large, self.exponential, out=large)
        np.subtract(1, large, out=large)
        np.greater_equal(self._size, CODY_BORDER, out=self._is_large)
        np.copyto(result, large, where=self._is_large)

    def _quotient(self, pair: tuple[Coefficients, Coefficients], x: Array, out: Array) -> None:
        numerator, denominator = pair
        _polynomial(numerator, x, out)
        _polynomial(denominator, x, self._work)
        np.divide(out, self._work, out=out)

    def _apply_hastings(self) -> None:
        result, work = self._result, self._work
        np.multiply(self._size, HASTINGS_FACTOR, out=work)
        np.add(work, 1, out=work)
        np.reciprocal(work, out=work)
        _polynomial(HASTINGS, work, result)
        np.multiply(result, self.exponential, out=result)
        np.subtract(1, result, out=result)


def _polynomial(coefficients: Coefficients, x: Array, out: Array) -> None:
    """Horner's rule, highest power first."""
    np.multiply(x, coefficients[0], out=out)
    for coefficient in coefficients[1:-1]:
        np.add(out, coefficient, out=out)
        np.multiply(out, x, out=out)
    np.add(out, coefficients[-1], out=out)
