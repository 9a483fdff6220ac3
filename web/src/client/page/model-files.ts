/** Reads the model's own files out of a bundle. */

import { type Field, readJson } from '../bundle/fields.js';
import type { Folder, ReadOptions } from '../bundle/folder.js';
import { readManifest } from '../bundle/manifest.js';
import type { Metadata } from '../bundle/metadata.generated.js';
import { checkAnswer, checkInputShape, checkInterface, imageSpecOf } from '../bundle/metadata.js';
import { readVerified } from '../bundle/verified.js';
import { MODEL_FILE } from '../constants.generated.js';
import { type ModelPlan, planModel } from '../model/plan.js';
import { type Graph, graphOf, readTopology } from '../model/topology.js';
import { checkTiles } from '../model/winograd.js';
import type { ModelParts } from '../worker/core.js';

/** Refuses a model that cannot be run, or would cost too much, before its weights are read. */
function checkModel(
  root: Field,
  { files, classNames, inputShape, winograd }: Metadata,
): { graph: Graph; shapes: ModelPlan['shapes'] } {
  const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const weights = readManifest(root.get('weightsManifest'), sizes);
  const topology = readTopology(root.get('modelTopology'));
  const plan = planModel(topology, weights, MODEL_FILE);
  checkInputShape(plan.inputShape, inputShape);
  checkAnswer(plan.outputShape, classNames.length);
  if (winograd) checkTiles(winograd.tiles, topology.layers);
  return { graph: graphOf(topology), shapes: plan.shapes };
}

/**
 * The topology and the weights, in memory of their own: a worker can take the bytes over. They stay
 * in the pieces that the files are, because joining them would hold the page up. The topology is
 * checked; the weights are still being read, and each piece is compared with its hash before it is
 * given.
 *
 * @param onBytes - told how many more bytes are there.
 */
export async function readModel(
  folder: Folder,
  metadata: Metadata,
  { signal, onBytes }: Pick<ReadOptions, 'signal' | 'onBytes'> = {},
): Promise<ModelParts> {
  const { files, classNames, inputShape } = metadata;
  const options = { signal, onBytes };
  const root = readJson(MODEL_FILE, await readVerified(folder, MODEL_FILE, files, options));
  root.get('format').oneOf('layers-model');
  checkInterface(root, metadata);
  const { graph, shapes } = checkModel(root, metadata);
  const object = (field: Field) =>
    typeof field.value === 'object' && field.value !== null ? field.value : field.fail('an object');
  const groups = root.get('weightsManifest').list((group) => ({
    paths: group.get('paths').list((path) => path.path()),
    weights: group.get('weights').list(object),
  }));
  const paths = groups.flatMap((group) => group.paths);
  signal?.throwIfAborted();
  const weightData = paths.map(
    async (path) => (await readVerified(folder, path, files, options)).buffer as ArrayBuffer,
  );
  // Whoever waits for a piece hears of its failure; nobody may wait for all of them.
  for (const piece of weightData) piece.catch(() => {});
  return {
    graph,
    weightSpecs: groups.flatMap((group) => group.weights),
    weightData,
    inputShape,
    shapes,
    spec: imageSpecOf(metadata),
    classes: classNames.length,
    ...(metadata.winograd && { winograd: metadata.winograd.tiles }),
    ...(metadata.output.kind === 'labels' && { ofLabels: true }),
  };
}
