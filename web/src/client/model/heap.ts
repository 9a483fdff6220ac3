/** What the thread holds in JavaScript. */

/** Bytes of the JavaScript heap, garbage included; null where the browser does not tell. */
export function heapBytes(): number | null {
  const { memory } = performance as { memory?: { readonly usedJSHeapSize: number } };
  return memory?.usedJSHeapSize ?? null;
}
