"""Model files that try something: each builder writes one, with a canary where code could run.

No file here needs Keras to be written. Whatever would run a payload creates the file `canary`.
"""

# Imported for their builders, which enter the corpus by being defined.
from support.hostile import archives, code, hdf5, saved_models, sizes, tensorflowjs
from support.hostile.configurations import classifier, layer
from support.hostile.containers import archive, field, varint
from support.hostile.corpus import BUILDERS, Place
from support.hostile.damage import mutated, valid_models, write_valid

__all__ = [
    "BUILDERS",
    "Place",
    "archive",
    "archives",
    "classifier",
    "code",
    "field",
    "hdf5",
    "layer",
    "mutated",
    "saved_models",
    "sizes",
    "tensorflowjs",
    "valid_models",
    "varint",
    "write_valid",
]
