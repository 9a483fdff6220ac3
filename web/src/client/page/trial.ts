/** Compares sessions: with Keras on the bundle's pictures, and with each other in time. */

import type { BackendTrial, SamplePicture, SelfTest } from '../api.js';
import { FASTER } from '../backends.js';
import type { FloatRounding } from '../bundle/metadata.generated.js';
import { sha256 } from '../bundle/verified.js';
import { type BackendName, TOLERANCES } from '../constants.generated.js';
import { messageOf } from '../errors.js';
import type { Session } from '../worker/core.js';
import type { OpenSession } from './session.js';

/** How many times each of two sessions is measured. */
const ROUNDS = 7;

/** A backend is worth moving to below this share of the present one's time. */
const WORTH_MOVING = 0.8;

/**
 * Compares a session with Keras on the pictures in the bundle.
 *
 * @param rounding - what float32 adds to the model's answers; null where nobody measured it.
 */
export async function compareSamples(
  session: Session,
  samples: readonly SamplePicture[],
  rounding: FloatRounding | null,
): Promise<SelfTest> {
  const tolerance = toleranceOn(session.backend, rounding);
  let differingPictures: number | null = 0;
  let maxAbsoluteDifference = 0;
  let worst: string | null = null;
  for (const sample of samples) {
    const input = await session.preprocess(sample.blob);
    const hash = await sha256(input.data);
    if (hash === undefined) differingPictures = null;
    else if (hash !== sample.pixelsSha256) differingPictures = (differingPictures ?? 0) + 1;
    const answer = await session.predict(input.data);
    const difference = largestDifference(answer, sample.probabilities);
    if (worst === null || difference > maxAbsoluteDifference) {
      maxAbsoluteDifference = difference;
      worst = sample.file;
    }
  }
  return {
    pictures: samples.length,
    differingPictures,
    maxAbsoluteDifference,
    tolerance,
    // What was compared with nothing is no proof.
    passed: samples.length > 0 && !differingPictures && maxAbsoluteDifference <= tolerance,
    worst,
  };
}

/** How far a probability may be off on a backend: what float32 adds to the model, or the usual. */
export function toleranceOn(backend: BackendName, rounding: FloatRounding | null): number {
  return Math.max(TOLERANCES[backend], rounding?.tolerance ?? 0);
}

/** The largest difference of two answers; infinite where one is not a number. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    // Not a number is as far away as can be.
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}

/** What backends are compared with. */
export interface Judged {
  readonly samples: readonly SamplePicture[];
  readonly rounding: FloatRounding | null;
  /** Backends that are not tried, and why. */
  readonly refused: ReadonlyMap<BackendName, string>;
}

/** Tries every backend that may be faster than the present one. */
export async function tryFaster(
  present: OpenSession,
  { samples, rounding, refused }: Judged,
  open: (backend: BackendName) => Promise<OpenSession>,
  signal?: AbortSignal,
): Promise<{ trials: BackendTrial[]; winner: OpenSession | undefined }> {
  const trials: BackendTrial[] = [];
  let winner: OpenSession | undefined;
  let best = WORTH_MOVING;
  for (const backend of FASTER) {
    signal?.throwIfAborted();
    if (backend === present.session.backend) continue;
    let opened: OpenSession | undefined;
    try {
      const known = refused.get(backend);
      if (known !== undefined) throw new Error(known);
      opened = await open(backend);
      const { session } = opened;
      const check = async (when: string) => {
        const tested = await compareSamples(session, samples, rounding);
        if (samples.length === 0) throw new Error('the bundle has no samples to compare with');
        if (tested.passed) return;
        throw new Error(`a probability is off by ${tested.maxAbsoluteDifference}${when}`);
      };
      await check('');
      const { own, other } = await race(session, present.session, samples[0]);
      // Some devices are right only at first.
      await check(', after a while');
      const reason = own < best * other ? null : `the present backend needs ${other.toFixed(1)} ms`;
      trials.push({ backend, milliseconds: own, adopted: reason === null, reason });
      if (reason === null) {
        best = own / other;
        [winner, opened] = [opened, winner];
      }
      opened?.session.dispose();
    } catch (error) {
      opened?.session.dispose();
      trials.push({ backend, milliseconds: null, adopted: false, reason: messageOf(error) });
    }
  }
  const chosen = winner?.session.backend;
  return {
    winner,
    trials: trials.map((trial) =>
      trial.adopted && trial.backend !== chosen
        ? { ...trial, adopted: false, reason: `${chosen} is faster` }
        : trial,
    ),
  };
}

/** Median times of two sessions for one picture, measured in turns. */
async function race(
  first: Session,
  second: Session,
  sample: SamplePicture,
): Promise<{ own: number; other: number }> {
  const input = await first.preprocess(sample.blob);
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, session] of [first, second].entries()) {
      const start = performance.now();
      await session.predict(input.data);
      // The first round compiles.
      if (round > 0) times[index].push(performance.now() - start);
    }
  }
  const [own, other] = times.map((list) => list.sort((a, b) => a - b)[ROUNDS >> 1]);
  return { own, other };
}
