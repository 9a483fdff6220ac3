/** The text of a program for a worker; the build writes it. */
declare module 'kerasport-worker:*' {
  const text: string;
  export default text;
}
/** The program for WebAssembly as a function; the build puts it into the scripts that hold it. */
declare const KERASPORT_CORE: () => {
  readonly core: import('../../worker/core.js').Core;
  serve(core: import('../../worker/core.js').Core): void;
};
/** A core as an ES module; the build writes it. */
declare module 'kerasport-core:*' {
  export const core: import('../../worker/core.js').Core;
}
