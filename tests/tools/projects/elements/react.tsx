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
      className="own"
      onclassification={({ detail }) => detail.predictions[0]?.className.trim()}
    />
  );
}

// @ts-expect-error: the address is a text
export const wrong = <image-classifier model={5} />;
