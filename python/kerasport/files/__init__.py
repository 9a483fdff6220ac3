"""Writing files and folders so that nobody ever sees half of one, whatever happens meanwhile.

`writing` puts a file in its place, `replacement` a folder; `scratch` keeps what is needed for a
while. What a killed command has left of any of them is cleared by the next one; locks tell it from
what another command is using.
"""

from kerasport.files.claims import alone_at, put_back
from kerasport.files.places import NO_SPACE, check_place, named_in_errors, place_of
from kerasport.files.replacement import replaced_folder
from kerasport.files.scratch import is_scratch, scratch_folder
from kerasport.files.writing import (
    new_file,
    sha256_of,
    to_json,
    write_bytes,
    write_json,
    write_text,
)

__all__ = [
    "NO_SPACE",
    "alone_at",
    "check_place",
    "is_scratch",
    "named_in_errors",
    "new_file",
    "place_of",
    "put_back",
    "replaced_folder",
    "scratch_folder",
    "sha256_of",
    "to_json",
    "write_bytes",
    "write_json",
    "write_text",
]
