"""What a stranger's model comes in: JSON, ZIP, HDF5 and protocol buffers, opened within limits.

Nothing is run, no size is believed before the bytes are there, no link is followed, and whatever
is wrong with a file is one sentence.
"""

from kerasport.exporter.containers.hdf5_file import Hdf5Content, read_hdf5
from kerasport.exporter.containers.json_text import parse_json, read_json
from kerasport.exporter.containers.protobuf import ProtobufProblem, read_fields
from kerasport.exporter.containers.zip_archive import extract_member, member_names, read_members

__all__ = [
    "Hdf5Content",
    "ProtobufProblem",
    "extract_member",
    "member_names",
    "parse_json",
    "read_fields",
    "read_hdf5",
    "read_json",
    "read_members",
]
