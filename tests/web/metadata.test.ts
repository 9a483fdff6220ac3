import { describe, expect, test } from 'vitest';
import { readMetadata, readSamples } from '../../web/src/client/bundle/metadata.js';
import { FORMAT_VERSION, MINIMUM_TFJS_VERSION } from '../../web/src/client/constants.generated.js';
import { tfjsVersion } from '../../web/src/client/version.js';
import { CLASS_NAMES, jsonBytes, metadataFor } from './tiny-bundle.js';

const read = (changes: Record<string, unknown>) =>
  readMetadata(jsonBytes(metadataFor({}, changes)), '4.22.0');

test('valid metadata is read as it stands', () => {
  const training = {
    recipe: 'digits',
    architecture: 'small',
    dataFingerprint: 'a'.repeat(64),
    counts: { train: [1, 2, 3], validation: [1, 1, 1], test: [0, 1, 1] },
    seed: 1,
    epochs: 2,
    bestEpoch: 1,
    date: '2026-01-31',
    versions: { keras: '3.10.0' },
  };
  const metrics = {
    testAccuracy: 0.5,
    testPictures: 2,
    validationAccuracy: null,
    expectedCalibrationError: 0.02,
    labels: null,
    method: 'Held out.',
  };
  const calibration = {
    temperature: 1.5,
    method: 'temperature scaling',
    eceBefore: 0.1,
    eceAfter: 0.03,
  };
  const agreement = { pictures: 9, top1Agreement: 1, maxAbsoluteDifference: 0.01 };
  const trial = {
    ...agreement,
    weights: 'uint8',
    noiseLimit: null,
    bytes: 500,
    gzipBytes: 400,
    accuracy: 0.75,
    chosen: true,
  };
  const search = { pictures: '9 pictures', maxAccuracyDrop: 0.5, trials: [trial] };
  const quantization = { weights: 'uint8', agreement, search };
  const floatRounding = {
    pictures: 6,
    keras: 7e-5,
    bundle: 5e-5,
    tolerance: 2.8e-4,
    limit: "TensorFlow computes the layers 'resizing' in float32 only",
  };
  const winograd = { tiles: { conv_1: 4, conv_2: 2 }, rounding: 6e-5 };
  const file = { path: 'onnx/model.onnx', bytes: 3, sha256: '0'.repeat(64) };
  const otherFormats = [
    { format: 'onnx', files: [file], agreement: { ...agreement, runtime: 'onnxruntime 1.32.0' } },
    { format: 'litert', files: [file], agreement: null },
  ];
  const novelty = {
    ...{ layer: 'dense', features: 16, axes: 2, centers: 3, pictures: 30 },
    ...{ quantiles: [0, 0.5, 2], threshold: 0.95 },
  };
  const written = metadataFor(
    { 'model.json': new Uint8Array(3) },
    {
      ...{ training, metrics, quantization, calibration, floatRounding, winograd },
      ...{ otherFormats, novelty },
      confidenceThreshold: 0.8,
      layerNames: { conv_1: 'conv 1' },
    },
  );

  expect(readMetadata(jsonBytes(written), '4.22.0')).toEqual(written);
});

test('labels with their thresholds and figures are read as they stand', () => {
  const output = {
    kind: 'labels',
    activation: 'sigmoid',
    thresholds: [0.5, 0, 1],
    aim: 'precision',
    precision: 0.9,
  };
  const metrics = {
    testAccuracy: null,
    testPictures: 2,
    validationAccuracy: null,
    expectedCalibrationError: null,
    labels: { meanAveragePrecision: 0.75, macroF1: 0.5, microF1: 0.25, exactMatch: null },
    method: 'Held out.',
  };

  const metadata = read({ formatVersion: 2, output, metrics });

  expect(metadata).toMatchObject({ formatVersion: 2, output, metrics });
});

test('unknown fields are ignored, so that later ones need no new format', () => {
  expect(read({ colorOfTheBikeShed: 'green' })).not.toHaveProperty('colorOfTheBikeShed');
});

test('what Python writes now is not too new for this library', () => {
  const versions = { formatVersion: FORMAT_VERSION, minimumTfjsVersion: MINIMUM_TFJS_VERSION };

  const read = readMetadata(jsonBytes(metadataFor({}, versions)), tfjsVersion);

  expect(read).toMatchObject(versions);
});

describe('what is newer is refused with what to do', () => {
  test.each([
    ['a bundle format', { formatVersion: FORMAT_VERSION + 1 }],
    // Nothing else of a newer format can be relied on.
    ['a bundle format with other fields', { formatVersion: 99, classNames: { a: 1 } }],
    ['TensorFlow.js', { minimumTfjsVersion: '4.100.0' }],
  ])('%s', (_, changes) => {
    expect(() => read(changes)).toThrow(
      expect.objectContaining({
        code: 'format-too-new',
        message: expect.stringContaining('Use the web files of the kerasport version'),
      }),
    );
  });
});

describe('every field that the code relies on is checked', () => {
  const preprocessing = metadataFor({}).preprocessing;
  const entry = { path: 'model.json', bytes: 1, sha256: '0'.repeat(64) };
  test.each([
    ['formatVersion', { formatVersion: '1' }],
    ['formatVersion', { formatVersion: 0 }],
    ['name', { name: '' }],
    ['classNames', { classNames: ['only'] }],
    ['classNames', { classNames: ['same', 'same'] }],
    ['classNames[1]', { classNames: ['one', 2] }],
    ['colorMode', { colorMode: 'cmyk' }],
    ['inputShape', { inputShape: [4, 4, 3] }],
    ['inputShape[0]', { inputShape: [0.5, 4, 1] }],
    ['inputShape[1]', { inputShape: [4, -4, 1] }],
    ['inputRange', { inputRange: [0, 1] }],
    ['preprocessing', { preprocessing: null }],
    ['preprocessing.fit', { preprocessing: { ...preprocessing, fit: 'fill' } }],
    ['preprocessing.resample', { preprocessing: { ...preprocessing, resample: 'toString' } }],
    [
      'preprocessing.background[2]',
      { preprocessing: { ...preprocessing, background: [0, 0, 256] } },
    ],
    ['preprocessing.orientation', { preprocessing: { ...preprocessing, orientation: 'none' } }],
    ['output.kind', { output: { kind: 'logits', activation: 'softmax' } }],
    ['files', { files: { length: 1 } }],
    ['files[0].path', { files: [{ ...entry, path: '../secret' }] }],
    ['files[0].path', { files: [{ ...entry, path: '/etc/passwd' }] }],
    ['files[0].path', { files: [{ ...entry, path: 'https://example.org/x' }] }],
    ['files[0].sha256', { files: [{ ...entry, sha256: 'no' }] }],
    ['files[0].bytes', { files: [{ ...entry, bytes: -1 }] }],
  ])('%s: %j', (place, changes) => {
    expect(() => read(changes)).toThrow(
      expect.objectContaining({
        code: 'bundle-damaged',
        message: expect.stringContaining(`${place} is `),
      }),
    );
  });
});

describe('hostile documents are harmless', () => {
  test('inherited properties do not stand in for missing fields', () => {
    const { name: _, ...withoutName } = metadataFor({});
    Reflect.set(Object.prototype, 'name', 'inherited');
    try {
      expect(() => readMetadata(jsonBytes(withoutName), '4.22.0')).toThrow('name is undefined');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'name');
    }
  });

  test('a key named __proto__ changes no prototype', () => {
    const text = JSON.stringify(metadataFor({})).replace('{', '{"__proto__": {"polluted": 1}, ');

    const metadata = readMetadata(new TextEncoder().encode(text), '4.22.0');

    expect(metadata).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('polluted');
  });

  test.each(['', 'null', '[]', '"text"', '{"formatVersion": 1e999}', '{', '\u0000'])(
    'document %j is refused',
    (text) => {
      expect(() => readMetadata(new TextEncoder().encode(text), '4.22.0')).toThrow(
        expect.objectContaining({ code: 'bundle-damaged' }),
      );
    },
  );

  test('a message quotes no more than a little of a value', () => {
    const changes = { colorMode: 'x'.repeat(100_000) };

    expect(() => read(changes)).toThrow(/^.{1,400}$/);
  });
});

describe('samples', () => {
  const sample = {
    file: 'samples/01.png',
    label: null,
    labels: null,
    probabilities: [0.5, 0.25, 0.25],
    floatProbabilities: [0.6, 0.2, 0.2],
    pixelsSha256: 'b'.repeat(64),
  };
  const readOne = (changes: object) =>
    readSamples(jsonBytes({ samples: [{ ...sample, ...changes }] }), CLASS_NAMES, [
      { path: sample.file, bytes: 1, sha256: 'a'.repeat(64) },
    ]);

  test('are read as they stand', () => {
    expect(readOne({})).toEqual([sample]);
  });

  test('have as many labels as are true, none among them', () => {
    expect(readOne({ labels: ['a', 'b'] })).toMatchObject([{ labels: ['a', 'b'] }]);
    expect(readOne({ labels: [] })).toMatchObject([{ labels: [] }]);
    expect(readOne({ labels: undefined })).toMatchObject([{ labels: null }]);
  });

  test.each([
    ['labels that are none', { labels: 'a' }],
    ['a probability too few', { probabilities: [0.5, 0.5] }],
    ['a float probability too few', { floatProbabilities: [1] }],
    ['more than certain', { probabilities: [1.5, 0, 0] }],
    ['a file outside', { file: '../01.png' }],
    ['no hash', { pixelsSha256: null }],
  ])('with %s are refused', (_, changes) => {
    expect(() => readOne(changes)).toThrow(expect.objectContaining({ code: 'bundle-damaged' }));
  });
});
