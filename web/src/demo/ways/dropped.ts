/** Files out of what was picked or dropped, folders included, each with its path. */

/** A file and where it lay: `folder/inner/name.jpg`, or its name alone. */
export interface Picked {
  readonly file: File;
  readonly path: string;
}

/** What an `<input type="file">` holds. */
export function pickedFrom(files: Iterable<File>): Picked[] {
  return Array.from(files, (file) => ({ file, path: file.webkitRelativePath || file.name }));
}

interface HandleItem extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle>;
}

interface FolderHandle extends FileSystemHandle {
  values(): AsyncIterable<FileSystemHandle>;
}

/** Everything in a drop, in the order of the paths; must be called while the event is handled. */
export async function droppedIn(transfer: DataTransfer): Promise<Picked[]> {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const found = items.map((item) => {
    // Only during the event: afterwards both give nothing.
    const entry = item.webkitGetAsEntry?.() ?? null;
    const file = item.getAsFile();
    if (!entry?.isDirectory) return file && pickedFrom([file]);
    const handle = (item as HandleItem).getAsFileSystemHandle?.();
    return walk(entry as FileSystemDirectoryEntry).catch(async (error: unknown) => {
      // On file:// Chromium opens dropped folders by handle only, which leaves out files whose
      // names other systems do not allow.
      if (!handle) throw error;
      return walkHandle((await handle) as FolderHandle, entry.name);
    });
  });
  const lists = await Promise.all(found);
  return lists.flatMap((list) => list ?? []);
}

async function walkHandle(folder: FolderHandle, path: string): Promise<Picked[]> {
  const inside: FileSystemHandle[] = [];
  for await (const each of folder.values()) inside.push(each);
  const found: Picked[] = [];
  for (const each of inside.sort(byName)) {
    const place = `${path}/${each.name}`;
    if (each.kind === 'directory') found.push(...(await walkHandle(each as FolderHandle, place)));
    else found.push({ file: await (each as FileSystemFileHandle).getFile(), path: place });
  }
  return found;
}

async function walk(folder: FileSystemDirectoryEntry): Promise<Picked[]> {
  const entries = await readAll(folder.createReader());
  const found: Picked[] = [];
  for (const entry of entries.sort(byName)) {
    if (entry.isDirectory) found.push(...(await walk(entry as FileSystemDirectoryEntry)));
    else found.push(await open(entry as FileSystemFileEntry));
  }
  return found;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

async function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  // Chromium hands out a hundred at a time, and an empty list at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function open(entry: FileSystemFileEntry): Promise<Picked> {
  const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
  return { file, path: entry.fullPath.replace(/^\//, '') };
}

const PICTURE_NAME = /\.(avif|bmp|gif|jpe?g?|jfif|png|webp|tiff?|heic|heif)$/i;

/**
 * Names, in small letters, of what systems write beside the user's files without a leading dot: the
 * same as in `kerasport check` and `kerasport evaluate`.
 */
export const IGNORED_NAMES: readonly string[] = [
  '#recycle',
  '#snapshot',
  '$recycle.bin',
  '@eadir',
  '@recycle',
  '__macosx',
  'desktop.ini',
  'ehthumbs.db',
  'icon\r',
  'lost+found',
  'system volume information',
  'thumbs.db',
];

/** The files that are meant to be pictures, in their order; whether they are is seen on reading. */
export async function picturesIn(picked: readonly Picked[]): Promise<Picked[]> {
  const wanted = await Promise.all(picked.map(isPicture));
  return picked.filter((_, index) => wanted[index]);
}

async function isPicture({ file, path }: Picked): Promise<boolean> {
  const names = path.split('/');
  // What was dropped itself is meant, whatever its name; a file such as ._photo.jpg never is.
  const below = names.length > 1 ? names.slice(1) : names;
  if (!below.every(isVisible)) return false;
  if (file.type.startsWith('image/') || PICTURE_NAME.test(path)) return true;
  // Python looks into every file of a class folder, so a picture may have any name there.
  return startsLikePicture(new Uint8Array(await file.slice(0, 16).arrayBuffer()));
}

function isVisible(name: string): boolean {
  return !name.startsWith('.') && !IGNORED_NAMES.includes(name.toLowerCase());
}

function startsLikePicture(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes);
  return /^(\xff\xd8\xff|\x89PNG|GIF8[79]a|RIFF.{4}WEBP|.{4}ftypavi[fs])/s.test(text);
}

/**
 * Whether the files are an exported model, or meant to be one: where a single kind of its files is
 * missing, the client library says which.
 */
export function isBundle(all: readonly Picked[]): boolean {
  const names = all.map(({ path }) => path.split('/').at(-1) ?? '');
  const kinds = [
    names.includes('metadata.json'),
    names.includes('model.json'),
    names.some((name) => name.endsWith('.bin')),
  ];
  return kinds.filter(Boolean).length >= 2;
}

/** The files as the client library takes a bundle: each knows its path in the folder. */
export function bundleFiles(all: readonly Picked[]): File[] {
  return all.map(({ file, path }) => {
    if (file.webkitRelativePath === path || !path.includes('/')) return file;
    return Object.defineProperty(file, 'webkitRelativePath', { value: path });
  });
}
