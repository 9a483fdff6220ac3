"""A training in several processes: who they are, what each does, and how they end together."""

from kerasport.training.processes.devices import (
    BatchPart,
    alone,
    answers_in_step,
    device_count,
    part_of_a_batch,
    spread,
)
from kerasport.training.processes.launch import Ended, launch
from kerasport.training.processes.summing import add_up_at_once
from kerasport.training.processes.surroundings import is_one_of_several
from kerasport.training.processes.watch import resuming_advice
from kerasport.training.processes.world import World, current, joined

__all__ = [
    "BatchPart",
    "Ended",
    "World",
    "add_up_at_once",
    "alone",
    "answers_in_step",
    "current",
    "device_count",
    "is_one_of_several",
    "joined",
    "launch",
    "part_of_a_batch",
    "resuming_advice",
    "spread",
]
