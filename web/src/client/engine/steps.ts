/** What is computed in one run each: layers, until some are joined. */

import type { ActivationName } from '../constants.generated.js';
import type { Config, Graph, GraphLayer } from '../model/topology.js';
import type { Ending } from './epilogue.js';
import type { ComputedLayer, Frame } from './layers.js';

/** A layer, with others that are computed along with it. */
export interface Step {
  /** Of the last layer that it computes. */
  readonly name: string;
  /** Of the layer whose weights it has. */
  readonly weights: string;
  readonly className: ComputedLayer;
  readonly config: Config;
  readonly inputs: readonly string[];
  readonly activation: Ending;
  /** A layer whose output is added before the activation. */
  readonly added?: string;
  /** Added around the input before anything else. */
  readonly frame?: Frame;
  /** Takes the picture's bytes as they come. */
  readonly ofBytes?: true;
  /** A concatenation whose first channels are its output. */
  readonly within?: string;
  /** Steps before it, and itself, that are computed by strips of rows. */
  readonly block?: Block;
}

/** A depthwise layer, and convolutions of single places before and behind it. */
export interface Block {
  readonly expand?: Step;
  readonly depthwise: Step;
  readonly project?: Step;
}

/** Every layer by itself. */
export function stepsOf({ layers }: Graph): Step[] {
  return layers.slice(1).map(stepOf);
}

function stepOf({ name, className, config, inputs }: GraphLayer): Step {
  const activation = (config.activation ?? 'linear') as ActivationName;
  return { name, weights: name, className: className as ComputedLayer, config, inputs, activation };
}

/** Steps at their places in the order, and who reads what. */
export class Steps {
  readonly #named = new Map<string, Step>();
  readonly #places = new Map<string, number>();
  readonly #readers = new Map<string, Set<string>>();
  readonly #kept: ReadonlySet<string | undefined>;

  constructor(steps: readonly Step[], kept: readonly (string | undefined)[]) {
    this.#kept = new Set(kept);
    for (const [place, step] of steps.entries()) this.#put(step, place);
  }

  all(): Step[] {
    return [...this.#named.values()].sort((a, b) => this.place(a.name) - this.place(b.name));
  }

  named(name: string | undefined): Step | undefined {
    return name === undefined ? undefined : this.#named.get(name);
  }

  /** Where a step is in the order; the input of the model is there before everything. */
  place(name: string): number {
    return this.#places.get(name) ?? -1;
  }

  /** The only step that reads what a layer gives, where nobody else wants it. */
  behind(name: string): Step | undefined {
    const [reader, other] = this.#readers.get(name) ?? [];
    const next = this.named(reader);
    if (this.#kept.has(name) || other !== undefined) return undefined;
    return next?.inputs.filter((input) => input === name).length === 1 ? next : undefined;
  }

  /** Puts one step in the place of two, at that of the first. */
  join(stays: Step, goes: Step, joined: Step): Step {
    this.remove(goes);
    return this.replace(stays, joined);
  }

  replace(step: Step, other: Step): Step {
    const place = this.place(step.name);
    this.remove(step);
    this.#put(other, place);
    return other;
  }

  remove(step: Step): void {
    this.#named.delete(step.name);
    this.#places.delete(step.name);
    for (const source of sourcesOf(step)) this.#readers.get(source)?.delete(step.name);
  }

  #put(step: Step, place: number): void {
    this.#named.set(step.name, step);
    this.#places.set(step.name, place);
    for (const source of sourcesOf(step)) {
      const readers = this.#readers.get(source) ?? new Set();
      this.#readers.set(source, readers.add(step.name));
    }
  }
}

/** Who reads what a layer gives, as often as it does. */
export function readersOf(steps: readonly Step[]): Map<string, Step[]> {
  const readers = new Map<string, Step[]>();
  for (const step of steps) {
    for (const source of sourcesOf(step)) {
      const known = readers.get(source);
      if (known) known.push(step);
      else readers.set(source, [step]);
    }
  }
  return readers;
}

function sourcesOf({ inputs, added }: Step): readonly string[] {
  return added === undefined ? inputs : [...inputs, added];
}
