/** `<image-classifier>` in Svelte: `import type {} from 'kerasport/element/svelte'`, once. */

import type { HTMLAttributes } from 'svelte/elements';
import type {
  ImageClassifierAttributes,
  ImageClassifierElement,
  ImageClassifierEventMap,
} from './kerasport-element.js';

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'image-classifier': HTMLAttributes<ImageClassifierElement> &
      ImageClassifierAttributes & {
        onclassification?: (event: ImageClassifierEventMap['classification']) => void;
        onclassificationerror?: (event: ImageClassifierEventMap['classificationerror']) => void;
        onmodelload?: (event: ImageClassifierEventMap['modelload']) => void;
        onmodelprogress?: (event: ImageClassifierEventMap['modelprogress']) => void;
      };
  }
}
