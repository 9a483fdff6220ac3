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
          /** From React 19 on, and not where a server rendered it: there, listen in an effect. */
          onclassification?: (event: ImageClassifierEventMap['classification']) => void;
          onclassificationerror?: (event: ImageClassifierEventMap['classificationerror']) => void;
          onmodelload?: (event: ImageClassifierEventMap['modelload']) => void;
          onmodelprogress?: (event: ImageClassifierEventMap['modelprogress']) => void;
        };
    }
  }
}
