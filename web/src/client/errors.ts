/** What kind of failure a {@link KerasportError} reports. */
export type KerasportErrorCode =
  | 'backend-unavailable'
  | 'bundle-damaged'
  | 'bundle-missing'
  | 'camera-busy'
  | 'camera-insecure'
  | 'camera-missing'
  | 'camera-refused'
  | 'disposed'
  | 'format-too-new'
  | 'inference-failed'
  | 'invalid-argument'
  | 'other-kind'
  | 'picture-unreadable';

/** What the library itself can do about an error. */
type ErrorKind = 'context-lost' | 'not-finite' | 'other-export' | 'page-needed' | 'worker-ended';

/**
 * An error with a sentence for people (what happened, what was expected, what was received, how to
 * fix it) and a `code` for programs.
 */
export class KerasportError extends Error {
  override readonly name = 'KerasportError';
  /** @internal What the library itself can do about it. */
  readonly kind: ErrorKind | undefined;

  constructor(
    readonly code: KerasportErrorCode,
    message: string,
    options: { cause?: unknown; kind?: ErrorKind | undefined } = {},
  ) {
    super(message, options);
    this.kind = options.kind;
  }

  /** The scripts of this library each hold this class, and their errors are all the same. */
  static override [Symbol.hasInstance](value: unknown): value is KerasportError {
    return value instanceof Error && value.name === 'KerasportError' && 'code' in value;
  }
}

/** The error of a classifier that is used after `dispose()`. */
export function disposed(): KerasportError {
  return new KerasportError(
    'disposed',
    'The classifier was disposed of. Load it again with loadClassifier().',
  );
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A value as it may be quoted in a message: short, on one line, never markup. */
export function quote(value: unknown): string {
  // As many characters as show that it goes on; half of a pair at the cut is cut off again.
  const text =
    typeof value === 'string'
      ? JSON.stringify(Array.from(value.slice(0, 162)).slice(0, 81).join(''))
      : describe(value);
  const characters = Array.from(text.slice(0, 1000));
  return characters.length > 80 ? `${characters.slice(0, 77).join('')}...` : text;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(quote).join(', ')}]`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
