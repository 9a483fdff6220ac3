"""What the files of a run folder, and of a training that is not finished, are called."""

from __future__ import annotations

__all__ = [
    "CHECKPOINT_FILE",
    "CORRECTIONS_FILE",
    "DATA_FILE",
    "DESCRIPTION_FILE",
    "FEATURES_FOLDER",
    "HISTORY_FILE",
    "LABELS_FILE",
    "MODEL_FILE",
    "NOVELTY_FILE",
    "PLOTS_FOLDER",
    "RECIPE_FILE",
    "REPORT_FILE",
    "REPORT_PAGE",
    "SAMPLES_FOLDER",
    "SETTINGS_FILE",
    "TENSORBOARD_FOLDER",
    "UNFINISHED_SUFFIX",
]

MODEL_FILE = "model.keras"
"""The Keras model."""

NOVELTY_FILE = "novelty.bin"
"""What the distance to the training pictures is computed from; only where it could be measured."""

DESCRIPTION_FILE = "metadata.json"
"""The `ClassifierDescription`."""

HISTORY_FILE = "history.json"
"""Loss and accuracy per epoch."""

RECIPE_FILE = "recipe.json"
"""Every choice of the training, and why those were made that nobody made by hand."""

DATA_FILE = "data.json"
"""The `DataRecord`."""

CORRECTIONS_FILE = "corrections.csv"
"""What was corrected before the training, where something was."""

REPORT_FILE = "report.json"
"""Figures for programs."""

REPORT_PAGE = "report.html"
"""Figures for people."""

PLOTS_FOLDER = "plots"
"""The plots of the report, as PNG files."""

SAMPLES_FOLDER = "samples"
"""A few pictures, with the classes of all in `LABELS_FILE`."""

LABELS_FILE = "labels.json"
"""In the folder of samples: name of the file -> name of the class."""

TENSORBOARD_FOLDER = "tensorboard"
"""Logs for TensorBoard."""

UNFINISHED_SUFFIX = ".unfinished"
"""The folder of a training that is under way is the run's with this behind its name."""

SETTINGS_FILE = "settings.json"
"""In an unfinished training: how it was started."""

CHECKPOINT_FILE = "checkpoint.npz"
"""In an unfinished training: its state after the last whole epoch."""

FEATURES_FOLDER = "features"
"""In an unfinished training: the features of a frozen backbone."""
