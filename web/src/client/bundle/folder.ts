/** An exported folder, wherever it lies. */

/** A folder that can be read from, and nothing else. */
export interface Folder {
  /** Where the folder is, for messages. */
  readonly place: string;
  /** What to do where a file is missing, for messages. */
  readonly remedy: string;
  /** Whether somebody picked the files, and may go on to put them into a page. */
  readonly isPicked?: boolean;
  /** The bytes of one file in memory of its own, or undefined where there is no such file. */
  read(path: string, options?: ReadOptions): Promise<Uint8Array | undefined>;
  /** The same folder past every cache, where there may be one. */
  fresh?(): Folder;
}

/** How a file is read. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** How many bytes it should have: whoever reads may stop behind them. */
  readonly limit?: number;
  /** Told how many more bytes are there. */
  readonly onBytes?: ((count: number) => void) | undefined;
}
