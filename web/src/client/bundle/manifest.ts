/** Whether a `weightsManifest` and the files agree, before one is read: `manifest.py`'s twin. */

import { MAX_LAYER_VALUES, MAX_WEIGHT_VALUES } from '../constants.generated.js';
import { dimensions, type Field, product } from './fields.js';

/** Bytes of a value by the type that it is stored in. */
const BYTES = { float32: 4, float16: 2, uint16: 2, uint8: 1 };

const MAX_RANK = 6;

/**
 * The shapes of all weights by name.
 *
 * @param sizes - bytes of the files that `metadata.json` lists, by path.
 */
export function readManifest(
  manifest: Field,
  sizes: ReadonlyMap<string, number>,
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const named = new Set<string>();
  let values = 0;
  for (const group of manifest.items()) {
    const paths = group.get('paths').items();
    const names = paths.map((path) => path.path());
    let held = 0;
    for (const [index, path] of paths.entries()) {
      if (named.has(names[index])) path.fail('each file once');
      held += sizes.get(names[index]) ?? path.fail('a file that metadata.json lists');
      named.add(names[index]);
    }
    const files = names.join(', ');
    let needed = 0;
    for (const weight of group.get('weights').items()) {
      const name = weight.get('name').text();
      if (shapes.has(name)) weight.get('name').fail('each weight once');
      const sides = weight.get('shape').list((side) => side.integer(1, MAX_LAYER_VALUES));
      if (sides.length > MAX_RANK) weight.get('shape').fail(`at most ${MAX_RANK} sides`);
      values += product(sides);
      const shown = weight.get('name').shown();
      if (values > MAX_WEIGHT_VALUES) {
        weight
          .get('shape')
          .refuse(
            `with the weight ${shown} of ${dimensions(sides)} values there are more than ` +
              `${MAX_WEIGHT_VALUES}. Expected fewer.`,
          );
      }
      needed += product(sides) * BYTES[storedType(weight)];
      if (needed > held) {
        manifest.refuse(
          `the weights end before ${shown} is complete. Expected at least ${needed} bytes in ` +
            `${files}, received ${held}.`,
        );
      }
      shapes.set(name, sides);
    }
    if (needed !== held) {
      manifest.refuse(
        `the weights have ${held} bytes in ${files}. Expected ${needed}: the files and the ` +
          'manifest are of different models.',
      );
    }
  }
  return shapes;
}

function storedType(weight: Field): keyof typeof BYTES {
  const dtype = weight.get('dtype');
  if (dtype.value !== 'float32') dtype.fail('float32, or fewer bits that stand for it');
  const kept = weight.get('quantization').optional((quantization) => {
    const kind = quantization.get('dtype').oneOf('float16', 'uint16', 'uint8');
    for (const key of ['scale', 'min']) {
      const setting = quantization.get(key);
      if (kind !== 'float16') setting.number();
      else if (setting.value !== undefined) setting.fail('nothing beside float16');
    }
    return kind;
  });
  return kept ?? 'float32';
}
