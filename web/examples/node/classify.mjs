// node classify.mjs MODEL_FOLDER PICTURE...
import { KerasportError, loadClassifier } from 'kerasport';
import sharp from 'sharp';

/** The pixels as they are stored, upright: what the model was trained on. */
async function pixelsOf(file) {
  const { data, info } = await sharp(file, { ignoreIcc: true })
    .autoOrient()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data, width, height, channels };
}

const [folder, ...files] = process.argv.slice(2);
try {
  const classifier = await loadClassifier(folder);
  for (const file of files) {
    const { predictions, isSure } = await classifier.classify(await pixelsOf(file), { topK: 1 });
    const [{ className, probability }] = predictions;
    console.log(`${file}: ${isSure ? `${className} (${probability.toFixed(3)})` : 'not sure'}`);
  }
  classifier.dispose();
} catch (error) {
  if (!(error instanceof KerasportError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
