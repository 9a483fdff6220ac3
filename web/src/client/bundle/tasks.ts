/** Long work in pieces, so that the page stays free to move. */

/** Waits for the next task. Unlike a timer's, this wait stays short in a page in the background. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
