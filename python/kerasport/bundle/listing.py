"""Whether the files that a `metadata.json` lists can be those of a bundle.

The twin of the client's `bundle/listing.ts`.
"""

from __future__ import annotations

from kerasport.bundle.field import Field
from kerasport.bundle.file_names import METADATA_FILE, MODEL_FILE, MODEL_SCRIPT, PARITY_FILE
from kerasport.bundle.limits import MAX_BUNDLE_BYTES, MAX_FILES

__all__ = ["CERTIFICATE_FILE", "UNLISTED", "check_listing", "check_other_formats"]

CERTIFICATE_FILE = "parity.html"
"""What was measured, for people: written beside `parity.json` by verify."""

UNLISTED = (METADATA_FILE, MODEL_SCRIPT, PARITY_FILE, CERTIFICATE_FILE)
"""Files of a bundle that it does not list: they are made of the others, or written later."""


def check_listing(files: Field) -> None:
    """Check the field `files` of a `metadata.json`, whose entries were read before.

    Raises:
        BundleError: a path stands there twice or is that of no listed file, there are too many or
            too large ones, or the model is missing.
    """
    entries = files.items()
    if len(entries) > MAX_FILES:
        files.refuse(f"files lists {len(entries)} files. Expected at most {MAX_FILES}.")
    paths: set[str] = set()
    total = 0
    for entry in entries:
        path = entry.get("path").path()
        if path in paths:
            entry.get("path").fail("each file once")
        if path in UNLISTED:
            entry.get("path").fail("a file that is not made of the others")
        paths.add(path)
        total += entry.get("bytes").integer(0)
        if total > MAX_BUNDLE_BYTES:
            files.refuse(f"files lists more than {MAX_BUNDLE_BYTES} bytes. Expected fewer.")
    if MODEL_FILE not in paths:
        files.refuse(f"files does not list '{MODEL_FILE}'. Expected the model.")


def check_other_formats(formats: Field) -> None:
    """Check the field `otherFormats`: each has files, all of them in a folder of its name.

    Raises:
        BundleError: one has none, or a file elsewhere: it might be one of the bundle's own.
    """
    for each in formats.items():
        form = each.get("format").text()
        files = each.get("files").items()
        if not files:
            each.get("files").fail("a model")
        for file in files:
            path = file.get("path")
            if not path.path().startswith(f"{form}/"):
                path.fail(f"a file in '{form}/'")
