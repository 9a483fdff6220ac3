"use strict";
((scope) => {
  const files = new Map();
  const carriers = new Map();
  const damaged = (path, bytes) =>
    new Error(
      `model.js is damaged: a piece of '${path}' does not hold the ${bytes} bytes that it ` +
        "should. Copy the file again, or export the model again.",
    );
  const write = (text, characters, start) => {
    const end = text.length - "*/} ".length;
    let count = start;
    for (let i = "function(){/*".length; i < end; i++) {
      const character = text.charCodeAt(i);
      characters[count++] = character === 0x2028 ? text.charCodeAt(++i) ^ 0x8000 : character;
    }
    return count;
  };
  const decode = (path, pieces) => {
    const texts = pieces.map(([bytes, carrier]) => {
      // Joined: in a text of its own characters are found faster than in that of the whole script.
      const text = `${carrier} `;
      // Before memory is reserved for it.
      if (!(bytes >= 0 && bytes <= 2 * text.length)) throw damaged(path, bytes);
      return text;
    });
    const total = pieces.reduce((sum, [bytes]) => sum + bytes, 0);
    const characters = new Uint16Array(Math.ceil(total / 2));
    let start = 0;
    for (const [index, [bytes]] of pieces.entries()) {
      const end = write(texts[index], characters, start);
      start += Math.ceil(bytes / 2);
      if (end !== start) throw damaged(path, bytes);
    }
    return new Uint8Array(characters.buffer, 0, total);
  };
  const read = (path) => (carriers.has(path) ? decode(path, carriers.get(path)) : undefined);
  (scope.kerasportBundles ??= []).push({ formatVersion: FORMAT_VERSION, name: NAME, files, read });
  scope.kerasportBundle = (path, bytes, carrier) => {
    if (!files.has(path)) {
      files.set(path, []);
      carriers.set(path, []);
    }
    const piece = [bytes, carrier];
    carriers.get(path).push(piece);
    const pieces = files.get(path);
    const index = pieces.length;
    const keep = (how) =>
      Object.defineProperty(pieces, index, { configurable: true, enumerable: true, ...how });
    keep({
      get() {
        const value = decode(path, [piece]);
        keep({ value, writable: true });
        return value;
      },
    });
  };
})(globalThis);
