/**
 * kerasport's client library: run an exported Keras image classifier in the browser, with the same
 * answers as in Python.
 *
 * @packageDocumentation
 */

export type {
  AnswerOf,
  BackendChange,
  BackendTrial,
  BatchResult,
  Camera,
  CameraOptions,
  Classification,
  ClassifyManyOptions,
  ClassifyOptions,
  ExplainOptions,
  Explanation,
  ExplanationMethod,
  KeptResult,
  Label,
  LabelClassification,
  LoadedBytes,
  LoadOptions,
  LoadStage,
  MemoryUse,
  ModelClasses,
  Prediction,
  SamplePicture,
  SelfTest,
  TotalMemory,
  VideoClassification,
  WantedKind,
} from './api.js';
export type { BackendChoice } from './backends.js';
export type { Metadata, Sample } from './bundle/metadata.generated.js';
export type { BundleSource } from './bundle/source.js';
export type { Classifier, ClassifierOf, LabelClassifier } from './classifier.js';
export { loadClassifier } from './classifier.js';
export type { BackendName, OutputKind } from './constants.generated.js';
export { KerasportError, type KerasportErrorCode } from './errors.js';
export { preprocessImage, readPixels } from './page/cores/local.js';
export { openCamera } from './page/live/camera.js';
export type { Pixels } from './pictures/pixels.js';
export type { ImageSpec, ModelInput } from './preprocess/spec.js';
export type { ReadPixels } from './reading/bitmap-pixels.js';
export type { ImageSource, RawPixels } from './reading/sources.js';
export { formatShare } from './shares.js';
export { tfjsVersion, version } from './version.js';
