/** The frozen bundle of format 2, which tells labels: read for ever, and not by who knows less. */

import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';
import { removeEmbedded } from './tiny-bundle.js';

const golden = (path: string) => readFileSync(new URL(`../golden/${path}`, import.meta.url));

afterEach(() => {
  removeEmbedded();
  Reflect.deleteProperty(globalThis, 'kerasportBundle');
  vi.doUnmock('../../web/src/client/constants.generated.js');
  vi.resetModules();
});

function embedFrozen(version: number): void {
  const script = golden(`bundle-v${version}/model.js`);
  runInThisContext(new TextDecoder(version === 1 ? 'utf-8' : 'utf-16le').decode(script));
}

test.each(['cpu', 'wasm'] as const)(
  'answers as recorded, and the same hold: %s',
  async (backend) => {
    const { loadClassifier } = await import('../../web/src/client/index.js');
    embedFrozen(2);
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
);

test('a reader of format 1 refuses it, and reads its own', async () => {
  vi.doMock('../../web/src/client/constants.generated.js', async (load) => ({
    ...(await load<Record<string, unknown>>()),
    FORMAT_VERSION: 1,
  }));
  vi.resetModules();
  const { loadClassifier } = await import('../../web/src/client/index.js');
  embedFrozen(2);

  await expect(loadClassifier(undefined, { backend: 'cpu', kind: 'any' })).rejects.toMatchObject({
    message: expect.stringContaining(
      'The model is in bundle format 2; this library reads formats up to 1.',
    ),
  });
  removeEmbedded();
  embedFrozen(1);
  const classifier = await loadClassifier(undefined, { backend: 'cpu', kind: 'any' });

  expect(classifier.kind).toBe('probabilities');
  classifier.dispose();
});
