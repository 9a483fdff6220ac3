/** The text of a program for a worker; the build writes it. */
declare module 'kerasport-worker:*' {
  const text: string;
  export default text;
}
/** A core as an ES module; the build writes it. */
declare module 'kerasport-core:*' {
  export const core: import('../../worker/core.js').Core;
}
