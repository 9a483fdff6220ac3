/** Which library this is, and which TensorFlow.js it holds. */

import { version as tfjs } from '@tensorflow/tfjs-core/dist/version.js';
import { version as packageVersion } from '../../package.json';

/** Version of this library. */
export const version: string = packageVersion;

/** Version of TensorFlow.js inside this library. */
export const tfjsVersion: string = tfjs;
