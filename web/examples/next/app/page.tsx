import { loadClassifier } from 'kerasport';
import { connection } from 'next/server';
import { ClassifyPicture } from './classify-picture';

/** A server component: it runs the model in Node, and hands the choosing over to the browser. */
export default async function Page() {
  await connection();
  // The exported folder lies in public/model/.
  const classifier = await loadClassifier('public/model');
  const { passed } = await classifier.selfTest();
  classifier.dispose();
  return (
    <main>
      <p id="server">The server answers {passed ? 'like Keras' : 'otherwise'}.</p>
      <ClassifyPicture model="/model/" />
    </main>
  );
}
