"""The temperature that makes probabilities say how often they are right.

Method and names after Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks",
ICML 2017, https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import missing_extra
from kerasport.evaluation.answers import in_blocks
from kerasport.evaluation.reliability import check_answers

__all__ = ["fit_temperature", "with_temperature"]

_LOWEST_TEMPERATURE, _HIGHEST_TEMPERATURE = 0.05, 20.0
# The next number below 1 in float32 is twice as far away.
_SMALLEST_COMPLEMENT = 2.0**-25
_SMALLEST = float(np.finfo(np.float32).tiny)


def fit_temperature(
    answers: NDArray[np.floating[Any]],
    truth: NDArray[np.int64],
    *,
    from_logits: bool = False,
) -> float | None:
    """Return the T for which softmax(logits / T) has the lowest negative log likelihood.

    Above 1 the model was too sure of itself, below 1 not sure enough. None where the pictures
    do not determine it: all are answered rightly (every smaller T is better still), or the best
    one lies outside 0.05 .. 20.

    Args:
        answers: probabilities, or logits with `from_logits`, float `[n, classes]`. Probabilities
            serve as well since their logarithms are logits.
        truth: index of the true class, int `[n]`. Pictures that neither trained nor test the
            model.
        from_logits: whether `answers` are logits.

    Raises:
        DataError: there are no pictures, or the shapes do not belong together.
    """
    check_answers(answers, truth)
    try:
        from scipy.optimize import minimize_scalar
        from scipy.special import log_softmax
    except ModuleNotFoundError:
        raise missing_extra("train", "Fitting a temperature") from None
    logits = answers.astype(np.float64) if from_logits else _log(answers)
    if bool((logits.argmax(axis=1) == truth).all()):
        return None

    def loss(log_temperature: float) -> float:
        temperature = np.exp(log_temperature)
        parts, start = [], 0
        for block in in_blocks(logits):
            shares = log_softmax(block / temperature, axis=1)
            right = truth[start : start + len(block)]
            parts.append(shares[np.arange(len(block)), right])
            start += len(block)
        return -float(np.concatenate(parts).mean())

    # Convex in 1 / T, hence with a single valley in log T.
    low, high = np.log(_LOWEST_TEMPERATURE), np.log(_HIGHEST_TEMPERATURE)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    if min(found.x - low, high - found.x) < 1e-3:
        return None
    return float(np.exp(found.x))


def with_temperature(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return softmax(log(probabilities) / temperature), float32 of the same shape."""
    result: NDArray[np.float32] = np.empty(probabilities.shape, np.float32)
    for block, shares in zip(in_blocks(probabilities), in_blocks(result), strict=True):
        logits = _log(block) / temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares[:] = powers / powers.sum(axis=1, keepdims=True)
    return result


def _log(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    # Of two classes one may have been computed as 1 - p, which is 0 once p rounds to 1.
    least = _SMALLEST_COMPLEMENT if probabilities.shape[1] == 2 else _SMALLEST
    logits: NDArray[np.float64] = probabilities.astype(np.float64)
    np.maximum(logits, least, out=logits)
    np.log(logits, out=logits)
    return logits
