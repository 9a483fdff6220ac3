/** The shape of `web/src`: imports go one way, types included, and rooms keep to where they run. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../web/src/', import.meta.url));

// A room may import from its own files and from rooms before it; those on one line not each other.
const CLIENT = [
  ['constants.generated'],
  ['errors', 'shares', 'version'],
  ['arguments', 'pictures'],
  ['preprocess'],
  ['bundle', 'reading', 'backends'],
  ['api'],
  ['model'],
  ['engine', 'tensorflow'],
  ['worker'],
  ['page'],
  ['classifier'],
  ['index'],
  ['element', 'script'],
];
const DEMO = [['page'], ['ways', 'one', 'about', 'corrections'], ['many'], ['app'], ['main']];

const WITH_TENSORFLOW = ['worker', 'tensorflow'];
/** The number of TensorFlow.js' version, and nothing that runs. */
const VERSION_FILE = '@tensorflow/tfjs-core/dist/version.js';

interface Import {
  /** As it is written. */
  readonly name: string;
  /** Path below `web/src`, or undefined where it is a package. */
  readonly file: string | undefined;
  readonly isType: boolean;
  /** Loaded when it is asked for. */
  readonly isLazy: boolean;
}

function parse(file: string): ts.SourceFile {
  const text = readFileSync(SRC + file, 'utf8');
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** Calls `visit` with every node of a file. */
function walk(file: ts.SourceFile, visit: (node: ts.Node) => void): void {
  const each = (node: ts.Node) => {
    visit(node);
    ts.forEachChild(node, each);
  };
  each(file);
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, isType: boolean, isLazy = false) => {
    if (!node || !ts.isStringLiteralLike(node)) return;
    const name = node.text;
    const path = join(dirname(file), name).replace(/\.js$/, '.ts');
    found.push({ name, file: name.startsWith('.') ? path : undefined, isType, isLazy });
  };
  walk(parse(file), (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, true);
    }
  });
  return found;
}

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .sort();
const IMPORTS = new Map(FILES.map((file) => [file, importsOf(file)]));

/** The first part of a path below `side`. */
function roomOf(side: string, file: string): string {
  return relative(side, file).split('/')[0].replace(/\.ts$/, '');
}

describe.each([
  ['client', CLIENT],
  ['demo', DEMO],
])('%s', (side, order) => {
  const level = new Map(order.flatMap((rooms, index) => rooms.map((room) => [room, index])));
  const files = FILES.filter((file) => file.startsWith(`${side}/`));

  test('every room has a place in the order, and every place a room', () => {
    const rooms = new Set(files.map((file) => roomOf(side, file)));

    expect([...rooms].sort()).toEqual(order.flat().sort());
  });

  test.each(files)('%s imports from earlier rooms only', (file) => {
    const room = roomOf(side, file);
    const own = level.get(room) ?? Number.NaN;

    const upwards = (IMPORTS.get(file) ?? [])
      .flatMap(({ file: target }) => (target?.startsWith(`${side}/`) ? [target] : []))
      .filter((target) => {
        const other = roomOf(side, target);
        return other !== room && !((level.get(other) ?? Number.NaN) < own);
      });

    expect(upwards).toEqual([]);
  });
});

test('no files import each other in a circle, types included', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file].join(' > '));
    if (at >= 0 || done.has(file)) return;
    for (const { file: target } of IMPORTS.get(file) ?? []) {
      if (target) visit(target, [...path, file]);
    }
    done.add(file);
  };

  for (const file of FILES) visit(file, []);

  expect(circles).toEqual([]);
});

test('every import within web/src leads to a file', () => {
  const others = ['../package.json'];

  const lost = [...IMPORTS].flatMap(([file, imports]) =>
    imports
      .filter(({ file: target }) => target?.endsWith('.ts') && !IMPORTS.has(target))
      .filter(({ file: target }) => !others.includes(target ?? ''))
      .map(({ name }) => `${file}: ${name}`),
  );

  expect(lost).toEqual([]);
});

test('only the rooms that run the model import TensorFlow.js', () => {
  const outside = [...IMPORTS].flatMap(([file, imports]) =>
    imports
      .filter(({ name }) => name.startsWith('@tensorflow/'))
      .filter(() => !WITH_TENSORFLOW.some((room) => file.startsWith(`client/${room}/`)))
      .map(({ name }) => `${file}: ${name}`),
  );

  expect(outside).toEqual([`client/version.ts: ${VERSION_FILE}`]);
});

test("the page's own script runs nothing of TensorFlow.js", () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { name, file: target, isType, isLazy } of IMPORTS.get(file) ?? []) {
      if (isType || isLazy) continue;
      if (target) visit(target);
      else packages.add(name);
    }
  };

  visit('client/index.ts');

  expect([...packages]).toEqual([VERSION_FILE]);
  expect(seen.size).toBeGreaterThan(10);
});

test('the demo page takes nothing from the client but its public interface', () => {
  const inside = [...IMPORTS].flatMap(([file, imports]) =>
    file.startsWith('demo/')
      ? imports.flatMap(({ file: target }) => (target?.startsWith('client/') ? [target] : []))
      : [],
  );

  expect([...new Set(inside)]).toEqual(['client/index.ts']);
});

/** Names of a page that a worker does not have. */
const OF_A_PAGE =
  /^(document|window|localStorage|sessionStorage|alert|Image|Audio|HTML\w*|SVG\w*)$/;

/** What a file uses of the page: names in expressions that it does not declare itself. */
function usesOfPage(file: string): string[] {
  const own = new Set<string>();
  const used: string[] = [];
  walk(parse(file), (node) => {
    if ((ts.isParameter(node) || ts.isVariableDeclaration(node)) && ts.isIdentifier(node.name)) {
      own.add(node.name.text);
    }
    const { parent } = node;
    if (!ts.isIdentifier(node) || !OF_A_PAGE.test(node.text) || ts.isTypeReferenceNode(parent)) {
      return;
    }
    const isProperty =
      (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
      ts.isPropertyAssignment(parent);
    if (!isProperty) used.push(node.text);
  });
  return used.filter((name) => !own.has(name));
}

test('only the page, and reading that asks first, touch the DOM', () => {
  const touching = FILES.filter((file) => file.startsWith('client/'))
    .filter((file) => usesOfPage(file).length > 0)
    .map((file) => roomOf('client', file));

  expect([...new Set(touching)].sort()).toEqual(['element', 'page', 'reading', 'script']);
});
