/** Numbers and names in the bytes of a file. */

/** The bytes of a file, with what readers of formats ask of them. Offsets are absolute. */
export class Bytes {
  readonly #view: DataView;

  constructor(readonly data: Uint8Array) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get length(): number {
    return this.data.length;
  }

  /** An unsigned number of 1, 2 or 4 bytes. */
  number(position: number, size: 1 | 2 | 4, littleEndian = false): number {
    if (size === 1) return this.#view.getUint8(position);
    if (size === 2) return this.#view.getUint16(position, littleEndian);
    return this.#view.getUint32(position, littleEndian);
  }

  /** Characters of 8 bits; fewer where the file ends. */
  text(position: number, length: number): string {
    return String.fromCharCode(...this.data.subarray(position, position + length));
  }

  /** A view, not a copy. */
  slice(start: number, end: number): Uint8Array {
    return this.data.subarray(start, end);
  }

  part(start: number, end: number): Bytes {
    return new Bytes(this.slice(start, end));
  }
}

/** One array from several. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** Bytes as a stream. */
export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  const own = bytes as Uint8Array<ArrayBuffer>;
  // Pages that Node simulates have blobs that cannot be read, and Node's own streams.
  if ('stream' in Blob.prototype) return new Blob([own]).stream();
  return new Response(own).body as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The bytes of a blob. */
export async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  if ('arrayBuffer' in blob) return new Uint8Array(await blob.arrayBuffer());
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.onload = () => resolve(new Uint8Array(reader.result as ArrayBuffer));
    reader.onerror = () => reject(reader.error);
    reader.readAsArrayBuffer(blob);
  });
}

/** The bytes of characters of 8 bits. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
