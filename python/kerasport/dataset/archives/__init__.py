"""ZIP and TAR archives of pictures, read as they are: a path may lead into one.

Nothing is unpacked to the disk under a name of the archive, no link is followed, and no size is
believed before the bytes are there. `kerasport.dataset.paths` asks here for what is no folder.
"""

from kerasport.dataset.archives.archive import Archive, open_archive, stamp_of

__all__ = ["Archive", "open_archive", "stamp_of"]
