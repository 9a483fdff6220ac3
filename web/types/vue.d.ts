/** `<image-classifier>` in Vue's templates: `import type {} from 'kerasport/element/vue'`, once. */

import type { HTMLAttributes } from 'vue';
import type {
  ImageClassifierAttributes,
  ImageClassifierElement,
  ImageClassifierEventMap,
} from './kerasport-element.js';

declare module 'vue' {
  interface GlobalComponents {
    'image-classifier': new () => ImageClassifierElement & {
      $props: HTMLAttributes &
        ImageClassifierAttributes & {
          onClassification?: (event: ImageClassifierEventMap['classification']) => void;
          onClassificationerror?: (event: ImageClassifierEventMap['classificationerror']) => void;
        };
    };
  }
}
