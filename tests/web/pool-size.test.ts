/** On how many workers a batch runs. */

import { expect, test } from 'vitest';
import { poolSize } from '../../web/src/client/page/pool-size.js';

const NEEDS = { total: null, bytes: 50e6, cores: 8, gibibytes: 8 };

test.each([
  ['two processors are both used', { cores: 2 }, 2],
  ['one processor has one', { cores: 1 }, 1],
  ['of more, one is left to the page', { cores: 6 }, 5],
  ['there are never more than eight', { cores: 64 }, 8],
  ['a few pictures have one', { total: 8 }, 1],
  ['each has four pictures or more', { total: 9 }, 3],
  ['a model that leaves no room has one', { bytes: 2e9 }, 1],
  ['a large model has as many as an eighth of the memory holds', { bytes: 300e6 }, 3],
  ['a device that does not tell its memory is taken for one of 4 GiB', { gibibytes: undefined }, 7],
  ['a small device has one', { gibibytes: 0.5 }, 1],
])('%s', (_, changes, expected) => {
  expect(poolSize({ ...NEEDS, ...changes })).toBe(expected);
});
