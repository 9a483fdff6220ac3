/** A graphics processor that was chosen, and gives wrong answers later: sessions that pretend. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BackendName } from '../../web/src/client/constants.generated.js';
import { type BackendChange, type Classifier, loadClassifier } from '../../web/src/client/index.js';
import type { ModelParts, Session, SessionAnswer } from '../../web/src/client/worker/core.js';
import {
  CLASS_NAMES,
  embed,
  type Files,
  jsonBytes,
  metadataFor,
  removeEmbedded,
  SIDE,
  sha256Of,
  tinyBundle,
} from './tiny-bundle.js';

const PIXELS = new Uint8Array(SIDE * SIDE);
const RIGHT = [0.5, 0.25, 0.25];
const WRONG = [0.25, 0.5, 0.25];
const PICTURE = { data: PIXELS, width: SIDE, height: SIDE, channels: 1 as const };

/** A session that answers as it is told: the fault that is injected. */
class Pretended implements Session {
  static all: Pretended[] = [];
  /** The answer of the graphics processor. */
  static answer: (number: number) => readonly number[];
  /** Whether WebAssembly opens. */
  static opens = true;

  answers = 0;
  isDisposed = false;

  constructor(readonly backend: BackendName) {
    Pretended.all.push(this);
  }

  async predict() {
    if (this.isDisposed) throw new Error('disposed');
    // The graphics processor has to win the race.
    if (this.backend === 'wasm') await new Promise((resolve) => setTimeout(resolve, 5));
    this.answers++;
    const values = this.backend === 'wasm' ? RIGHT : Pretended.answer(this.answers);
    return Float32Array.from(values);
  }

  async preprocess() {
    return { data: PIXELS, height: SIDE, width: SIDE, channels: 1 as const };
  }

  async classify(): Promise<SessionAnswer> {
    const input = await this.preprocess();
    const milliseconds = { decode: 0, preprocess: 0, inference: 1 };
    return { probabilities: await this.predict(), input, milliseconds };
  }

  async classActivation() {
    return undefined;
  }

  async memory() {
    return { tensors: 0, bytes: 0, wasmBytes: 0, heapBytes: null };
  }

  dispose() {
    this.isDisposed = true;
  }
}

vi.mock('../../web/src/client/page/session.js', async (original) => ({
  ...(await original<object>()),
  openSession: async (choice: string, _: unknown, parts: () => Promise<ModelParts>) => {
    await parts();
    const backend = (choice === 'auto' ? 'wasm' : choice) as BackendName;
    if (backend === 'webgpu') throw new Error('this device has no WebGPU');
    if (backend === 'wasm' && !Pretended.opens) throw new Error('no WebAssembly');
    return { session: new Pretended(backend), isRemote: true };
  },
}));

let classifier: Classifier;
let changes: BackendChange[] = [];

beforeEach(async () => {
  Object.assign(Pretended, { all: [], opens: true, answer: () => RIGHT });
  const { 'metadata.json': _, ...files } = tinyBundle() as Files;
  files['samples/01.png'] = new Uint8Array(3);
  files['samples/samples.json'] = jsonBytes({
    formatVersion: 1,
    classNames: CLASS_NAMES,
    samples: [
      {
        file: 'samples/01.png',
        label: null,
        probabilities: RIGHT,
        floatProbabilities: null,
        pixelsSha256: sha256Of(PIXELS),
      },
    ],
  });
  embed('tiny', { ...files, 'metadata.json': jsonBytes(metadataFor(files)) });
  changes = [];
  classifier = await loadClassifier(undefined, {
    onBackendChange: (change) => void changes.push(change),
  });
});

afterEach(() => {
  classifier.dispose();
  removeEmbedded();
  vi.useRealTimers();
});

/** Moves to the graphics processor; the number of answers that it gave for that. */
async function moved(): Promise<Pretended> {
  await classifier.tune();
  expect(classifier.backend).toBe('webgl');
  return Pretended.all.find(({ backend }) => backend === 'webgl') as Pretended;
}

const answers = async (count: number) => {
  const given: number[][] = [];
  for (let i = 0; i < count; i++) {
    const { probabilities } = await classifier.classify(PICTURE);
    given.push(Array.from(probabilities));
  }
  return given;
};

test('the 1st, 2nd, 4th, 8th, 16th and 32nd answer is compared, and then every 50th', async () => {
  const gpu = await moved();
  const [wasm] = Pretended.all;
  const before = [gpu.answers, wasm.answers];
  const compared: number[] = [];

  for (let number = 1; number <= 160; number++) {
    const until = wasm.answers;
    await (number % 2 ? classifier.classify(PICTURE) : classifier.predict({ data: PIXELS }));
    if (wasm.answers > until) compared.push(number);
  }

  expect(compared).toEqual([1, 2, 4, 8, 16, 32, 50, 100, 150]);
  expect(gpu.answers - before[0]).toBe(160);
  expect(changes.map(({ to, cause }) => [to, cause])).toEqual([['webgl', 'faster']]);
});

test('a wrong answer that is compared is not given, and the model moves back and says so', async () => {
  const gpu = await moved();
  const until = gpu.answers;
  Pretended.answer = (number) => (number - until < 4 ? RIGHT : WRONG);

  expect(await answers(6)).toEqual(Array.from({ length: 6 }, () => RIGHT));

  expect(classifier.backend).toBe('wasm');
  expect(gpu.isDisposed).toBe(true);
  expect(gpu.answers - until).toBe(4);
  expect(changes[1]).toEqual({
    from: 'webgl',
    to: 'wasm',
    cause: 'wrong-answer',
    reason: "On webgl a probability was off by 0.25 from WebAssembly's.",
  });
  // What it was compared with is what goes on.
  expect(Pretended.all.filter(({ isDisposed }) => !isDisposed)).toEqual([Pretended.all[0]]);
  const trials = await classifier.tune();
  expect(trials[0]).toMatchObject({ adopted: false, reason: expect.stringContaining('off by') });
});

test.each([
  ['no numbers', [Number.NaN, 0.5, 0.5]],
  ['nothing but zeros', [0, 0, 0]],
])('an answer of %s is compared whenever it comes', async (_, wrong) => {
  const gpu = await moved();
  await answers(4);
  const until = gpu.answers;
  Pretended.answer = (number) => (number - until === 1 ? wrong : RIGHT);

  expect(await answers(1)).toEqual([RIGHT]);
  expect(classifier.backend).toBe('wasm');
});

test('several wrong answers at once are one move', async () => {
  await moved();
  Pretended.answer = () => WRONG;

  const all = await Promise.all([1, 2, 3, 4].map(() => classifier.predict({ data: PIXELS })));

  // The third was not compared.
  expect(all.map(([first]) => first)).toEqual([0.5, 0.5, expect.any(Number), 0.5]);
  await Promise.resolve();
  expect(changes.map(({ cause }) => cause)).toEqual(['faster', 'wrong-answer']);
});

test('what it is compared with ends after a while, and opens again for the next time', async () => {
  await moved();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const first = answers(1);
  await vi.advanceTimersByTimeAsync(10);
  await first;

  await vi.advanceTimersByTimeAsync(31_000);
  expect(Pretended.all[0].isDisposed).toBe(true);
  vi.useRealTimers();
  Pretended.answer = () => WRONG;

  expect(await answers(1)).toEqual([RIGHT]);
  expect(classifier.backend).toBe('wasm');
});

test('where there is nothing to compare with, the answer is given as it is', async () => {
  await moved();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const first = answers(1);
  await vi.advanceTimersByTimeAsync(31_000);
  await first;
  vi.useRealTimers();
  Pretended.opens = false;

  expect(await answers(1)).toEqual([RIGHT]);
  expect(classifier.backend).toBe('webgl');
});

test('disposing ends both', async () => {
  await moved();

  classifier.dispose();

  expect(Pretended.all.every(({ isDisposed }) => isDisposed)).toBe(true);
});
