/** `<image-classifier>` in Vue's templates: `import type {} from 'kerasport/element/vue'`, once. */

import type { HTMLAttributes } from 'vue';
import type {
  ImageClassifierAttributes,
  ImageClassifierElement,
  ImageClassifierEventMap,
} from './kerasport-element.js';

/** Vue looks for attributes by names without hyphens. */
type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

type Properties = {
  [Name in keyof ImageClassifierAttributes as Camel<Name>]: ImageClassifierAttributes[Name];
};

declare module 'vue' {
  interface GlobalComponents {
    'image-classifier': new () => ImageClassifierElement & {
      $props: HTMLAttributes &
        Properties & {
          onClassification?: (event: ImageClassifierEventMap['classification']) => void;
          onClassificationerror?: (event: ImageClassifierEventMap['classificationerror']) => void;
          onModelload?: (event: ImageClassifierEventMap['modelload']) => void;
          onModelprogress?: (event: ImageClassifierEventMap['modelprogress']) => void;
        };
    };
  }
}
