"""What Linux, macOS and Windows do differently, each difference in one place.

No other room asks which system it runs on, but for where browsers lie (`parity.browsers`) and for
two programs that run without this package (`parity.browsers.guard`, `hdf5_flatten`).
"""

from kerasport.platforms.folders import BINARY, exchange, is_mount_point, rename
from kerasport.platforms.locks import drop_lock, take_lock, try_lock
from kerasport.platforms.processes import group_options, is_root, kill, kill_group
from kerasport.platforms.signals import held_back, terminated_cleanly
from kerasport.platforms.temporary import (
    TEMPORARY_VARIABLE,
    TEMPORARY_VARIABLES,
    fits_a_socket,
    free_temporary_bytes,
)

__all__ = [
    "BINARY",
    "TEMPORARY_VARIABLE",
    "TEMPORARY_VARIABLES",
    "drop_lock",
    "exchange",
    "fits_a_socket",
    "free_temporary_bytes",
    "group_options",
    "held_back",
    "is_mount_point",
    "is_root",
    "kill",
    "kill_group",
    "rename",
    "take_lock",
    "terminated_cleanly",
    "try_lock",
]
