import 'kerasport/element';
import type {} from 'kerasport/element/react';
import { useRef } from 'react';

type Element = HTMLElementTagNameMap['image-classifier'];

export function Right() {
  const element = useRef<Element>(null);
  return (
    <image-classifier
      ref={element}
      model="/model/"
      top-k={2}
      label="Bild"
      loading="eager"
      capture="environment"
      worker-url="/worker.js"
      disabled
      className="own"
      onmodelload={({ detail }) => detail.classNames.join()}
      onmodelprogress={({ detail }) => detail.fraction.toFixed()}
      onclassification={({ detail }) => detail.predictions[0]?.className.trim()}
    />
  );
}

// @ts-expect-error: the address is a text
export const wrong = <image-classifier model={5} />;
