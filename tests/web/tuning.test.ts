/** When a faster backend is looked for unasked. */

import { expect, test } from 'vitest';
import type { BackendName } from '../../web/src/client/constants.generated.js';
import { TuningClock, type Where } from '../../web/src/client/page/tuning.js';

const AUTOMATIC = { isAutomatic: true, worker: 'auto' } as const;

function open(backend: BackendName = 'wasm', isRemote = true): Where {
  return { backend, isRemote };
}

function moments(clock: TuningClock, times: number[], opened = open()): boolean[] {
  return times.map((milliseconds) => clock.isDue(milliseconds, opened));
}

test('the moment is the third slow answer, once', () => {
  expect(moments(new TuningClock(AUTOMATIC), [90, 30, 30, 30])).toEqual([
    false,
    false,
    true,
    false,
  ]);
});

test('one answer within a frame shows that the backend is fast enough', () => {
  expect(moments(new TuningClock(AUTOMATIC), [90, 15, 90, 90])).not.toContain(true);
});

test.each<[string, Where]>([
  ['in the page itself', open('wasm', false)],
  ['on the graphics processor', open('webgl')],
])('there is no moment for a model %s', (_, opened) => {
  expect(moments(new TuningClock(AUTOMATIC), [90, 90, 90, 90], opened)).not.toContain(true);
});

test('there is no moment where a backend was chosen, or somebody has looked', () => {
  const chosen = new TuningClock({ ...AUTOMATIC, isAutomatic: false });
  const stopped = new TuningClock(AUTOMATIC);
  stopped.stop();

  expect(moments(chosen, [90, 90, 90, 90])).not.toContain(true);
  expect(moments(stopped, [90, 90, 90, 90])).not.toContain(true);
});
