/** Reads the bundle's documents, trusting nothing in them. */

import {
  CALIBRATION_METHODS,
  COLOR_MODES,
  FITS,
  FORMAT_VERSION,
  LABEL_AIMS,
  LABELS_FORMAT_VERSION,
  LARGEST_TOLERANCE,
  MAX_AXES,
  MAX_CENTERS,
  MAX_FEATURES,
  MAX_QUANTILES,
  METADATA_FILE,
  MODEL_FILE,
  MOST_SHOWN,
  OUTPUT_ACTIVATIONS,
  OUTPUT_KINDS,
  RESAMPLES,
  SAMPLES_FILE,
  SMALLEST_TOLERANCE,
  WEIGHT_TYPES,
} from '../constants.generated.js';
import { KerasportError, quote } from '../errors.js';
import type { ImageSpec } from '../preprocess/spec.js';
import { dimensions, type Field, readJson } from './fields.js';
import type {
  Calibration,
  FileEntry,
  FloatAgreement,
  FloatRounding,
  LabelMetrics,
  LabelsOutput,
  Metadata,
  Metrics,
  Novelty,
  OtherFormat,
  Preprocessing,
  Quantization,
  Rescaling,
  Sample,
  Training,
  Winograd,
} from './metadata.generated.js';

/**
 * The metadata in the bytes of a `metadata.json`. Unknown fields are ignored.
 *
 * @throws {@link KerasportError} `format-too-new` or `bundle-damaged`.
 */
export function readMetadata(bytes: Uint8Array, tfjsVersion: string): Metadata {
  const root = readJson(METADATA_FILE, bytes);
  const formatVersion = root.get('formatVersion').integer(1);
  if (formatVersion > FORMAT_VERSION) {
    throw new KerasportError(
      'format-too-new',
      `The model is in bundle format ${formatVersion}; this library reads formats up to ` +
        `${FORMAT_VERSION}. Use the web files of the kerasport version that exported it.`,
    );
  }
  const minimumTfjsVersion = root.get('minimumTfjsVersion').text();
  if (isOlder(tfjsVersion, minimumTfjsVersion)) {
    throw new KerasportError(
      'format-too-new',
      `The model needs TensorFlow.js ${minimumTfjsVersion} or newer; this library holds ` +
        `${tfjsVersion}. Use the web files of the kerasport version that exported it.`,
    );
  }

  const classNames = root.get('classNames').list((name) => name.text());
  if (classNames.length < 2 || new Set(classNames).size !== classNames.length) {
    root.get('classNames').fail('at least two names, each once');
  }
  const colorMode = root.get('colorMode').oneOf(...COLOR_MODES);
  const channels = colorMode === 'rgb' ? 3 : 1;
  const shape = root.get('inputShape').list((side) => side.integer(1));
  if (shape.length !== 3 || shape[2] !== channels) {
    root.get('inputShape').fail(`[height, width, ${channels}] for colorMode ${quote(colorMode)}`);
  }
  const range = root.get('inputRange').list((edge) => edge.number());
  if (range.length !== 2 || range[0] !== 0 || range[1] !== 255) {
    root.get('inputRange').fail('[0, 255]');
  }
  const output = readOutput(root, classNames.length, formatVersion);
  return {
    formatVersion,
    minimumTfjsVersion,
    kerasportVersion: root.get('kerasportVersion').text(),
    name: root.get('name').text(),
    classNames,
    colorMode,
    inputShape: [shape[0], shape[1], channels],
    inputRange: [0, 255],
    rescaling: readRescaling(root.get('rescaling')),
    preprocessing: readPreprocessing(root.get('preprocessing')),
    output,
    quantization: readQuantization(root.get('quantization')),
    floatRounding: root.get('floatRounding').optional(readRounding),
    training: root.get('training').optional((field) => readTraining(field, classNames.length)),
    metrics: root.get('metrics').optional(readMetrics),
    calibration: root.get('calibration').optional(readCalibration),
    confidenceThreshold: root.get('confidenceThreshold').optional((share) => share.number(0, 1)),
    novelty: root.get('novelty').optional(readNovelty),
    winograd: root.get('winograd').optional(readWinograd),
    layerNames: root.get('layerNames').optional((names) => names.dictionary((name) => name.text())),
    files: root.get('files').list(readFileEntry),
    otherFormats: root.get('otherFormats').optional((field) => field.list(readOtherFormat)),
  };
}

/** What the model returns; its kind decides which other fields fit it. */
function readOutput(root: Field, classes: number, formatVersion: number): Metadata['output'] {
  const output = root.get('output');
  const kind = output.get('kind').oneOf(...OUTPUT_KINDS);
  if (kind === 'probabilities') {
    return { kind, activation: output.get('activation').oneOf(...OUTPUT_ACTIVATIONS) };
  }
  const labels = readLabelsOutput(output);
  const { length } = labels.thresholds;
  if (length !== classes) {
    root.refuse(
      `output.thresholds has ${length} numbers for ${classes} class names. Expected one for each.`,
    );
  }
  if (root.get('confidenceThreshold').optional((share) => share)) {
    root.refuse(
      'confidenceThreshold is a number beside labels, which have thresholds of their own. ' +
        'Expected null.',
    );
  }
  if (formatVersion < LABELS_FORMAT_VERSION) {
    root.refuse(
      `formatVersion is ${formatVersion} beside the output kind labels. Expected at least ` +
        `${LABELS_FORMAT_VERSION}.`,
    );
  }
  return labels;
}

function readLabelsOutput(field: Field): LabelsOutput {
  const share = (item: Field) => item.number(0, 1);
  const aim = field.get('aim').oneOf(...LABEL_AIMS);
  const precision = field.get('precision').optional(share);
  if ((precision !== null) !== (aim === 'precision')) {
    field.refuse(
      `output.precision is ${precision === null ? 'null' : 'a number'} beside the aim ${aim}. ` +
        'Expected a number for the aim precision, else null.',
    );
  }
  return {
    kind: 'labels',
    activation: field.get('activation').oneOf('sigmoid'),
    thresholds: field.get('thresholds').list(share),
    aim,
    precision,
  };
}

/** The preprocessing that turns any picture into this model's input. */
export function imageSpecOf(metadata: Metadata): ImageSpec {
  const [height, width] = metadata.inputShape;
  const { fit, resample, background } = metadata.preprocessing;
  return { height, width, colorMode: metadata.colorMode, fit, resample, background };
}

/**
 * Compares the metadata with what `model.json` keeps for itself in `userDefinedMetadata.kerasport`.
 * That file is covered by a hash and metadata.json is not, so this is how class names in another
 * order, or another scaling, are noticed.
 *
 * @param model - the root of `model.json`.
 * @throws {@link KerasportError} `bundle-damaged`.
 */
export function checkInterface(model: Field, metadata: Metadata): void {
  const own = model
    .get('userDefinedMetadata')
    .optional((field) => field.get('kerasport').optional((kept) => kept));
  if (!own) return; // written by another program
  const expected = {
    classNames: own.get('classNames').list((name) => name.text()),
    inputShape: own.get('inputShape').list((side) => side.integer(1)),
    colorMode: own.get('colorMode').text(),
    rescaling: readRescaling(own.get('rescaling')),
    preprocessing: readPreprocessing(own.get('preprocessing')),
    output: own.get('output').optional(readLabelsOutput),
  };
  // Of the output it keeps that of several labels only.
  const { output } = metadata;
  const said = { ...metadata, output: output.kind === 'labels' ? output : null };
  for (const field of Object.keys(expected) as (keyof typeof expected)[]) {
    const [found, kept] = [said[field], expected[field]].map((value) => JSON.stringify(value));
    if (found === kept) continue;
    throw new KerasportError(
      'bundle-damaged',
      `'${METADATA_FILE}' does not belong to the model: ${field} is ${shortened(found)}, but the ` +
        `model was exported with ${shortened(kept)}. Export the model again.`,
    );
  }
}

/** A thousand class names would hide the rest of the message. */
function shortened(text: string): string {
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}...`;
}

/**
 * Refuses a model that does not give one probability for each of `classes` names.
 *
 * @throws {@link KerasportError} `bundle-damaged`.
 */
export function checkClassCount(probabilities: number, classes: number): void {
  checkAnswer([probabilities], classes);
}

/** The same for an answer of any shape. */
export function checkAnswer(shape: readonly number[], classes: number): void {
  if (shape.length === 1 && shape[0] === classes) return;
  throw new KerasportError(
    'bundle-damaged',
    `The model gives ${dimensions(shape)} probabilities for ${classes} class names. Expected one for ` +
      'each. Export the model again.',
  );
}

/**
 * The answer, where it is one.
 *
 * @throws {@link KerasportError} `inference-failed`.
 */
export function finite(probabilities: Float32Array): Float32Array {
  if (probabilities.every(Number.isFinite)) return probabilities;
  throw new KerasportError(
    'inference-failed',
    "The model's answer holds values that are not finite numbers. Expected probabilities. Export " +
      'the model again.',
    { kind: 'not-finite' },
  );
}

/** Refuses a model that takes other pictures than the metadata says. */
export function checkInputShape(received: readonly number[], expected: readonly number[]): void {
  if (dimensions(received) === dimensions(expected)) return;
  throw new KerasportError(
    'bundle-damaged',
    `The model in ${MODEL_FILE} takes ${dimensions(received)}. Expected ${dimensions(expected)}, as ` +
      `in ${METADATA_FILE}. The files are from different exports: export the model again.`,
  );
}

/** The samples in a `samples/samples.json`, for a model with `classNames` and these `files`. */
export function readSamples(
  bytes: Uint8Array,
  classNames: readonly string[],
  files: readonly FileEntry[],
): Sample[] {
  const root = readJson(SAMPLES_FILE, bytes);
  const listed = new Set(files.map(({ path }) => path));
  return root.get('samples').list((sample) => {
    const readListed = (field: Field) => {
      const path = field.path();
      return listed.has(path) ? path : field.fail(`a file that ${METADATA_FILE} lists`);
    };
    const readAnswer = (field: Field) => {
      const answer = field.list((value) => value.number(0, 1));
      return answer.length === classNames.length
        ? answer
        : field.fail(`${classNames.length} numbers, one per class`);
    };
    return {
      file: readListed(sample.get('file')),
      label: sample.get('label').optional((label) => label.text()),
      labels: sample.get('labels').optional((labels) => labels.list((label) => label.text())),
      probabilities: readAnswer(sample.get('probabilities')),
      floatProbabilities: sample.get('floatProbabilities').optional(readAnswer),
      pixelsSha256: sample.get('pixelsSha256').sha256(),
    };
  });
}

function readRescaling(field: Field): Rescaling {
  const perChannel = (value: Field) =>
    Array.isArray(value.value) ? value.list((item) => item.number()) : value.number();
  return {
    scale: perChannel(field.get('scale')),
    offset: perChannel(field.get('offset')),
    place: field.get('place').oneOf('inside the model'),
  };
}

function readQuantization(field: Field): Quantization {
  return {
    weights: readWeightType(field.get('weights')),
    agreement: field.get('agreement').optional(readAgreement),
    search: field.get('search').optional((search) => ({
      pictures: search.get('pictures').text(),
      maxAccuracyDrop: search.get('maxAccuracyDrop').number(0),
      trials: search.get('trials').list((trial) => ({
        ...readAgreement(trial),
        weights: readWeightType(trial.get('weights')),
        noiseLimit: trial.get('noiseLimit').nullable((limit) => limit.number()),
        bytes: trial.get('bytes').integer(0),
        gzipBytes: trial.get('gzipBytes').integer(0),
        accuracy: trial.get('accuracy').number(0, 1),
        chosen: trial.get('chosen').boolean(),
      })),
    })),
  };
}

function readWeightType(field: Field) {
  return field.oneOf(...WEIGHT_TYPES);
}

function readAgreement(field: Field): FloatAgreement {
  return {
    pictures: field.get('pictures').integer(1),
    top1Agreement: field.get('top1Agreement').number(0, 1),
    maxAbsoluteDifference: field.get('maxAbsoluteDifference').number(0, 1),
  };
}

function readRounding(field: Field): FloatRounding {
  return {
    pictures: field.get('pictures').integer(1),
    keras: field.get('keras').number(0, 1),
    bundle: field.get('bundle').number(0, 1),
    tolerance: field.get('tolerance').number(SMALLEST_TOLERANCE, LARGEST_TOLERANCE),
    limit: field.get('limit').optional((limit) => limit.text()),
  };
}

function readWinograd(field: Field): Winograd {
  return {
    tiles: field.get('tiles').dictionary((tile) => {
      const side = tile.integer(2, 4);
      return side === 2 || side === 4 ? side : tile.fail('2 or 4');
    }),
    rounding: field.get('rounding').number(0, 1),
  };
}

function readNovelty(field: Field): Novelty {
  const quantiles = field.get('quantiles').list((distance) => distance.number(0));
  const isAscending = quantiles.every((distance, i) => i === 0 || quantiles[i - 1] <= distance);
  if (quantiles.length < 2 || quantiles.length > MAX_QUANTILES || !isAscending) {
    field.get('quantiles').fail('distances in ascending order');
  }
  return {
    layer: field.get('layer').text(),
    features: field.get('features').integer(1, MAX_FEATURES),
    axes: field.get('axes').integer(1, MAX_AXES),
    centers: field.get('centers').integer(1, MAX_CENTERS),
    pictures: field.get('pictures').integer(1),
    quantiles,
    threshold: field.get('threshold').number(0, 1),
  };
}

function readPreprocessing(field: Field): Preprocessing {
  const background = field.get('background').list((level) => level.integer(0, 255));
  if (background.length !== 3) field.get('background').fail('three numbers: red, green, blue');
  return {
    orientation: field.get('orientation').oneOf('exif'),
    colorProfile: field.get('colorProfile').oneOf('ignored'),
    background: [background[0], background[1], background[2]],
    fit: field.get('fit').oneOf(...FITS),
    resample: field.get('resample').oneOf(...RESAMPLES),
  };
}

function readTraining(field: Field, classes: number): Training {
  const counts = (split: string) => {
    const found = field
      .get('counts')
      .get(split)
      .list((item) => item.integer(0));
    if (found.length !== classes) {
      field.refuse(
        `training.counts.${split} has ${found.length} numbers for ${classes} class names. ` +
          'Expected one for each.',
      );
    }
    return found;
  };
  return {
    recipe: field.get('recipe').text(),
    architecture: field.get('architecture').text(),
    dataFingerprint: field.get('dataFingerprint').sha256(),
    counts: {
      train: counts('train'),
      validation: counts('validation'),
      test: counts('test'),
    },
    seed: field.get('seed').integer(),
    epochs: field.get('epochs').integer(0),
    bestEpoch: field.get('bestEpoch').integer(0),
    date: field.get('date').text(),
    versions: field.get('versions').dictionary((version) => version.text()),
  };
}

function readMetrics(field: Field): Metrics {
  const share = (item: Field) => item.number(0, 1);
  return {
    testAccuracy: field.get('testAccuracy').nullable(share),
    testPictures: field.get('testPictures').integer(0),
    validationAccuracy: field.get('validationAccuracy').nullable(share),
    expectedCalibrationError: field.get('expectedCalibrationError').optional(share),
    labels: field.get('labels').optional(readLabelMetrics),
    method: field.get('method').text(),
  };
}

function readLabelMetrics(field: Field): LabelMetrics {
  const share = (item: Field) => item.number(0, 1);
  return {
    meanAveragePrecision: field.get('meanAveragePrecision').nullable(share),
    macroF1: field.get('macroF1').nullable(share),
    microF1: field.get('microF1').nullable(share),
    exactMatch: field.get('exactMatch').nullable(share),
  };
}

function readCalibration(field: Field): Calibration {
  const temperature = field.get('temperature').number(0);
  if (temperature === 0) field.get('temperature').fail('a number above 0');
  return {
    temperature,
    method: field.get('method').oneOf(...CALIBRATION_METHODS),
    eceBefore: field.get('eceBefore').number(0, 1),
    eceAfter: field.get('eceAfter').number(0, 1),
  };
}

function readFileEntry(field: Field): FileEntry {
  return {
    path: field.get('path').path(),
    bytes: field.get('bytes').integer(0),
    sha256: field.get('sha256').sha256(),
  };
}

function readOtherFormat(field: Field): OtherFormat {
  return {
    format: field.get('format').text(),
    files: field.get('files').list(readFileEntry),
    agreement: field
      .get('agreement')
      .nullable((found) => ({ ...readAgreement(found), runtime: found.get('runtime').text() })),
  };
}

function isOlder(version: string, minimum: string): boolean {
  const [have, need] = [version, minimum].map((text) => text.split('.').map(Number.parseFloat));
  for (let part = 0; part < 3; part++) {
    if ((have[part] ?? 0) !== (need[part] ?? 0)) return (have[part] ?? 0) < (need[part] ?? 0);
  }
  return false;
}
