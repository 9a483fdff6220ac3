/** A WebAssembly module as base64 of its binary, assembled by the build. */
declare module '*.wat' {
  const text: string;
  export default text;
}
