// The same in a worker of its own: of the web's kind where there is one, else a thread of Node.
const Start = globalThis.Worker ?? (await import('node:worker_threads')).Worker;
const worker = new Start(new URL('./inside.mjs', import.meta.url), { type: 'module' });
worker.onerror = ({ message }) => {
  throw new Error(message);
};
