"""What a stranger's model comes in: JSON, ZIP and HDF5, opened within limits.

Nothing is run, no size is believed before the bytes are there, no link is followed, and whatever
is wrong with a file is one sentence.
"""

from kerasport.exporter.containers.hdf5_file import Hdf5Content, read_hdf5
from kerasport.exporter.containers.json_text import parse_json, read_json
from kerasport.exporter.containers.zip_archive import extract_member, read_members

__all__ = ["Hdf5Content", "extract_member", "parse_json", "read_hdf5", "read_json", "read_members"]
