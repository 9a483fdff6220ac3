/** The ways a picture gets onto the page: file picker, drag and drop, clipboard. */

/** What happens with a picture, and with a problem on the way to it. */
export interface InputHandlers {
  picture(file: File): void;
  problem(kind: 'noPicture' | 'clipboardEmpty' | 'clipboardRefused'): void;
}

/** Elements that take pictures. */
export interface InputElements {
  readonly dropZone: HTMLElement;
  readonly fileInput: HTMLInputElement;
  readonly pasteButton: HTMLButtonElement;
}

/** Connects every way in with the handlers. */
export function connectInputs(elements: InputElements, handlers: InputHandlers): void {
  connectPicker(elements.fileInput, handlers);
  connectDragAndDrop(elements.dropZone, handlers);
  connectClipboard(elements.pasteButton, handlers);
}

function connectPicker(input: HTMLInputElement, { picture }: InputHandlers): void {
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    // Emptied, so that choosing the same file again is a change too.
    input.value = '';
    if (file) picture(file);
  });
}

function connectDragAndDrop(zone: HTMLElement, { picture, problem }: InputHandlers): void {
  // The whole page accepts, because a file that misses the zone would replace the page.
  let depth = 0;
  const highlight = (change: number) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle('drop-zone--over', depth > 0);
  };
  addEventListener('dragenter', (event) => {
    event.preventDefault();
    highlight(1);
  });
  addEventListener('dragleave', () => highlight(-1));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    highlight(-depth);
    const file = event.dataTransfer?.files[0];
    if (file) picture(file);
    else problem('noPicture');
  });
}

function connectClipboard(button: HTMLButtonElement, { picture, problem }: InputHandlers): void {
  addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0];
    if (file) picture(file);
    else problem('clipboardEmpty');
  });
  if (!navigator.clipboard?.read) {
    button.hidden = true;
    return;
  }
  button.addEventListener('click', async () => {
    try {
      const blob = await readClipboard();
      if (blob) picture(new File([blob], 'clipboard', { type: blob.type }));
      else problem('clipboardEmpty');
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
