/** Which language the page takes, and that every one says the same things. */

import { expect, test } from 'vitest';
import { chosen } from '../../web/src/demo/page/language.js';
import { texts as de } from '../../web/src/demo/page/texts/de.js';
import { texts as en } from '../../web/src/demo/page/texts/en.js';
import { texts as es } from '../../web/src/demo/page/texts/es.js';

test.each([
  [['de-AT', 'en'], 'de'],
  [['fi', 'es-MX'], 'es'],
  [['EN-gb'], 'en'],
  [['fi'], 'en'],
  [[], 'en'],
])('of %j it is %s', (wanted, expected) => {
  expect(chosen(wanted)).toBe(expected);
});

/** Every place in the texts with what is said there, functions called with what they may get. */
function said(texts: object, place = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    const here = `${place}${key}`;
    if (typeof value === 'string') all.set(here, value);
    else if (typeof value === 'function') all.set(here, value(3, 2, 1));
    else for (const [name, text] of said(value, `${here}.`)) all.set(name, text);
  }
  return all;
}

/** What is the same in every language: names, and a value that is not a word. */
const SHARED = /^(many\.(csv|json)|missing\.command|result\.(inputSize|announce|backend))$/;

test.each([
  ['de', de],
  ['es', es],
])('%s says everything, and none of it in English', (_, texts) => {
  const [own, english] = [said(texts), said(en)];

  expect([...own.keys()]).toEqual([...english.keys()]);
  const left = [...own].filter(([place, text]) => text === english.get(place));
  expect(left.map(([place]) => place).filter((place) => !SHARED.test(place))).toEqual([]);
});
