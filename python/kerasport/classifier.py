"""A trained classifier as one object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kerasport import models
from kerasport.answerer import judge_of_model
from kerasport.errors import DataError
from kerasport.evaluation import Evaluation, LabelEvaluation
from kerasport.prediction import Prediction, answer_each
from kerasport.preprocess import preprocess
from kerasport.runs import Run

__all__ = ["Classifier"]


@dataclass(frozen=True)
class Classifier:
    """A trained classifier.

    Attributes:
        run: its folder; `kerasport.Run.open` finds it again.
        model: the Keras model, from float32 pixels of 0..255 `[n, height, width, channels]`.
        evaluation: how it does on the test pictures, which were not trained on; None where
            there are none.
    """

    run: Run
    model: models.KerasModel
    evaluation: Evaluation | LabelEvaluation | None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of the model's outputs."""
        return tuple(self.run.description.class_names)

    def predict(self, picture: str | Path) -> Prediction:
        """Return the probability of every class for a picture file.

        Raises:
            DataError: the file is missing or is no usable picture.

        >>> classifier.predict("photo.jpg").top(3)  # doctest: +SKIP
        """
        path = Path(picture)
        pixels = preprocess(path, self.run.image_spec)[None]
        judged = judge_of_model(self.model, self.run.novelty_scale)(pixels)
        answer, output = judged.probabilities[0], self.run.description.labels_output
        if judged.novelties is None or judged.familiar is None:
            return Prediction(path, self.class_names, answer, output)
        novelty, is_familiar = float(judged.novelties[0]), bool(judged.familiar[0])
        return Prediction(path, self.class_names, answer, output, novelty, is_familiar)

    def predict_each(self, pictures: Iterable[str | Path]) -> Iterator[Prediction | DataError]:
        """Yield a prediction for each picture file, or in its place the error why there is none.

        The pictures are asked for as they are needed; a hundred or so are held at a time.

        >>> for answer in classifier.predict_each(Path("new").glob("*.jpg")):  # doctest: +SKIP
        ...     print(answer)
        """
        return answer_each(
            lambda: judge_of_model(self.model, self.run.novelty_scale),
            pictures,
            spec=self.run.image_spec,
            class_names=self.class_names,
            output=self.run.description.labels_output,
        )
