'use client';

import { KerasportError } from 'kerasport';
import { type ChangeEvent, useState } from 'react';
import { useClassifier } from './use-classifier';

export function ClassifyPicture({ model }: { model: string }) {
  const { classifier, error } = useClassifier(model);
  const [answer, setAnswer] = useState('');

  async function choose({ target }: ChangeEvent<HTMLInputElement>) {
    const file = target.files?.[0];
    if (!file || !classifier) return;
    try {
      const { predictions, isSure } = await classifier.classify(file, { topK: 1 });
      const best = predictions[0];
      setAnswer(best && isSure ? `${best.className} (${best.probability.toFixed(3)})` : 'not sure');
    } catch (problem) {
      setAnswer(messageOf(problem));
    }
  }

  return (
    <>
      <label>
        Picture{' '}
        <input type="file" id="picture" accept="image/*" onChange={choose} disabled={!classifier} />
      </label>
      <p id="answer" role="status">
        {error === undefined ? answer : messageOf(error)}
      </p>
    </>
  );
}

function messageOf(error: unknown): string {
  if (error instanceof KerasportError) return error.message;
  throw error;
}
