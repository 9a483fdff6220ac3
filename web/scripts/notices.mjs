/** Whose work the built scripts hold, and under which licenses. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { name, version, license } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const own = readFileSync(`${root}LICENSE`, 'utf8');

/** The file beside the scripts that holds all texts. */
export const LICENSES_FILE = 'kerasport-licenses.txt';

const packages = new Set();

/** A plugin that remembers which packages a script was built from. */
export function notedPackages() {
  return {
    name: 'noted-packages',
    generateBundle(_, bundle) {
      for (const { modules = {} } of Object.values(bundle)) {
        for (const [id, { renderedLength }] of Object.entries(modules)) {
          const found = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id);
          if (found && renderedLength > 0) packages.add(found[1]);
        }
      }
    },
  };
}

/** The first line of a script. */
export function banner(holdsOthers) {
  const others = holdsOthers
    ? ' | holds TensorFlow.js, (c) Google LLC, Apache-2.0, and others'
    : '';
  return `/*! ${name} ${version} | ${license}${others} | ${LICENSES_FILE} */\n`;
}

/** The text of {@link LICENSES_FILE}. */
export function licenses() {
  const named = [...packages].sort();
  const head = `${name} ${version} and what its scripts hold:\n\n${list(named)}\n`;
  const texts = new Map([[own, [name]]]);
  for (const each of named) {
    const text = textOf(each);
    texts.set(text, [...(texts.get(text) ?? []), each]);
  }
  const rule = '='.repeat(80);
  return [...texts]
    .map(([text, holders]) => `${rule}\n${holders.join('\n')}\n${rule}\n\n${text.trim()}\n`)
    .reduce((whole, part) => `${whole}\n${part}`, head);
}

function list(names) {
  return names.map((each) => `  ${each}`).join('\n');
}

function textOf(each) {
  const files = each.startsWith('@tensorflow/')
    ? [`${root}notices/tensorflow.txt`]
    : [`${root}notices/${each}.txt`, `${root}node_modules/${each}/LICENSE`];
  const file = files.find(existsSync);
  if (!file) throw new Error(`no license of ${each} is known: put it into web/notices/`);
  return readFileSync(file, 'utf8');
}
