"""Are the probabilities what they say? Measuring calibration, and correcting it exactly.

Method and names after Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks",
ICML 2017, https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport import models
from kerasport.bundle.metadata import Calibration
from kerasport.dataset import Pixels
from kerasport.errors import DataError, missing_extra

__all__ = [
    "Outcome",
    "Reliability",
    "calibrate",
    "choose_threshold",
    "expected_calibration_error",
    "fit_temperature",
    "fold_temperature",
    "reliability",
    "with_temperature",
]

BINS = 15
"""Number of bins of equal width, as in the paper."""

SURE_PRECISION = 0.95
"""Share of the answers at or above the confidence threshold that has to be right."""

_LOWEST_THRESHOLD = 0.5
_FEWEST_ACCEPTED = 20
_FEWEST_PICTURES = 30
_LOWEST_TEMPERATURE, _HIGHEST_TEMPERATURE = 0.05, 20.0
# The next number below 1 in float32 is twice as far away.
_SMALLEST_COMPLEMENT = 2.0**-25
_SMALLEST = float(np.finfo(np.float32).tiny)

# f(x / t) = f(x) / t for every t > 0, so a factor passes through them.
_PASS_SCALE = frozenset(
    {
        "AlphaDropout",
        "AveragePooling2D",
        "Dropout",
        "Flatten",
        "GaussianDropout",
        "GaussianNoise",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling2D",
        "LeakyReLU",
        "MaxPooling2D",
        "Permute",
        "Reshape",
        "SpatialDropout2D",
    }
)
_AFFINE = frozenset({"Conv1D", "Conv2D", "Dense", "DepthwiseConv2D"})


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy: the data of a reliability diagram.

    Bin m of M holds the pictures whose confidence, the probability of their best class, is above
    (m - 1) / M and at most m / M. Means of empty bins are 0.

    Attributes:
        counts: pictures per bin.
        confidence: mean confidence per bin, 0..1.
        accuracy: share of right answers per bin, 0..1.
    """

    counts: tuple[int, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]

    @property
    def error(self) -> float:
        """The expected calibration error, equation 3 of the paper, 0..1."""
        total = sum(self.counts)
        rows = zip(self.counts, self.confidence, self.accuracy, strict=True)
        return sum(n * abs(confidence - accuracy) for n, confidence, accuracy in rows) / total

    def to_dict(self) -> dict[str, Any]:
        """Return the bins for `report.json`."""
        return {
            "accuracy": list(self.accuracy),
            "confidence": list(self.confidence),
            "counts": list(self.counts),
        }


@dataclass(frozen=True)
class Outcome:
    """What calibrating a model came to; `note` is a sentence for people."""

    calibration: Calibration
    confidence_threshold: float | None
    note: str


def reliability(
    probabilities: NDArray[np.float32], truth: NDArray[np.int64], bins: int = BINS
) -> Reliability:
    """Return the data of a reliability diagram.

    Args:
        probabilities: float `[n, classes]`, n at least 1.
        truth: index of the true class, int `[n]`.
        bins: number of bins of equal width.

    Raises:
        DataError: there are no pictures, or the shapes do not belong together.
    """
    _check(probabilities, truth)
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    held = np.maximum(counts, 1)
    return Reliability(
        counts=tuple(counts.tolist()),
        confidence=tuple((np.bincount(place, confidence, bins) / held).tolist()),
        accuracy=tuple((np.bincount(place, right, bins) / held).tolist()),
    )


def expected_calibration_error(
    probabilities: NDArray[np.float32], truth: NDArray[np.int64], bins: int = BINS
) -> float:
    """Return the mean distance between confidence and accuracy, 0..1; 0 is perfect.

    The expected calibration error of Guo et al. 2017, equation 3: the sum over all bins of
    n_m / n * |accuracy_m - confidence_m|. For the arguments and errors see `reliability`.
    """
    return reliability(probabilities, truth, bins).error


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
    _check(answers, truth)
    try:
        from scipy.optimize import minimize_scalar
        from scipy.special import log_softmax
    except ModuleNotFoundError:
        raise missing_extra("train", "Fitting a temperature") from None
    logits = answers.astype(np.float64) if from_logits else _log(answers)
    if bool((logits.argmax(axis=1) == truth).all()):
        return None
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[rows, truth].mean())

    # Convex in 1 / T, hence with a single valley in log T.
    low, high = np.log(_LOWEST_TEMPERATURE), np.log(_HIGHEST_TEMPERATURE)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    if min(found.x - low, high - found.x) < 1e-3:
        return None
    return float(np.exp(found.x))


def with_temperature(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return softmax(log(probabilities) / temperature), float32 of the same shape."""
    logits = _log(probabilities) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares.astype(np.float32)


def fold_temperature(model: Any, temperature: float) -> str | None:
    """Divide the logits of a Keras model by `temperature`, by a change of its weights.

    Kernel and bias of the last layer that has them are divided, so nothing is added to the model
    and whoever runs it gets the calibrated probabilities. The order of the classes, and with it
    the accuracy, stays as it is. The model may end in logits, in softmax, or in a single sigmoid.

    Returns:
        None, or why the model could not be changed exactly, a clause; it is then as it was.
    """
    if not temperature > 0:
        raise ValueError(f"The temperature is {temperature}. Expected a number above 0.")
    layer = _last_affine_layer(model)
    if isinstance(layer, str):
        return layer
    layer.kernel.assign(layer.kernel / temperature)
    if layer.bias is not None:
        layer.bias.assign(layer.bias / temperature)
    return None


def choose_threshold(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    *,
    precision: float = SURE_PRECISION,
) -> float | None:
    """Return the confidence from which on answers can be relied upon, 0.5..1.

    It is the lowest at which the share of right answers among those at least as confident is
    `precision` or more, and never below 0.5, where a calibrated answer is more often wrong than
    right. None where no 20 pictures reach it.

    Args:
        probabilities: calibrated, float32 `[n, classes]`.
        truth: index of the true class, int `[n]`.
        precision: share of right answers, 0..1.
    """
    _check(probabilities, truth)
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == truth)[order]
    accepted = np.arange(1, len(truth) + 1)
    # Equal confidences are accepted together: only the last of them can be the limit.
    ends = np.append(np.diff(confidence[order]) != 0, True)
    good = ends & (accepted >= _FEWEST_ACCEPTED) & (right.cumsum() / accepted >= precision)
    if not good.any():
        return None
    lowest = confidence[order][np.flatnonzero(good)[-1]]
    return max(_LOWEST_THRESHOLD, round(float(lowest), 4))


def calibrate(
    model: Any, pixels: Pixels, truth: NDArray[np.int64], *, adjust: bool = True
) -> Outcome | None:
    """Fit a temperature on validation pictures and fold it into the model, in place.

    Args:
        model: a trained Keras model.
        pixels: the validation pictures, uint8 `[n, height, width, channels]`.
        truth: their classes, int64 `[n]`.
        adjust: whether the model may be changed; False only measures.

    Returns:
        What was found; None without pictures.
    """
    if len(truth) == 0:
        return None
    before = models.probabilities(model, pixels)
    temperature, method = 1.0, "none"
    if not adjust:
        note = "Probabilities are left as trained."
    elif len(truth) < _FEWEST_PICTURES:
        note = f"{len(truth)} validation pictures are too few to fit a temperature."
    elif (fitted := fit_temperature(before, truth)) is None:
        note = "The validation pictures determine no temperature: all, or next to none, are right."
    elif (reason := fold_temperature(model, fitted)) is not None:
        note = f"Probabilities are left as trained: {reason}."
    else:
        temperature, method = fitted, "temperature scaling"
        note = f"{_tendency(temperature)} Its logits were divided by {temperature:.3f}."
    after = with_temperature(before, temperature) if method != "none" else before
    return Outcome(
        calibration=Calibration(
            temperature=temperature,
            method=method,
            ece_before=expected_calibration_error(before, truth),
            ece_after=expected_calibration_error(after, truth),
        ),
        confidence_threshold=choose_threshold(after, truth),
        note=note,
    )


def _tendency(temperature: float) -> str:
    if abs(temperature - 1) < 0.05:
        return "The model was about as sure of its answers as they were right."
    extent = "too sure" if temperature > 1 else "not sure enough"
    return f"The model was {extent} of its answers."


def _check(answers: NDArray[Any], truth: NDArray[Any]) -> None:
    if answers.ndim != 2 or len(answers) != len(truth) or len(truth) == 0:
        raise DataError(
            f"Answers of shape {answers.shape} for {len(truth)} picture(s) say nothing about "
            "calibration. Expected [pictures, classes] and at least one picture."
        )


def _log(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    # Of two classes one may have been computed as 1 - p, which is 0 once p rounds to 1.
    least = _SMALLEST_COMPLEMENT if probabilities.shape[1] == 2 else _SMALLEST
    logits: NDArray[np.float64] = np.log(np.maximum(probabilities.astype(np.float64), least))
    return logits


def _last_affine_layer(model: Any) -> Any:
    """Return the layer whose kernel and bias scale the logits, or the reason why there is none."""
    if len(getattr(model, "outputs", ())) != 1:
        return "it is not a functional or sequential model with one output"
    graph, tensor = model, model.outputs[0]
    # Only the very last activation turns logits into probabilities.
    allowed = {"linear", "relu", "softmax", "sigmoid"}
    while True:
        layer, node, index = tensor._keras_history
        kind = type(layer).__name__
        if _uses(graph, layer) > 1:
            return f"the layer '{layer.name}' is used more than once"
        if getattr(layer, "outputs", None):
            graph, tensor = layer, layer.outputs[index]
            continue
        activation = "softmax" if kind == "Softmax" else _activation(layer)
        if activation not in allowed:
            return f"the activation '{activation}' of the layer '{layer.name}' is in the way"
        if activation == "sigmoid" and model.output_shape[-1] != 1:
            return "it ends in more than one sigmoid"
        if kind in _AFFINE:
            if getattr(layer, "lora_enabled", False) or "float" not in str(layer.kernel.dtype):
                return f"the kernel of the layer '{layer.name}' is not plain floating point"
            return layer
        if kind not in _PASS_SCALE | {"Activation", "Softmax"} and not _is_plain_relu(layer):
            return f"the layer '{layer.name}' of class {kind} is in the way"
        tensor = layer._inbound_nodes[node].input_tensors[0]
        allowed = {"linear", "relu"}


def _activation(layer: Any) -> str:
    return getattr(getattr(layer, "activation", None), "__name__", "linear")


def _uses(graph: Any, layer: Any) -> int:
    depths = (getattr(graph, "_functional", None) or graph)._nodes_by_depth.values()
    return sum(node.operation is layer for nodes in depths for node in nodes)


def _is_plain_relu(layer: Any) -> bool:
    return type(layer).__name__ == "ReLU" and layer.max_value is None and not layer.threshold
