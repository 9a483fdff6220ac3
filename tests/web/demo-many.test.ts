/** The demo page's table: true classes, order, filters, score, and the files that it saves. */

import { describe, expect, test } from 'vitest';
import { toCsv, toJson } from '../../web/src/demo/many/download.js';
import {
  arrange,
  countsOf,
  mistakesOf,
  type Row,
  rowsOf,
  scoreOf,
} from '../../web/src/demo/many/rows.js';

const CLASSES = ['café', 'dog', '=SUM(A1)'];
const ALL = { minimum: 0, onlyWrong: false };
const BY_PATH = { column: 'path', descending: false } as const;

function rows(...pictures: [path: string, index: number | null, probability?: number][]): Row[] {
  const file = new File([], 'x.png');
  const all = rowsOf(
    pictures.map(([path]) => ({ file, path })),
    CLASSES,
  );
  for (const [place, [, index, probability = 0.9]] of pictures.entries()) {
    if (index === null) continue;
    all[place].answer = {
      best: { className: CLASSES[index], index, probability },
      isSure: probability >= 0.5,
      probabilities: Float32Array.of(0.1, 0.2, 0.7),
    };
  }
  return all;
}

test('the outermost folder with the name of a class is the true class, decomposed or not', () => {
  const found = rows(
    ['dog/café/a.png', null],
    ['dog/other/a.png', null],
    ['cafe\u0301/a.png', null],
    ['dog', null],
    ['dogs/dog.png', null],
  );

  expect(found.map(({ truth }) => truth)).toEqual(['dog', 'dog', 'café', null, null]);
});

describe('the order', () => {
  test('counts numbers in names, and puts what has no answer last in both directions', () => {
    const all = rows(['a10.png', 1, 0.3], ['a9.png', null], ['a2.png', 0, 0.8]);
    const paths = (column: 'path' | 'probability', descending: boolean) =>
      arrange(all, ALL, { column, descending }).map(({ path }) => path);

    expect(paths('path', false)).toEqual(['a2.png', 'a9.png', 'a10.png']);
    expect(paths('probability', true)).toEqual(['a2.png', 'a10.png', 'a9.png']);
    expect(paths('probability', false)).toEqual(['a10.png', 'a2.png', 'a9.png']);
  });
});

test('filters take a class, unsure answers, a least probability, the wrong ones, a true class', () => {
  const all = rows(['dog/a', 1, 0.9], ['dog/b', 0, 0.4], ['café/c', 0, 0.6], ['d', null]);
  const kept = (filter: object) =>
    arrange(all, { ...ALL, ...filter }, BY_PATH)
      .map(({ path }) => path)
      .sort();

  expect(kept({})).toHaveLength(4);
  expect(kept({ className: 'café' })).toEqual(['café/c', 'dog/b']);
  expect(kept({ className: null })).toEqual(['dog/b']);
  expect(kept({ minimum: 0.6 })).toEqual(['café/c', 'dog/a']);
  expect(kept({ onlyWrong: true })).toEqual(['dog/b']);
  expect(kept({ truth: 'dog', className: 'café' })).toEqual(['dog/b']);
});

test('the score counts what has a true class and an answer', () => {
  const all = rows(['dog/a', 1], ['dog/b', 0], ['café/c', 0], ['café/d', null], ['e', 1]);

  expect(scoreOf(all, CLASSES)).toEqual({
    pictures: 3,
    right: 2,
    confusion: [
      [1, 0, 0],
      [1, 1, 0],
      [0, 0, 0],
    ],
  });
  expect(countsOf(all)).toEqual([
    ['café', 2],
    ['dog', 2],
  ]);
});

test('of many classes the pairs that occur are counted, not all there could be', () => {
  const names = Array.from({ length: 30_000 }, (_, n) => `class ${n}`);
  const pairs = [
    [29_999, 7],
    [3, 4],
    [29_999, 7],
    [5, 5],
    [3, 1],
  ];
  const all = pairs.map(([truth, answer]) => ({
    ...rows([`class ${truth}/x`, 0])[0],
    truth: `class ${truth}`,
    answer: {
      best: { className: names[answer], index: answer, probability: 0.5 },
      isSure: true,
      probabilities: new Float32Array(0),
    },
  }));

  expect(scoreOf(all, names)).toEqual({ pictures: 5, right: 1, confusion: null });
  expect(mistakesOf(all, names)).toEqual([
    { truth: 29_999, answer: 7, count: 2 },
    { truth: 3, answer: 1, count: 1 },
    { truth: 3, answer: 4, count: 1 },
  ]);
});

test('the CSV quotes by RFC 4180, ends lines with CRLF, and runs nothing in a spreadsheet', () => {
  const all = rows(
    ['a, "b".png', 1, Math.fround(0.1)],
    ['=1+1.png', 2, 0.25],
    ['@x\r\ny.png', null],
    ['-z.png', null],
  );
  all[3].answer = { problem: '+broken, sadly' };

  expect(toCsv(all)).toBe(
    [
      '\ufefffile,class,confidence,sure,trueClass,correct,problem',
      '"a, ""b"".png",dog,0.100000001,false,,,',
      "'=1+1.png,'=SUM(A1),0.25,false,,,",
      '"\'@x\r\ny.png",,,,,,',
      '\'-z.png,,,,,,"\'+broken, sadly"',
      '',
    ].join('\r\n'),
  );
});

test('every float32 comes back from the CSV', () => {
  const values = Float32Array.from({ length: 500 }, (_, n) => Math.sin(n + 1) ** 2);
  const all = rows(...Array.from(values, (value) => ['x', 1, value] as [string, number, number]));

  const read = toCsv(all)
    .split('\r\n')
    .slice(1, -1)
    .map((line) => Math.fround(Number(line.split(',')[2])));

  expect(read).toEqual([...values]);
});

test('the JSON has every probability, and problems where there are none', () => {
  const all = rows(['dog/a', 2, 0.7], ['b', null]);
  all[1].answer = { problem: 'no picture' };

  expect(JSON.parse(toJson('pets', CLASSES, all))).toEqual({
    model: 'pets',
    classNames: CLASSES,
    pictures: [
      {
        file: 'dog/a',
        class: '=SUM(A1)',
        confidence: 0.7,
        sure: true,
        trueClass: 'dog',
        probabilities: [0.100000001, 0.200000003, 0.699999988],
      },
      { file: 'b', trueClass: null, problem: 'no picture' },
    ],
  });
});

test('where strange pictures are told, the files have how strange each is, and no others have', () => {
  const all = rows(['a.png', 1], ['b.png', 0], ['c.png', null]);
  const [first, second] = all.map(({ answer }) => answer);
  Object.assign(first ?? {}, { novelty: 0.25, familiar: true });
  Object.assign(second ?? {}, { novelty: 1, familiar: false });

  const lines = toCsv(all).trim().split('\r\n');
  const { pictures } = JSON.parse(toJson('m', CLASSES, all));

  expect(lines.map((line) => line.split(',').slice(-2))).toEqual([
    ['novelty', 'familiar'],
    ['0.25', 'true'],
    ['1', 'false'],
    ['', ''],
  ]);
  expect(pictures.slice(0, 2)).toMatchObject([
    { novelty: 0.25, familiar: true },
    { novelty: 1, familiar: false },
  ]);
  expect(toCsv(rows(['a.png', 1]))).not.toContain('novelty');
  expect(toJson('m', CLASSES, rows(['a.png', 1]))).not.toContain('novelty');
});
