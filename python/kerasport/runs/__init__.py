"""Run folders: what training leaves behind and every later command starts from."""

from kerasport.runs.data_record import DataRecord, training_data
from kerasport.runs.new_run import cannot_be_written, check_target, new_run
from kerasport.runs.run import Run
from kerasport.runs.samples import SamplePicture, choose_samples, write_samples

__all__ = [
    "DataRecord",
    "Run",
    "SamplePicture",
    "cannot_be_written",
    "check_target",
    "choose_samples",
    "new_run",
    "training_data",
    "write_samples",
]
