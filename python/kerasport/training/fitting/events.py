"""Figures of the epochs for TensorBoard, written without TensorFlow."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

from kerasport import models

__all__ = ["event_writer"]

_OF_VALIDATION = "val_"


def event_writer(folder: Path) -> Any:
    """Return a callback that writes the figures of each epoch below `folder`.

    The folders and names are those of Keras' own callback, which works with TensorFlow only:
    `train` and `validation`, `epoch_loss`, `epoch_accuracy` and `epoch_learning_rate`.
    """
    base: Any = models.import_keras().callbacks.Callback

    class EventWriter(base):  # type: ignore[misc]  # keras has no types
        def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
            self._files: dict[str, _EventFile] = {}

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            rate = {"learning_rate": float(self.model.optimizer.learning_rate)}
            for name, value in sorted({**(logs or {}), **rate}.items()):
                part = "validation" if name.startswith(_OF_VALIDATION) else "train"
                if part not in self._files:
                    self._files[part] = _EventFile(folder / part)
                tag = f"epoch_{name.removeprefix(_OF_VALIDATION)}"
                self._files[part].add(tag, float(value), step=epoch)

        def on_train_end(self, logs: dict[str, float] | None = None) -> None:
            for file in self._files.values():
                file.close()

    return EventWriter()


class _EventFile:
    """A new file of TensorBoard's in a folder; each figure is on the disk when it was added."""

    def __init__(self, folder: Path) -> None:
        from tensorboard.compat.proto import event_pb2
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        # TensorBoard reads the files of a folder in the order of their names.
        name = f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}.{os.getpid()}"
        self._event: Any = event_pb2.Event
        self._records: Any = RecordWriter((folder / name).open("wb"))
        self._write(file_version="brain.Event:2")

    def add(self, tag: str, value: float, *, step: int) -> None:
        self._write(step=step, summary={"value": [{"tag": tag, "simple_value": value}]})

    def close(self) -> None:
        self._records.close()

    def _write(self, **content: Any) -> None:
        event = self._event(wall_time=time.time(), **content)
        self._records.write(event.SerializeToString())
        self._records.flush()
