/**
 * Do the work that the desk hands out to this page, for ever; see `desk.py`. A page fetches its
 * work by itself, so that no driver is needed.
 *
 * @type {Serve}
 */
globalThis.serve = async (handlers) => {
  /** @type {(id: number, header: object, parts?: ArrayBufferView[]) => Promise<unknown>} */
  const answer = (id, header, parts = []) => {
    const head = new TextEncoder().encode(JSON.stringify(header));
    const length = new Uint8Array(new Uint32Array([head.length]).buffer);
    const body = new Blob(/** @type {BlobPart[]} */ ([length, head, ...parts]));
    return fetch(`answer?task=${id}`, { method: 'POST', body });
  };
  for (;;) {
    /** @type {Task | null} */
    const task = await (await fetch('next', { method: 'POST' })).json();
    if (!task) continue;
    const bytes = new Uint8Array(await (await fetch('work')).arrayBuffer());
    try {
      const handler = handlers[task.kind];
      if (!handler) throw new Error(`this page cannot ${task.kind}`);
      const { header, parts } = await handler(task, bytes);
      await answer(task.id, header, parts);
    } catch (error) {
      await answer(task.id, { error: error instanceof Error ? error.message : String(error) });
    }
  }
};

/**
 * The files that Python joined into one piece of work, with their names.
 *
 * @type {FilesOf}
 */
globalThis.filesOf = ({ names, sizes }, bytes) => {
  let offset = 0;
  return names.map((name, i) => {
    const start = offset;
    offset += sizes[i] ?? 0;
    return new File([bytes.slice(start, offset)], name);
  });
};
