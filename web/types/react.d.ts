/** `<image-classifier>` in JSX: `import type {} from 'kerasport/element/react'`, once. */

import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type {
  ImageClassifierAttributes,
  ImageClassifierElement,
  ImageClassifierEventMap,
} from './kerasport-element.js';

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'image-classifier': DetailedHTMLProps<
        HTMLAttributes<ImageClassifierElement>,
        ImageClassifierElement
      > &
        ImageClassifierAttributes & {
          /** From React 19 on; with older ones, add a listener to a `ref`. */
          onclassification?: (event: ImageClassifierEventMap['classification']) => void;
          onclassificationerror?: (event: ImageClassifierEventMap['classificationerror']) => void;
        };
    }
  }
}
