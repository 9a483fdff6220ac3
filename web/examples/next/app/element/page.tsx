'use client';

import 'kerasport/element';
import type {} from 'kerasport/element/react';
import { useEffect, useRef, useState } from 'react';

export default function Page() {
  const element = useRef<HTMLElementTagNameMap['image-classifier']>(null);
  const [answer, setAnswer] = useState('');

  // React gives `onclassification` to elements that it makes, and not to those that the server made.
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    element.current?.addEventListener(
      'classification',
      ({ detail }) => setAnswer(detail.predictions[0]?.className ?? ''),
      { signal },
    );
    element.current?.addEventListener(
      'classificationerror',
      ({ detail }) => setAnswer(detail.message),
      { signal },
    );
    return () => stop.abort();
  }, []);

  return (
    <main>
      <image-classifier ref={element} model="/model/" top-k={3} />
      <p id="answer" role="status">
        {answer}
      </p>
    </main>
  );
}
