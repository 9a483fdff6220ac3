"""What TypeScript knows of a model: the names of its classes, as types."""

from __future__ import annotations

import json
from pathlib import Path

from kerasport.bundle import Bundle
from kerasport.errors import BundleError
from kerasport.files import check_place, write_text

__all__ = ["ENDING", "class_types", "write_class_types"]

ENDING = ".d.ts"

_TEXT = """\
// The classes of a model. Written by: kerasport site BUNDLE --types
import type { Classifier } from 'kerasport';

/** The name of a class. */
export type ClassName =
%(names)s;

/** What `loadClassifier<ClassName>(address)` gives. */
export type ModelClassifier = Classifier<ClassName>;

// `loadClassifier({ embedded: name })` gives it too.
declare module 'kerasport' {
  interface ModelClasses {
    %(name)s: ClassName;
  }
}
"""


def class_types(bundle: Bundle) -> str:
    """Return a module of declarations for the npm package, equal for equal class names."""
    metadata = bundle.metadata
    names = "\n".join(f"  | {_literal(name)}" for name in metadata.class_names)
    return _TEXT % {"names": names, "name": _literal(metadata.name)}


def write_class_types(bundle: Bundle, out: str | Path, *, force: bool = False) -> Path:
    """Write `class_types` into a file, and return it.

    Raises:
        BundleError: `out` is no name of a file of declarations, or is there already.
    """
    out = Path(out)
    if not out.name.endswith(ENDING) or out.is_dir():
        raise BundleError(
            f"'{out}' is no file of declarations. Expected a name like flowers{ENDING}."
        )
    if out.exists() and not force:
        raise BundleError(f"'{out}' is there already. Replace it with --force.")
    check_place(out, folder=False)
    write_text(out, class_types(bundle))
    return out


def _literal(text: str) -> str:
    """Return a text as TypeScript writes it; what cannot be seen, or turns the line, as escapes."""
    return '"' + "".join(_character(character) for character in text) + '"'


def _character(character: str) -> str:
    return json.dumps(character, ensure_ascii=not character.isprintable())[1:-1]
