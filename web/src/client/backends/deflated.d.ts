/** A file as base64 of its deflated bytes, made by the build. */
declare module '*?deflated' {
  const text: string;
  export default text;
}
