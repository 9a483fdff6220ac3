/** What a file's bytes are known by: SHA-256, as Python has it, and the CRC-32 that archives want. */

/** Both of one file, from one reading. */
export interface Fingerprint {
  /** SHA-256 in hexadecimal, in small letters. */
  readonly content: string;
  readonly crc: number;
}

/** Reads the file once. Rejects where the browser cannot read it any more. */
export async function fingerprintOf(file: Blob): Promise<Fingerprint> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  // Pages over http without TLS have no `crypto.subtle`.
  const digest = globalThis.crypto?.subtle
    ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    : sha256(bytes);
  return { content: hex(digest), crc: crc32(bytes) };
}

/** A number as hexadecimal digits, two for each byte. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 as ZIP has it (ISO 3309). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const PRIMES = firstPrimes(64);
/** The first 32 bits of the fractions of the roots of primes (FIPS 180-4, 4.2.2 and 5.3.3). */
const ROUND = Int32Array.from(PRIMES, (prime) => (Math.cbrt(prime) % 1) * 2 ** 32);
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => (Math.sqrt(prime) % 1) * 2 ** 32);

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}

/** SHA-256 (FIPS 180-4), for where the browser lends none. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const blocks = (bytes.length + 72) >> 6;
  const last = new Uint8Array(128);
  const whole = bytes.length >> 6;
  last.set(bytes.subarray(whole * 64));
  last[bytes.length & 63] = 0x80;
  const ending = new DataView(last.buffer);
  const end = (blocks - whole) * 64;
  ending.setUint32(end - 8, Math.floor(bytes.length / 2 ** 29));
  ending.setUint32(end - 4, (bytes.length << 3) >>> 0);
  const state = Int32Array.from(START);
  const body = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let block = 0; block < whole; block++) mix(state, body, block * 64);
  for (let at = 0; at < end; at += 64) mix(state, ending, at);
  const digest = new DataView(new ArrayBuffer(32));
  for (const [place, value] of state.entries()) digest.setInt32(place * 4, value);
  return new Uint8Array(digest.buffer);
}

const WORDS = new Int32Array(64);

/** Mixes a block of 64 bytes into the state (FIPS 180-4, 6.2.2). */
function mix(state: Int32Array, view: DataView, offset: number): void {
  for (let at = 0; at < 16; at++) WORDS[at] = view.getInt32(offset + at * 4);
  for (let at = 16; at < 64; at++) {
    const [near, far] = [WORDS[at - 2], WORDS[at - 15]];
    const small = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3);
    const large = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10);
    WORDS[at] = small + large + WORDS[at - 7] + WORDS[at - 16];
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let at = 0; at < 64; at++) {
    const choice = (e & f) ^ (~e & g);
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + ROUND[at] + WORDS[at]) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  for (const [place, value] of [a, b, c, d, e, f, g, h].entries()) state[place] += value;
}

function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
