/** A whole bundle with a model small enough to check by hand. */

import { createHash } from 'node:crypto';

/** Content by path. */
export type Files = Record<string, Uint8Array>;

/** Width and height of the tiny model's input. */
export const SIDE = 4;

/** Class names of the tiny model. */
export const CLASS_NAMES = ['dark', 'light', '<img src=x onerror=alert(1)>'];

const layer = (className: string, config: object) => ({ class_name: className, config });

// Dense weights: "dark" never reacts, "light" gains with every pixel, the third one loses.
const KERNEL = Array.from({ length: SIDE * SIDE }, () => [0, 0.5, -0.5]).flat();
const BIAS = [1, 0, 0];

const modelOf = (activation: string) => ({
  format: 'layers-model',
  generatedBy: 'test',
  convertedBy: null,
  modelTopology: {
    keras_version: '2.15.0',
    backend: 'tensorflow',
    model_config: layer('Sequential', {
      name: 'tiny',
      layers: [
        layer('InputLayer', { batch_input_shape: [null, SIDE, SIDE, 1], name: 'input' }),
        layer('Rescaling', { name: 'rescaling', scale: 1 / 255, offset: 0 }),
        layer('Flatten', { name: 'flatten' }),
        layer('Dense', { name: 'dense', units: 3, activation, use_bias: true }),
      ],
    }),
  },
  weightsManifest: [
    {
      paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'],
      weights: [
        { name: 'dense/kernel', shape: [SIDE * SIDE, 3], dtype: 'float32' },
        { name: 'dense/bias', shape: [3], dtype: 'float32' },
      ],
    },
  ],
});

/** What the tiny model answers to pixels of 0..255. */
export function expectedProbabilities(pixels: ArrayLike<number>): number[] {
  const brightness = Array.from(pixels).reduce((sum, level) => sum + level / 255, 0);
  const logits = [1, brightness / 2, -brightness / 2];
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** JSON as bytes. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** SHA-256 in hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The fields of a valid metadata.json for `files`, with `changes` on top. */
export function metadataFor(files: Files, changes: Record<string, unknown> = {}) {
  return {
    formatVersion: 1,
    minimumTfjsVersion: '4.0.0',
    kerasportVersion: '0.1.0',
    name: 'tiny',
    classNames: CLASS_NAMES,
    colorMode: 'grayscale',
    inputShape: [SIDE, SIDE, 1],
    inputRange: [0, 255],
    rescaling: { scale: 1 / 255, offset: 0, place: 'inside the model' },
    preprocessing: {
      orientation: 'exif',
      colorProfile: 'ignored',
      background: [255, 255, 255],
      fit: 'stretch',
      resample: 'bilinear',
    },
    output: { kind: 'probabilities', activation: 'softmax' },
    quantization: { weights: 'float32' },
    training: null,
    metrics: null,
    files: Object.entries(files).map(([path, bytes]) => ({
      path,
      bytes: bytes.length,
      sha256: sha256Of(bytes),
    })),
    ...changes,
  };
}

/** The tiny bundle's files; `changes` replace fields of its metadata. */
export function tinyBundle(changes: Record<string, unknown> = {}, activation = 'softmax'): Files {
  const weights = new Uint8Array(Float32Array.from([...KERNEL, ...BIAS]).buffer);
  const files: Files = {
    'model.json': jsonBytes(modelOf(activation)),
    // Cut inside a float, as any shard border may be.
    'group1-shard1of2.bin': weights.slice(0, 101),
    'group1-shard2of2.bin': weights.slice(101),
  };
  return { ...files, 'metadata.json': jsonBytes(metadataFor(files, changes)) };
}

/** The same model with a sigmoid for each output: it tells labels from `thresholds` on. */
export function labelsBundle(thresholds: readonly number[]): Files {
  const output = { kind: 'labels', activation: 'sigmoid', thresholds, aim: 'f1', precision: null };
  return tinyBundle({ formatVersion: 2, output }, 'sigmoid');
}

/** Puts a bundle into the page as `model.js` does, each file in two pieces. */
export function embed(name: string, files: Files): void {
  const pieces = Object.entries(files).map(([path, bytes]): [string, Uint8Array[]] => {
    const middle = bytes.length >> 1;
    return [path, [bytes.slice(0, middle), bytes.slice(middle)]];
  });
  const bundles: unknown[] = Reflect.get(globalThis, 'kerasportBundles') ?? [];
  bundles.push({ formatVersion: 1, name, files: new Map(pieces) });
  Reflect.set(globalThis, 'kerasportBundles', bundles);
}

/** Takes all embedded bundles out again. */
export function removeEmbedded(): void {
  Reflect.deleteProperty(globalThis, 'kerasportBundles');
}
