/**
 * Writes the TypeScript types of the bundle's documents from Python's JSON Schemas; with `--check`
 * it only says whether they are fresh.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { compile } from 'json-schema-to-typescript';

const SCHEMAS = new URL('../../python/kerasport/schemas/', import.meta.url);
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

const parts = ['// Generated from python/kerasport/schemas by `npm run generate`. Do not edit.\n'];
for (const name of ['metadata', 'samples', 'parity']) {
  const schema = JSON.parse(await readFile(new URL(`${name}.schema.json`, SCHEMAS), 'utf8'));
  const options = { additionalProperties: false, bannerComment: '' };
  parts.push(await compile(prepared(schema), schema.title ?? name, options));
}
const text = parts.join('\n');

if (!process.argv.includes('--check')) {
  await writeFile(TARGET, text);
} else if ((await readFile(TARGET, 'utf8').catch(() => '')) !== text) {
  console.error('src/client/bundle/metadata.generated.ts is stale. Run: npm run generate');
  process.exitCode = 1;
}
