import { type Classifier, loadClassifier } from 'kerasport';
import { useEffect, useState } from 'react';

/** The classifier behind an address once it is loaded, or the error; freed with the component. */
export function useClassifier(model: string): { classifier?: Classifier; error?: unknown } {
  const [loaded, setLoaded] = useState<{ classifier?: Classifier; error?: unknown }>({});

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    let own: Classifier | undefined;
    loadClassifier(model, { signal }).then(
      (classifier) => {
        own = classifier;
        if (signal.aborted) classifier.dispose();
        else setLoaded({ classifier });
      },
      (error: unknown) => {
        if (!signal.aborted) setLoaded({ error });
      },
    );
    return () => {
      stop.abort();
      own?.dispose();
    };
  }, [model]);

  return loaded;
}
