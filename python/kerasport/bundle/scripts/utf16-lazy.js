"use strict";
((scope) => {
  const files = new Map();
  const decode = (text, bytes) => {
    const characters = new Uint16Array(text.length);
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const character = text.charCodeAt(i);
      characters[count++] = character === 0x2028 ? text.charCodeAt(++i) ^ 0x8000 : character;
    }
    if (count !== Math.ceil(bytes / 2)) return null;
    return new Uint8Array(characters.buffer, 0, bytes);
  };
  (scope.kerasportBundles ??= []).push({ formatVersion: FORMAT_VERSION, name: NAME, files });
  scope.kerasportBundle = (path, bytes, text) => {
    if (!files.has(path)) files.set(path, []);
    const pieces = files.get(path);
    const index = pieces.length;
    const keep = (how) =>
      Object.defineProperty(pieces, index, { configurable: true, enumerable: true, ...how });
    keep({
      get() {
        const value = decode(text, bytes);
        if (!value) {
          throw new Error(
            `model.js is damaged: a piece of '${path}' does not hold the ${bytes} bytes that it ` +
              "should. Copy the file again, or export the model again.",
          );
        }
        keep({ value, writable: true });
        return value;
      },
    });
  };
})(globalThis);
