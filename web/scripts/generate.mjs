/**
 * Writes the TypeScript types of the bundle's documents from Python's JSON Schemas; with `--check`
 * it only says whether they are fresh.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { compile } from 'json-schema-to-typescript';

const SCHEMAS = new URL('../../python/kerasport/bundle/schemas/', import.meta.url);
const TARGET = new URL('../src/client/bundle/metadata.generated.ts', import.meta.url);

// json-schema-to-typescript knows tuples by the spelling of older drafts alone, and writes a minimum
// length into the type of every list. What Python writes has every field, those with defaults too.
function prepared(node) {
  if (Array.isArray(node)) return node.map(prepared);
  if (typeof node !== 'object' || node === null) return node;
  const { prefixItems, minItems, ...rest } = node;
  const result = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, prepared(value)]),
  );
  if (rest.type === 'object' && rest.properties) result.required = Object.keys(rest.properties);
  if (prefixItems) Object.assign(result, { items: prefixItems.map(prepared), minItems });
  return result;
}

/** The types of some documents in one pass: what several of them speak of is written once. */
async function typesOf(names) {
  const $defs = {};
  const properties = {};
  for (const name of names) {
    const text = await readFile(new URL(`${name}.schema.json`, SCHEMAS), 'utf8');
    const { $defs: parts, $schema: _, ...document } = JSON.parse(text);
    for (const [title, part] of Object.entries({ ...parts, [document.title]: document })) {
      if ($defs[title] && !isDeepStrictEqual($defs[title], part)) {
        throw new Error(`${name}.schema.json has another ${title} than the schemas before it`);
      }
      $defs[title] = part;
    }
    properties[name] = { $ref: `#/$defs/${document.title}` };
  }
  const root = prepared({ title: 'Documents', type: 'object', $defs, properties });
  const text = await compile(root, root.title, { additionalProperties: false, bannerComment: '' });
  // The root only holds them together.
  return text.replace(/^export interface Documents \{[^}]*\}\n/, '');
}

// What `verify` writes into parity.json, no page reads.
const text = `// Generated from python/kerasport/bundle/schemas by \`npm run generate\`. Do not edit.

${await typesOf(['metadata', 'samples'])}`;

if (!process.argv.includes('--check')) {
  await writeFile(TARGET, text);
} else if ((await readFile(TARGET, 'utf8').catch(() => '')) !== text) {
  console.error('src/client/bundle/metadata.generated.ts is stale. Run: npm run generate');
  process.exitCode = 1;
}
