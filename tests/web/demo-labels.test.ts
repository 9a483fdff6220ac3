/** The demo page's table of a model of several labels: what is true, what holds, what is saved. */

import { expect, test } from 'vitest';
import { toJson, toLabelsCsv } from '../../web/src/demo/many/download.js';
import {
  arrange,
  type Filter,
  isRight,
  labelScoreOf,
  outcomesOf,
  type Row,
} from '../../web/src/demo/many/rows.js';
import { labelsInTable, truthsOf } from '../../web/src/demo/many/true-labels.js';

const NAMES = ['dog', '=beach', 'sun'];
const BY_PATH = { column: 'path', descending: false } as const;

function row(path: string, held: readonly number[], labels: readonly string[] | null): Row {
  return {
    file: new File([], 'x.png'),
    path,
    truth: null,
    labels,
    answer: {
      labels: NAMES.map((name, index) => ({
        name,
        index,
        probability: held.includes(index) ? 0.75 : 0.125,
        threshold: 0.5,
        holds: held.includes(index),
      })),
    },
  };
}

const ROWS: readonly Row[] = [
  row('a.png', [0, 1], ['dog', '=beach']),
  row('b.png', [], ['dog']),
  row('c.png', [2], []),
  row('d.png', [], null),
  { ...row('e.png', [], ['dog']), answer: { problem: 'is no picture' } },
];

const paths = (filter: Partial<Filter>) =>
  arrange(ROWS, { minimum: 0, onlyWrong: false, ...filter }, BY_PATH).map(({ path }) => path[0]);

test('each label is right, missed or false, and a picture is right where all of them are', () => {
  expect(ROWS.map(outcomesOf)).toEqual([
    ['right', 'right', null],
    ['missed', null, null],
    [null, null, 'false'],
    null,
    null,
  ]);
  expect(ROWS.map(isRight)).toEqual([true, false, false, null, null]);
});

test('filters take a label, an outcome of it, and pictures without any', () => {
  expect(paths({ label: { index: 0 } })).toEqual(['a']);
  expect(paths({ label: { index: 0, outcome: 'missed' } })).toEqual(['b']);
  expect(paths({ label: { index: 2, outcome: 'false' } })).toEqual(['c']);
  expect(paths({ label: null })).toEqual(['b', 'd']);
  expect(paths({ onlyWrong: true })).toEqual(['b', 'c']);
  expect(paths({})).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('the score counts each label, and the pictures of which all labels are right', () => {
  expect(labelScoreOf(ROWS, NAMES)).toEqual({
    pictures: 3,
    right: 1,
    labels: [
      { right: 1, missed: 1, false: 0, held: 1 },
      { right: 1, missed: 0, false: 0, held: 1 },
      { right: 0, missed: 0, false: 1, held: 1 },
    ],
  });
});

test('the CSV has a column for each label, and nothing that a spreadsheet runs', () => {
  expect(toLabelsCsv(NAMES, ROWS.slice(0, 2)).split('\r\n')).toEqual([
    '\ufefffile,labels,trueLabels,correct,problem,p:dog,p:=beach,p:sun',
    'a.png,dog|=beach,dog|=beach,true,,0.75,0.75,0.125',
    'b.png,,dog,false,,0.125,0.125,0.125',
    '',
  ]);
  expect(toLabelsCsv(NAMES, [row('x', [1], null)])).toContain("x,'=beach,,,,");
  expect(toLabelsCsv(NAMES, [ROWS[4]])).toContain('e.png,,dog,,is no picture,,,');
});

test('the JSON has lists, and no winner', () => {
  const { pictures } = JSON.parse(toJson('tags', NAMES, ROWS.slice(0, 1)));

  expect(pictures).toEqual([
    {
      file: 'a.png',
      labels: ['dog', '=beach'],
      trueLabels: ['dog', '=beach'],
      probabilities: [0.75, 0.75, 0.125],
    },
  ]);
});

test.each([
  ['between bars', 'file,labels\na.png,dog|sun\nb.png,\n'],
  ['between commas, quoted', '\ufeffpath,tags\r\na.png,"dog, sun"\r\nb.png,""\r\n'],
  ['behind semicolons', 'Image;Labels\na.png;"dog;sun"\nb.png;'],
  ['as columns of 0 and 1', 'filename,dog,=beach,sun\na.png,1,0,1\nb.png,0,0,0\n'],
])('a table may have its labels %s', (_, text) => {
  expect([...(labelsInTable(text, NAMES) ?? [])]).toEqual([
    ['a.png', ['dog', 'sun']],
    ['b.png', []],
  ]);
});

test('another table tells nothing', () => {
  expect(labelsInTable('name,price\na.png,3\n', NAMES)).toBeUndefined();
  expect(labelsInTable('', NAMES)).toBeUndefined();
});

test('a table goes before folders, and finds pictures by the end of their path', async () => {
  const at = (path: string, text = '') => ({ file: new File([text], 'x'), path });
  const pictures = [at('set/dog/a.png'), at('set/sun/b.png'), at('c.png')];
  const table = at('set/labels.csv', 'file,labels\ndog/a.png,sun\nc.png,\n');

  expect(await truthsOf(pictures, [table], NAMES)).toEqual({
    table: 'set/labels.csv',
    labels: [['sun'], null, []],
  });
  expect(await truthsOf(pictures, [at('x.csv', 'a,b\n1,2\n')], NAMES)).toEqual({
    table: null,
    labels: [['dog'], ['sun'], null],
  });
});
