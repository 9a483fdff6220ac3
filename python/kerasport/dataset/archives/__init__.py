"""ZIP and TAR archives and Parquet files of pictures, read as they are: a path may lead into one.

Nothing is unpacked to the disk under a name of the archive, no link is followed, and no size is
believed before the bytes are there. `kerasport.dataset.paths` asks here for what is no folder.
"""

from kerasport.dataset.archives.addresses import address_of, fetch, files_at, is_address
from kerasport.dataset.archives.container import Container
from kerasport.dataset.archives.opening import open_container
from kerasport.dataset.archives.parquet_file import ParquetPictures
from kerasport.dataset.archives.stamps import stamp_of

__all__ = [
    "Container",
    "ParquetPictures",
    "address_of",
    "fetch",
    "files_at",
    "is_address",
    "open_container",
    "stamp_of",
]
