/** The ways files get onto the page: choosers, drag and drop, clipboard. */

import { droppedIn, type Picked, pickedFrom } from './dropped.js';

/** What happens with files, and with a problem on the way to them. */
export interface InputHandlers {
  files(picked: Picked[]): void;
  problem(kind: 'emptyFolder' | 'clipboardRefused'): void;
  /** Nothing came in: whatever is shown stays. */
  nothing(kind: 'nothing' | 'clipboardEmpty'): void;
}

/** Elements that take files. */
export interface InputElements {
  readonly dropZone: HTMLElement;
  readonly fileInput: HTMLInputElement;
  readonly folderInput: HTMLInputElement;
  readonly takeInput: HTMLInputElement;
  readonly pasteButton: HTMLButtonElement;
}

/** Connects every way in with the handlers. */
export function connectInputs(elements: InputElements, handlers: InputHandlers): void {
  connectChooser(elements.fileInput, handlers.files);
  connectChooser(elements.takeInput, handlers.files);
  connectChooser(elements.folderInput, (picked) =>
    picked.length > 0 ? handlers.files(picked) : handlers.problem('emptyFolder'),
  );
  connectDragAndDrop(elements.dropZone, handlers);
  connectClipboard(elements.pasteButton, handlers);
}

/** Hands on what was chosen. */
export function connectChooser(input: HTMLInputElement, files: (picked: Picked[]) => void): void {
  input.addEventListener('change', () => {
    const picked = pickedFrom(input.files ?? []);
    // Emptied, so that choosing the same file again is a change too.
    input.value = '';
    files(picked);
  });
}

function connectDragAndDrop(zone: HTMLElement, { files, nothing }: InputHandlers): void {
  // The whole page accepts, because a file that misses the zone would replace the page.
  let depth = 0;
  const highlight = (change: number) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle('drop-zone--over', depth > 0);
    document.body.classList.toggle('dragging', depth > 0);
  };
  addEventListener('dragenter', (event) => {
    event.preventDefault();
    // A picture or a word of the page itself is none of its business.
    if (event.dataTransfer?.types.includes('Files')) highlight(1);
  });
  addEventListener('dragleave', () => highlight(-1));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', async (event) => {
    event.preventDefault();
    highlight(-depth);
    const picked = event.dataTransfer ? await droppedIn(event.dataTransfer) : [];
    if (picked.length > 0) files(picked);
    else nothing('nothing');
  });
}

function connectClipboard(
  button: HTMLButtonElement,
  { files, problem, nothing }: InputHandlers,
): void {
  addEventListener('paste', (event) => {
    const picked = pickedFrom(event.clipboardData?.files ?? []);
    if (picked.length > 0) files(picked);
    else nothing('clipboardEmpty');
  });
  if (!navigator.clipboard?.read) {
    button.hidden = true;
    return;
  }
  button.addEventListener('click', async () => {
    try {
      const blob = await readClipboard();
      if (blob) files(pickedFrom([new File([blob], 'clipboard', { type: blob.type })]));
      else nothing('clipboardEmpty');
    } catch {
      problem('clipboardRefused');
    }
  });
}

async function readClipboard(): Promise<Blob | undefined> {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((candidate) => candidate.startsWith('image/'));
    if (type) return item.getType(type);
  }
  return undefined;
}
