// Generated from python/kerasport/bundle/schemas by `npm run generate`. Do not edit.

/**
 * `metadata.json`: everything a front end needs besides the model's own files.
 */
export interface Metadata {
  calibration: Calibration | null;
  /**
   * One name per output, in the order of the outputs.
   */
  classNames: string[];
  colorMode: "rgb" | "grayscale";
  /**
   * Probability from which on the best class can be relied upon: at least 95 % of the validation pictures that reach it are answered rightly; never below 0.5. Below it an answer is 'not sure'. Null where there is no such probability.
   */
  confidenceThreshold: number | null;
  /**
   * Every file but metadata.json, model.js (made of the others), parity.json (written later by verify) and those of other formats.
   */
  files: FileEntry[];
  /**
   * What float32 adds to the answers; null in bundles of earlier versions.
   */
  floatRounding: FloatRounding | null;
  /**
   * 2 of a model of several labels, else 1.
   */
  formatVersion: number;
  /**
   * Range of the float32 values that the model expects.
   *
   * @minItems 2
   * @maxItems 2
   */
  inputRange: [0, 255];
  /**
   * Height, width, channels.
   *
   * @minItems 3
   * @maxItems 3
   */
  inputShape: [number, number, 1 | 3];
  kerasportVersion: string;
  /**
   * Names of layers in model.json -> the model's own, of those that had to be renamed because TensorFlow.js does not take them; null where none had.
   */
  layerNames: {
    [k: string]: string;
  } | null;
  metrics: Metrics | null;
  minimumTfjsVersion: string;
  name: string;
  /**
   * How far a picture is from those of the training; null where that was not measured, and in files of earlier versions.
   */
  novelty: Novelty | null;
  /**
   * The same model for other runtimes; null where none was asked for, and in bundles of earlier versions.
   */
  otherFormats: OtherFormat[] | null;
  output: ProbabilitiesOutput | LabelsOutput;
  preprocessing: Preprocessing;
  quantization: Quantization;
  rescaling: Rescaling;
  training: Training | null;
  /**
   * What a reader may compute by Winograd's way; null where nothing is worth it or rounds too much, and in bundles of earlier versions.
   */
  winograd: Winograd | null;
}
/**
 * How the probabilities were made to say how often the model is right.
 */
export interface Calibration {
  /**
   * Expected calibration error on the validation pictures, with the temperature.
   */
  eceAfter: number;
  /**
   * Expected calibration error on the validation pictures, as trained.
   */
  eceBefore: number;
  /**
   * How the temperature was found: fitted on the validation pictures (Guo et al. 2017), or not at all, then it is 1; so it is with Platt scaling, where the logit of each label got a factor and a summand of its own, in the weights too.
   */
  method: "none" | "temperature scaling" | "Platt scaling";
  /**
   * What the logits were divided by. The weights hold it already: nothing is left to be done with it.
   */
  temperature: number;
}
/**
 * One file of the bundle, by its path relative to `metadata.json`.
 */
export interface FileEntry {
  bytes: number;
  path: string;
  sha256: string;
}
/**
 * What computing in float32 adds to the probabilities, measured while exporting.
 *
 * The original and the exported layers were compared in float64 before, where they are the same.
 */
export interface FloatRounding {
  /**
   * Largest difference between the files, run in numpy, in float32 and in float64.
   */
  bundle: number;
  /**
   * Largest difference between the original in float32 and in float64.
   */
  keras: number;
  /**
   * Why the original was not compared in float64; null where it was.
   */
  limit: string | null;
  pictures: number;
  /**
   * How far a probability may be off from Keras on another backend: four times `keras`, at least 1e-5; GPU backends may always be off by 1e-4.
   */
  tolerance: number;
}
/**
 * How good the model is, and how that was found.
 */
export interface Metrics {
  /**
   * Mean distance between probability and accuracy on the test pictures, over 15 bins (Guo et al. 2017); null where it was not measured.
   */
  expectedCalibrationError: number | null;
  /**
   * Of a model of several labels, whose accuracy is null; null of all others.
   */
  labels: LabelMetrics | null;
  /**
   * How the test accuracy was obtained, in one sentence.
   */
  method: string;
  testAccuracy: number | null;
  testPictures: number;
  validationAccuracy: number | null;
}
/**
 * How good a model of several labels is, on the test pictures.
 */
export interface LabelMetrics {
  /**
   * Share of pictures for which exactly the true labels hold.
   */
  exactMatch: number | null;
  /**
   * Mean over the labels of F1, with the thresholds of the output.
   */
  macroF1: number | null;
  /**
   * Mean over the labels of the area under precision and recall.
   */
  meanAveragePrecision: number | null;
  /**
   * F1 of all labels of all pictures together, with the same thresholds.
   */
  microF1: number | null;
}
/**
 * How far a picture is from those that the model was trained on, by its features.
 *
 * The features are the values that the last dense layer takes. `novelty.bin` holds what their
 * distance is computed from; docs/novelty.md has the formula.
 */
export interface Novelty {
  /**
   * Directions in which distances are measured each for itself.
   */
  axes: number;
  /**
   * Points of which the nearest one counts: the means of the classes.
   */
  centers: number;
  /**
   * Values of one picture.
   */
  features: number;
  /**
   * Dense layer whose input are the features; by its name in model.json in a bundle, in model.keras in a run.
   */
  layer: string;
  /**
   * Validation pictures that the quantiles were taken from.
   */
  pictures: number;
  /**
   * Distances of the validation pictures, ascending: the least, so on in equal shares, the largest. Where among them a distance lies is its novelty, 0..1.
   *
   * @maxItems 1001
   */
  quantiles: number[];
  /**
   * Novelty up to which a picture is familiar: the share of validation pictures that are.
   */
  threshold: number;
}
/**
 * The same model for another runtime, in a folder of the bundle.
 */
export interface OtherFormat {
  /**
   * On the samples and on made-up pictures; null where its runtime was not installed when it was exported.
   */
  agreement: FormatAgreement | null;
  /**
   * Its files, the model first. They are in no script, and a copy of the bundle may leave them out.
   */
  files: FileEntry[];
  /**
   * As `kerasport export --also` calls it.
   */
  format: string;
}
/**
 * How close a runtime's answers from a file of another format are to the bundle's own.
 */
export interface FormatAgreement {
  /**
   * Largest difference of a probability.
   */
  maxAbsoluteDifference: number;
  pictures: number;
  /**
   * What ran the file while exporting: `onnxruntime 1.32.0`.
   */
  runtime: string;
  /**
   * Share of pictures with the same best class; of several labels, with the same ones held.
   */
  top1Agreement: number;
}
/**
 * The model chooses one class of several: probabilities that sum to 1.
 */
export interface ProbabilitiesOutput {
  /**
   * Last activation in the model.
   */
  activation: "softmax" | "sigmoid";
  kind: "probabilities";
}
/**
 * Each class is a label that holds or not, whatever the others do: no one of them wins.
 *
 * A label holds where its probability reaches its threshold, both as float32.
 */
export interface LabelsOutput {
  /**
   * Last activation in the model.
   */
  activation: "sigmoid";
  /**
   * What the thresholds were chosen for on the validation pictures: the best F1 of each label, or a precision to keep; unknown where nobody chose.
   */
  aim: "f1" | "precision" | "unknown";
  kind: "labels";
  /**
   * The precision to keep, where that was the aim.
   */
  precision: number | null;
  /**
   * One per class name, in their order. A label holds where its probability is at least this number rounded to float32.
   */
  thresholds: number[];
}
/**
 * How a picture file becomes the model's uint8 input, step by step.
 */
export interface Preprocessing {
  /**
   * RGB colour under transparent pixels and around a padded picture.
   *
   * @minItems 3
   * @maxItems 3
   */
  background: [number, number, number];
  /**
   * Embedded colour profiles are not applied.
   */
  colorProfile: "ignored";
  /**
   * stretch: both sides independently; crop: centre crop to the target's aspect ratio; pad: whole picture on the background.
   */
  fit: "stretch" | "crop" | "pad";
  /**
   * The EXIF orientation is applied.
   */
  orientation: "exif";
  /**
   * Antialiased resampling filter, in Pillow's fixed-point arithmetic.
   */
  resample: "nearest" | "bilinear" | "bicubic" | "lanczos";
}
/**
 * How the weights are stored on disk. They are float32 once loaded.
 */
export interface Quantization {
  /**
   * Against the float32 weights, on the samples; null where they are stored.
   */
  agreement: FloatAgreement | null;
  search: QuantizationSearch | null;
  /**
   * Type asked for. The manifest in model.json has the type of each weight: small and sensitive ones have more bits.
   */
  weights: "float32" | "float16" | "uint16" | "uint8";
}
/**
 * How close the stored weights answer to the float32 weights they were made from.
 */
export interface FloatAgreement {
  /**
   * Largest difference of a probability.
   */
  maxAbsoluteDifference: number;
  pictures: number;
  /**
   * Share of pictures with the same best class; of several labels, with the same ones held.
   */
  top1Agreement: number;
}
/**
 * How the type of the weights was chosen by measuring.
 */
export interface QuantizationSearch {
  /**
   * Accuracy, in percentage points, that could be lost.
   */
  maxAccuracyDrop: number;
  /**
   * Which labelled pictures were measured on.
   */
  pictures: string;
  trials: QuantizationTrial[];
}
/**
 * One way of storing the weights, measured.
 */
export interface QuantizationTrial {
  /**
   * Share of right answers; of labels, mean of their F1.
   */
  accuracy: number;
  /**
   * Of model.json and the weight files.
   */
  bytes: number;
  /**
   * Whether the bundle holds this one.
   */
  chosen: boolean;
  /**
   * The same, each file gzipped.
   */
  gzipBytes: number;
  /**
   * Largest difference of a probability.
   */
  maxAbsoluteDifference: number;
  /**
   * Kernels with more rounding noise in uint8 were given uint16.
   */
  noiseLimit: number | null;
  pictures: number;
  /**
   * Share of pictures with the same best class; of several labels, with the same ones held.
   */
  top1Agreement: number;
  weights: "float32" | "float16" | "uint16" | "uint8";
}
/**
 * The scaling that the model applies to its own input: `x * scale + offset`.
 */
export interface Rescaling {
  /**
   * Summand, for all channels or one per channel.
   */
  offset: number | number[];
  /**
   * The model holds this layer: give it pixels of 0 to 255, never scaled ones.
   */
  place: "inside the model";
  /**
   * Factor, for all channels or one per channel.
   */
  scale: number | number[];
}
/**
 * Where the weights come from.
 */
export interface Training {
  architecture: string;
  /**
   * Epoch, counted from 1, whose weights were kept.
   */
  bestEpoch: number;
  counts: Counts;
  /**
   * SHA-256 over every picture's content hash, class and split, sorted.
   */
  dataFingerprint: string;
  /**
   * UTC day on which the training ended, YYYY-MM-DD.
   */
  date: string;
  /**
   * Epochs that were run.
   */
  epochs: number;
  recipe: string;
  seed: number;
  versions: Versions;
}
/**
 * Number of pictures per class, in the order of `classNames`.
 */
export interface Counts {
  test: number[];
  train: number[];
  validation: number[];
}
/**
 * Version of each package that took part.
 */
export interface Versions {
  [k: string]: string;
}
/**
 * Which convolutions may be computed by Winograd's way, measured while exporting.
 *
 * Tiles of 4 x 4 outputs need a quarter of the products, those of 2 x 2 four ninths, and both
 * round more than plain sums do. Plain sums are always right too.
 */
export interface Winograd {
  /**
   * Largest difference between the files, run in numpy that way, in float32 and in float64.
   */
  rounding: number;
  tiles: Tiles;
}
/**
 * Conv2D layers of 3 x 3 with strides of 1 and without dilation -> side of the tiles of outputs that they may be computed in. All others are plain sums.
 */
export interface Tiles {
  [k: string]: 2 | 4;
}
/**
 * `samples/samples.json`: pictures by which any consumer can check itself.
 */
export interface Samples {
  samples: Sample[];
}
/**
 * A picture in the bundle with what Keras answered for it.
 */
export interface Sample {
  /**
   * Path relative to metadata.json.
   */
  file: string;
  /**
   * Keras' answer before the weights were quantised; null where they are not.
   */
  floatProbabilities: number[] | null;
  /**
   * True class, where known; null beside labels.
   */
  label: string | null;
  /**
   * True labels of a model of several, none or more of them; null where they are not known, and of a model that chooses one class.
   */
  labels: string[] | null;
  /**
   * SHA-256 of the uint8 pixels after preprocessing, row by row, channels last.
   */
  pixelsSha256: string;
  /**
   * Keras' float32 answer, in the order of classNames. Where the weights are quantised, the answer of the weights as they are stored.
   */
  probabilities: number[];
}
