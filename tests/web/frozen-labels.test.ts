/** The frozen bundle of format 2, which tells labels, is read for ever. */

import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { loadClassifier } from '../../web/src/client/index.js';
import { removeEmbedded } from './tiny-bundle.js';

const golden = (path: string) => readFileSync(new URL(`../golden/${path}`, import.meta.url));

afterEach(() => {
  removeEmbedded();
  Reflect.deleteProperty(globalThis, 'kerasportBundle');
});

test.each(['cpu', 'wasm'] as const)(
  'answers as recorded, and the same hold: %s',
  async (backend) => {
    runInThisContext(new TextDecoder('utf-16le').decode(golden('bundle-v2/model.js')));
    const classifier = await loadClassifier(undefined, { backend, kind: 'labels' });

    const outcome = await classifier.selfTest();
    const samples = await classifier.samples();
    const held = await Promise.all(
      samples.map(async ({ file }) => {
        const answer = await classifier.classify(new Blob([golden(`bundle-v2/${file}`)]));
        return answer.held.map(({ name }) => name);
      }),
    );

    expect(classifier.metadata.formatVersion).toBe(2);
    expect(classifier.metadata.output).toEqual({
      kind: 'labels',
      activation: 'sigmoid',
      thresholds: [0.3, 0.23, 0.7, 0.56],
      aim: 'unknown',
      precision: null,
    });
    expect(outcome).toMatchObject({ pictures: 6, passed: true });
    expect(held).toEqual([
      [],
      ['red', '<b>green</b>', 'bl\u00fce'],
      ['<b>green</b>'],
      ['red'],
      ['red'],
      ['a, b|c'],
    ]);
    classifier.dispose();
  },
  60_000,
);
