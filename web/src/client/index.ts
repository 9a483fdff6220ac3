/**
 * kerasport's client library: run an exported Keras image classifier in the browser, with the same
 * answers as in Python.
 *
 * @packageDocumentation
 */

export type {
  BackendTrial,
  BatchResult,
  Classification,
  ClassifyManyOptions,
  ClassifyOptions,
  ExplainOptions,
  Explanation,
  ExplanationMethod,
  LoadOptions,
  LoadStage,
  MemoryUse,
  Prediction,
  SamplePicture,
  SelfTest,
} from './answers.js';
export type { BackendChoice, BackendName } from './backend.js';
export type { ReadPixels } from './bitmap-pixels.js';
export type { BundleSource } from './bundle.js';
export type { Classifier } from './classifier.js';
export { loadClassifier } from './classifier.js';
export { KerasportError, type KerasportErrorCode } from './errors.js';
export type { ImageSource, RawPixels } from './image-source.js';
export { preprocessImage, readPixels } from './local-core.js';
export type { Metadata, Sample } from './metadata.generated.js';
export type { ImageSpec, ModelInput, Pixels } from './preprocess.js';
export { tfjsVersion, version } from './version.js';
