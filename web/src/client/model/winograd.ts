/**
 * Which convolutions may be computed by Winograd's way, and whether metadata names only such: the twin
 * of `winograd.py`.
 */

import { Field } from '../bundle/fields.js';
import { METADATA_FILE } from '../constants.generated.js';
import { quote } from '../errors.js';
import type { LayerEntry } from './topology.js';

/** Rows and columns of the output that are computed from one tile. */
export type TileSide = 2 | 4;

/** Sides of the tiles of layers, by their names; of those that are not there, none. */
export type Tiles = Readonly<Record<string, TileSide>>;

/** The side of a layer's tiles. A layer may be called as what objects inherit. */
export function sideOf(tiles: Tiles | undefined, name: string): TileSide | undefined {
  return tiles && Object.hasOwn(tiles, name) ? tiles[name] : undefined;
}

/**
 * Checks that the metadata has names of convolutions that can be computed in tiles alone.
 *
 * @param layers - those of the model, their settings checked before.
 * @throws KerasportError `bundle-damaged`.
 */
export function checkTiles(tiles: Tiles, layers: readonly LayerEntry[]): void {
  const eligible = new Set(layers.filter(hasTiles).map(({ name }) => name));
  const field = new Field(METADATA_FILE, 'winograd.tiles', tiles);
  for (const name of Object.keys(tiles).sort()) {
    if (eligible.has(name)) continue;
    field.refuse(
      `${field.place} names ${quote(name)}. Expected a Conv2D of 3 x 3 with strides of 1 and ` +
        'without dilation.',
    );
  }
}

function hasTiles({ className, config }: LayerEntry): boolean {
  const isPairOf = (setting: unknown, side: number) =>
    (setting as readonly number[]).every((value) => value === side);
  return (
    className === 'Conv2D' &&
    isPairOf(config.kernel_size, 3) &&
    isPairOf(config.strides, 1) &&
    isPairOf(config.dilation_rate ?? [], 1)
  );
}
