/** HEIF: the boxes of a file, and the item in them that is its picture. */

import { Bytes, concatenate } from './bytes.js';
import { damaged, endsEarly, Problem } from './problem.js';

const WRONG = 'its boxes are wrong';
const ALPHA = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1'];

/** A box with what a reader of the item must know (`isEssential`) or may ignore. */
export interface Property {
  readonly kind: string;
  readonly body: Bytes;
  readonly isEssential: boolean;
}

/** What the file names as its picture: its properties in their order, and its bytes. */
export interface HeifItem {
  readonly kind: string;
  readonly properties: readonly Property[];
  readonly hasAlpha: boolean;
  readonly content: Uint8Array;
}

interface Box {
  readonly kind: string;
  readonly body: Bytes;
}

interface Place {
  readonly extents: readonly { readonly start: number; readonly length: number }[];
  readonly isInside: boolean;
}

/** The first property of a kind. */
export function propertyOf(item: HeifItem, wanted: string): Bytes | undefined {
  return item.properties.find(({ kind }) => kind === wanted)?.body;
}

/**
 * The item that the file names as its picture.
 *
 * @throws {@link Problem} where the file is cut off or damaged, or holds no still picture.
 */
export function readHeif(file: Bytes): HeifItem {
  try {
    const meta = firstOf(boxes(file, true), 'meta');
    if (!meta) throw damaged('it holds no picture');
    const parts = [...boxes(meta.part(4, meta.length))];
    return readItem(file, (kind) => firstOf(parts, kind));
  } catch (error) {
    // A number past the end of its box.
    if (error instanceof RangeError) throw damaged(WRONG);
    throw error;
  }
}

function firstOf(among: Iterable<Box>, wanted: string): Bytes | undefined {
  for (const { kind, body } of among) if (kind === wanted) return body;
  return undefined;
}

function* boxes(data: Bytes, isFile = false): Generator<Box> {
  let position = 0;
  while (position < data.length) {
    let start = position + 8;
    let length = start <= data.length ? data.number(position, 4) : -1;
    if (length === 1 && start + 8 <= data.length) {
      length = data.number(start, 4) * 2 ** 32 + data.number(start + 4, 4);
      start += 8;
    } else if (length === 0) {
      length = data.length - position;
    }
    if (length >= 0 && length < start - position) throw damaged(WRONG);
    if (length < 0 || position + length > data.length) throw isFile ? endsEarly() : damaged(WRONG);
    yield { kind: data.text(position + 4, 4), body: data.part(start, position + length) };
    position += length;
  }
}

/** The numbers of a box, one after the other. */
class Fields {
  position = 0;

  constructor(readonly data: Bytes) {}

  next(size: number): number {
    const at = this.position;
    this.position += size;
    if (size === 0) return 0;
    if (size < 8) return this.data.number(at, size as 1 | 2 | 4);
    return this.data.number(at, 4) * 2 ** 32 + this.data.number(at + 4, 4);
  }

  /** Version and flags. */
  header(): { version: number; flags: number } {
    const both = this.next(4);
    return { version: both >>> 24, flags: both & 0xffffff };
  }
}

function readItem(file: Bytes, part: (kind: string) => Bytes | undefined): HeifItem {
  const [pitm, iinf, iloc, iprp] = ['pitm', 'iinf', 'iloc', 'iprp'].map(part);
  if (!pitm || !iinf || !iloc || !iprp) throw damaged('it holds no picture');
  const named = new Fields(pitm);
  const wanted = named.next(named.header().version === 0 ? 2 : 4);
  const kind = kindOf(new Fields(iinf), wanted);
  const inner = [...boxes(iprp)];
  const properties = [...boxes(firstOf(inner, 'ipco') ?? new Bytes(new Uint8Array(0)))];
  const chosen = chosenFrom(
    properties,
    inner.filter((box) => box.kind === 'ipma'),
  );
  const place = placeOf(new Fields(iloc), wanted);
  if (!kind || !place || place.extents.length === 0) throw damaged('it holds no picture');
  const hasAlpha = auxiliaries(part('iref'), wanted).some((other) =>
    (chosen.get(other) ?? []).some(
      ({ kind, body }) =>
        kind === 'auxC' && ALPHA.some((name) => body.text(4, name.length) === name),
    ),
  );
  const source = place.isInside ? (part('idat') ?? new Bytes(new Uint8Array(0))) : file;
  const content = concatenate(
    place.extents.map(({ start, length }) => {
      const end = length === 0 ? source.length : start + length;
      if (start > source.length || end > source.length) throw endsEarly();
      return source.slice(start, end);
    }),
  );
  return { kind, properties: chosen.get(wanted) ?? [], hasAlpha, content };
}

function kindOf(entries: Fields, wanted: number): string | undefined {
  entries.next(entries.header().version === 0 ? 2 : 4);
  const all = [...boxes(entries.data.part(entries.position, entries.data.length))];
  let found: string | undefined;
  for (const { kind, body } of all) {
    const entry = new Fields(body);
    const { version } = entry.header();
    if (kind !== 'infe' || version < 2) continue;
    if (entry.next(version === 2 ? 2 : 4) === wanted && found === undefined) {
      entry.next(2);
      entry.next(4);
      found = body.text(entry.position - 4, 4);
    }
  }
  return found;
}

/** The properties of each item. */
function chosenFrom(properties: readonly Box[], lists: readonly Box[]): Map<number, Property[]> {
  const chosen = new Map<number, Property[]>();
  for (const { body } of lists) {
    const fields = new Fields(body);
    const { version, flags } = fields.header();
    const size = flags & 1 ? 2 : 1;
    const highest = 2 ** (8 * size - 1);
    for (let left = fields.next(4); left > 0; left--) {
      const owner = fields.next(version === 0 ? 2 : 4);
      const mine = chosen.get(owner) ?? [];
      chosen.set(owner, mine);
      for (let more = fields.next(1); more > 0; more--) {
        const number = fields.next(size);
        const index = number & (highest - 1);
        if (index > properties.length) throw damaged(WRONG);
        if (index) mine.push({ ...properties[index - 1], isEssential: number >= highest });
      }
    }
  }
  return chosen;
}

/** Where the bytes of the item are: `length` 0 stands for all the rest. */
function placeOf(fields: Fields, wanted: number): Place | undefined {
  const { version } = fields.header();
  const sizes = fields.next(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version ? sizes & 15 : 0;
  const areKnown = [offsetSize, lengthSize, baseSize, indexSize].every((size) =>
    [0, 4, 8].includes(size),
  );
  if (version > 2 || !areKnown) throw damaged(WRONG);
  let found: Place | undefined;
  for (let left = fields.next(version === 2 ? 4 : 2); left > 0; left--) {
    const number = fields.next(version === 2 ? 4 : 2);
    const method = version ? fields.next(2) & 15 : 0;
    const elsewhere = fields.next(2);
    const base = fields.next(baseSize);
    const extents = [];
    for (let more = fields.next(2); more > 0; more--) {
      fields.next(indexSize);
      const start = base + fields.next(offsetSize);
      extents.push({ start, length: fields.next(lengthSize) });
    }
    if (number !== wanted || found?.extents.length) continue;
    if (method > 1 || elsewhere) {
      throw new Problem('it is an AVIF whose picture lies elsewhere', 'Save it as PNG or JPEG.');
    }
    found = { extents, isInside: method === 1 };
  }
  return found;
}

/** The items that belong to the picture as transparency, depth or the like. */
function auxiliaries(references: Bytes | undefined, wanted: number): number[] {
  if (!references || references.length === 0) return [];
  const size = references.number(0, 4) >>> 24 === 0 ? 2 : 4;
  const found: number[] = [];
  for (const { kind, body } of boxes(references.part(4, references.length))) {
    const fields = new Fields(body);
    const source = fields.next(size);
    const targets = Array.from({ length: fields.next(2) }, () => fields.next(size));
    if (kind === 'auxl' && targets.includes(wanted)) found.push(source);
  }
  return found;
}
