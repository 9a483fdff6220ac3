"""Run folders: what training leaves behind and every later command starts from."""

from kerasport.runs.data_record import (
    CorrectionsRecord,
    DataRecord,
    learned_contents,
    read_record,
    training_data,
)
from kerasport.runs.new_run import cannot_be_written, check_target, new_run
from kerasport.runs.run import Run
from kerasport.runs.samples import SamplePicture, choose_samples, write_samples

__all__ = [
    "CorrectionsRecord",
    "DataRecord",
    "Run",
    "SamplePicture",
    "cannot_be_written",
    "check_target",
    "choose_samples",
    "learned_contents",
    "new_run",
    "read_record",
    "training_data",
    "write_samples",
]
