/**
 * kerasport's client library: run an exported Keras image classifier in the browser, with the same
 * answers as in Python.
 *
 * @packageDocumentation
 */

export type { BackendChoice, BackendName } from './backend.js';
export type { ReadPixels } from './bitmap-pixels.js';
export type { BundleSource } from './bundle.js';
export type {
  Classification,
  Classifier,
  LoadOptions,
  Prediction,
  SamplePicture,
  SelfTest,
} from './classifier.js';
export { loadClassifier } from './classifier.js';
export { tfjsVersion } from './engine.js';
export { KerasportError, type KerasportErrorCode } from './errors.js';
export { type ImageSource, preprocessImage, type RawPixels, readPixels } from './image-source.js';
export type { Metadata, Sample } from './metadata.generated.js';
export type { ImageSpec, ModelInput, Pixels } from './preprocess.js';
export { version } from './version.js';
