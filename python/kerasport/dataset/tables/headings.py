"""What the columns of a table may be called, and what a cell looks like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

__all__ = ["Role", "SplitFlag", "flag_named", "is_heading", "looks_like_picture", "rank_of"]

Role: TypeAlias = Literal["path", "label", "split"]
SplitFlag: TypeAlias = Literal["validation", "test", "train"]

# In the order in which they are believed: what names a file before what only numbers it. Letter
# case, spaces, hyphens and underscores do not count.
_NAMES: dict[Role, tuple[tuple[str, ...], ...]] = {
    "path": (
        (
            *("path", "paths", "file", "files", "filename", "filenames", "filepath", "filepaths"),
            *("image", "images", "imagepath", "imagepaths", "imagefile", "imagefilename"),
            *("imagename", "imagenames", "imagefilepath", "imageuri", "imagegcsuri", "uri"),
            *("img", "imgpath", "imgname", "imgfile", "picture", "photo", "fname", "fnames"),
            *("relpath", "relativepath", "fullpath", "imageurl", "url"),
        ),
        ("imageid", "imgid", "pictureid", "photoid", "idcode", "name", "id", "uuid", "key"),
    ),
    "label": (
        (
            *("label", "labels", "class", "classes", "category", "categories", "classname"),
            *("labelname", "categoryname", "displayname", "target", "choice", "tag", "tags"),
        ),
        ("classid", "labelid", "categoryid", "targetid", "classindex", "labelindex", "y"),
    ),
    "split": (
        (
            *("split", "splits", "set", "subset", "dataset", "datasplit", "datasettype"),
            *("partition", "phase", "usage", "mluse"),
        ),
    ),
}
_FLAGS: dict[str, SplitFlag] = {
    **dict.fromkeys(("isvalid", "isvalidation", "isval"), "validation"),
    **dict.fromkeys(("istest", "istesting"), "test"),
    **dict.fromkeys(("istrain", "istraining", "istrainingimage"), "train"),
}
_PICTURE_SUFFIXES = {
    *(".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".webp"),
    # Not read, but files all the same.
    *(".heic", ".heif", ".jp2", ".tif", ".tiff", ".dcm", ".ppm", ".pgm"),
}
_ADDRESS = re.compile(r"\A[a-z][a-z0-9+]{1,9}://", re.IGNORECASE)


def rank_of(heading: str, role: Role) -> int | None:
    """Return how surely a column of that name has the role, 0 most; None if it has not."""
    key = _key(heading)
    for rank, names in enumerate(_NAMES[role]):
        if key in names:
            return rank
    return None


def flag_named(heading: str) -> SplitFlag | None:
    """Return the split that a column like `is_valid` says yes or no to."""
    return _FLAGS.get(_key(heading))


def is_heading(cells: Sequence[str]) -> bool:
    """Return whether a first row names columns rather than a picture."""
    return not any(map(looks_like_picture, cells))


def looks_like_picture(text: str) -> bool:
    """Return whether a cell is a path or an address of a picture, by its spelling."""
    text = text.strip()
    if _ADDRESS.match(text):
        return True
    return PurePosixPath(text.replace("\\", "/")).suffix.lower() in _PICTURE_SUFFIXES


def _key(heading: str) -> str:
    # Of `classificationAnnotation.displayName` the last part tells.
    last = heading.rpartition(".")[2] or heading
    return re.sub(r"[\s_#-]+", "", last).casefold().removeprefix("aiplatformgoogleapis.com/")
