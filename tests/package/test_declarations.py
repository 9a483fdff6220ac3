"""The class names of a bundle as types of TypeScript: complete, and read as they are meant."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.npm import FROZEN, WEB

from kerasport.bundle import Bundle
from kerasport.declarations import class_types, write_class_types
from kerasport.errors import BundleError

CLIENT = WEB / "dist" / "kerasport.d.ts"
HARD_NAMES = [
    "it's",
    'say "no"',
    "back\\slash",
    "*/ export const x = 1; //",
    "`${x}`",
    "two\nlines\u2028",
    "\u202eright to left",
    "طائرة Boeing 747",
    "\U0001f431 and \U000e0041",
    "string",
]

USE = """\
import { type Classifier, type KeptResult, loadClassifier } from 'kerasport';
import type { ClassName, ModelClassifier } from './model';

export async function use(): Promise<void> {
  const byName: ModelClassifier = await loadClassifier({ embedded: %(model)s });
  const byText: ModelClassifier = await loadClassifier(`embedded:${%(model)s}` as const);
  const byAddress: ModelClassifier = await loadClassifier<ClassName>('/model/');
  const { predictions } = await byName.classify(new Blob());
  const best: ClassName = predictions[0].className;
  const known: readonly ClassName[] = byText.classNames;
  const many: KeptResult<ClassName>[] = await byAddress.classifyMany([], {
    onResult: ({ classification }) => take(classification?.predictions[0].className),
  });
  const { className }: { className: ClassName } = await byName.explain(new Blob());
  for await (const { predictions: [live] } of byName.classifyVideo(document.createElement('video')))
    take(live.className);
  const words: { [Name in ClassName]: number } = {%(words)s};
  const anyone: Classifier = byName;
  const other = await loadClassifier('/other/');
  const text: string = (await other.classify(new Blob())).predictions[0].className;
  // @ts-expect-error: any text is no class of this model
  const wrong: ClassName = text;
  // @ts-expect-error: no class is called so
  const absent: ClassName = 'no such class';
  // @ts-expect-error: its classes are not known
  const unknown: ModelClassifier = other;
  console.log(best, known, many, className, words, anyone, wrong, absent, unknown);
}

function take(name: ClassName | undefined): void {
  console.log(name);
}
"""


def hard_bundle() -> Bundle:
    """A bundle whose names are what could end a literal, a comment or a line."""
    frozen = Bundle.open(FROZEN)
    changes = {"class_names": HARD_NAMES, "name": "it's */ 1"}
    return Bundle(frozen.path, frozen.metadata.model_copy(update=changes))


def test_names_become_a_union_that_typescript_reads_as_they_are(tmp_path: Path) -> None:
    """Under the strictest options everything that names a class has the union's type."""
    bundle = hard_bundle()
    package = tmp_path / "node_modules" / "kerasport"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name":"kerasport","types":"index.d.ts"}')
    (package / "index.d.ts").write_text(CLIENT.read_text(encoding="utf-8"), encoding="utf-8")
    write_class_types(bundle, tmp_path / "model.d.ts")
    words = "".join(f"{json.dumps(name)}: 1," for name in HARD_NAMES)
    use = USE % {"model": json.dumps(bundle.metadata.name), "words": words}
    (tmp_path / "use.ts").write_text(use, encoding="utf-8")
    options = {
        "strict": True,
        "noEmit": True,
        "exactOptionalPropertyTypes": True,
        "noUncheckedIndexedAccess": True,
        "verbatimModuleSyntax": True,
        "skipLibCheck": False,
        "module": "esnext",
        "moduleResolution": "bundler",
        "target": "es2022",
        "types": [],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options}))

    done = subprocess.run(
        [WEB / "node.sh", "node", WEB / "node_modules/typescript/bin/tsc", "-p", tmp_path],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )

    assert done.returncode == 0, done.stdout


def test_nothing_in_them_is_unseen_and_nothing_changes() -> None:
    """What turns or ends a line is an escape, and equal bundles give equal files."""
    text = class_types(hard_bundle())

    assert text == class_types(hard_bundle())
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    assert text.count("\n  | ") == len(HARD_NAMES)
    assert "طائرة" in text


def test_a_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    """Neither other files nor folders are written over, whatever they are called."""
    bundle = Bundle.open(FROZEN)
    write_class_types(bundle, tmp_path / "model.d.ts")
    with pytest.raises(BundleError, match="--force"):
        write_class_types(bundle, tmp_path / "model.d.ts")
    write_class_types(bundle, tmp_path / "model.d.ts", force=True)

    for name in ("model.ts", "folder.d.ts"):
        (tmp_path / "folder.d.ts").mkdir(exist_ok=True)
        with pytest.raises(BundleError, match="Expected a name like"):
            write_class_types(bundle, tmp_path / name, force=True)
