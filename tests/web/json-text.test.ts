/** JSON of strangers: what is refused though a browser would take it, and what is read. */

import { describe, expect, test } from 'vitest';
import { parseJson } from '../../web/src/client/bundle/json-text.js';

const parse = (text: string) => parseJson(new TextEncoder().encode(text));

describe('refused', () => {
  test.each([
    ['a key twice', '{"a": 1, "b": {"a": 2, "a": 3}}', "the key 'a' stands twice in one object"],
    ['a key twice in two spellings', '{"a": 1, "\\u0061": 2}', "the key 'a' stands twice"],
    ['201 levels', '['.repeat(201) + ']'.repeat(201), 'nested more than 200 deep'],
    ['levels that are never closed', '{"a":'.repeat(100_000), 'nested more than 200 deep'],
    ['digits', `[${'9'.repeat(101)}]`, 'a number of more than 100 characters'],
    [
      'a key twice behind an escape',
      '{"\\"": "\\\\", "b": "", "b": 1}',
      "the key 'b' stands twice",
    ],
    ['digits behind a sign', `[-1.${'0'.repeat(100)}]`, 'a number of more than 100 characters'],
    ['a number without end', '[1e999]', 'the number 1e999, which is too large'],
    ['half of a pair', '["\\ud83d x"]', 'half of a surrogate pair'],
    ['half of a pair in a key', '{"\\udc00": 1}', 'half of a surrogate pair'],
  ])('%s', (_, text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });

  test.each(['NaN', '[Infinity]', '[01]', "{'a': 1}", '[1,]', '', '{"a"}', '[-]', '"\\', '"a'])(
    '%s',
    (text) => {
      expect(() => parse(text)).toThrow(SyntaxError);
    },
  );

  test('what is not UTF-8', () => {
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow('it is not UTF-8');
  });
});

describe('read as it stands', () => {
  test.each([
    '{"a": [{"a": 1}, {"a": 2}], "b": {"a": "a"}}',
    '{"a": "{\\"a\\": [[[", "b": "\\\\"}',
    '["\\ud83d\\ude00", "\\\\ud83d", -1.5e-3, 0]',
    '["", "\\"", "a", "\\\\", {"\\"": 1, "b\\"": -0, "b": 2}]',
    '-12E+3',
    `${'['.repeat(200)}${']'.repeat(200)}`,
  ])('%s', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  test('behind a byte order mark', () => {
    expect(parse('\ufeff[1]')).toEqual([1]);
  });

  test('in time, however many texts and escapes it holds', () => {
    const text = JSON.stringify({ names: Array.from({ length: 300_000 }, (_, i) => `\n${i}"`) });

    expect(parse(text)).toEqual(JSON.parse(text));
  }, 5000);
});
