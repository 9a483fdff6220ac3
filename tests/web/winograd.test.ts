/** Which convolutions may be computed by Winograd's way, as the metadata says. */

import { expect, test } from 'vitest';
import { Field } from '../../web/src/client/bundle/fields.js';
import { parseJson } from '../../web/src/client/bundle/json-text.js';
import { readMetadata } from '../../web/src/client/bundle/metadata.js';
import type { Config } from '../../web/src/client/model/topology.js';
import { checkTiles, sideOf } from '../../web/src/client/model/winograd.js';
import { readModel } from '../../web/src/client/page/model-files.js';
import { frozenBundle } from './broken-bundles.js';
import { jsonBytes, metadataFor } from './tiny-bundle.js';

const folder = { place: 'here', remedy: '', read: async (path: string) => frozenBundle()[path] };

/** The parts of the frozen bundle, with this in its metadata. */
function partsWith(winograd: unknown) {
  const written = parseJson(frozenBundle()['metadata.json']) as object;
  return readModel(folder, readMetadata(jsonBytes({ ...written, winograd }), '4.22.0'));
}

test('the model is handed over with the sides of its tiles', async () => {
  const { winograd } = await partsWith({ tiles: { conv: 4 }, rounding: 1e-7 });

  expect(winograd).toEqual({ conv: 4 });
});

test.each([null, undefined])('without the field there are no tiles: %s', async (winograd) => {
  expect(await partsWith(winograd)).not.toHaveProperty('winograd');
});

test('tiles of 2 and 4 are read, written as any number', () => {
  const winograd = { tiles: { a: 2, b: 4.0 }, rounding: 0, later: 1 };

  const read = readMetadata(jsonBytes(metadataFor({}, { winograd })), '4.22.0');

  expect(read.winograd).toEqual({ tiles: { a: 2, b: 4 }, rounding: 0 });
});

test('a layer that is called as what objects inherit has no tiles unless it is named', () => {
  expect(sideOf({ conv: 4 }, 'conv')).toBe(4);
  expect(sideOf({ conv: 4 }, 'constructor')).toBeUndefined();
  expect(sideOf(undefined, 'conv')).toBeUndefined();
});

test.each<[string, string, Config, boolean]>([
  ['a convolution', 'Conv2D', {}, true],
  ['one without dilation', 'Conv2D', { dilation_rate: null }, true],
  ['one that says so', 'Conv2D', { dilation_rate: [1, 1] }, true],
  ['one with strides', 'Conv2D', { strides: [1, 2] }, false],
  ['a dilated one', 'Conv2D', { dilation_rate: [2, 1] }, false],
  ['a wide one', 'Conv2D', { kernel_size: [3, 5] }, false],
  ['a depthwise one', 'DepthwiseConv2D', {}, false],
])('%s can be named or not', (_, className, settings, isSo) => {
  const config = { kernel_size: [3, 3], strides: [1, 1], ...settings };
  const entry = new Field('model.json', '', {});
  const check = () =>
    checkTiles({ conv: 2 }, [{ name: 'conv', className, config, inputs: [], entry }]);

  if (isSo) expect(check).not.toThrow();
  else expect(check).toThrow('winograd.tiles names "conv". Expected a Conv2D of 3 x 3');
});
