"use strict";
((scope) => {
  const files = new Map();
  const decode = Uint8Array.fromBase64
    ? (text) => Uint8Array.fromBase64(text)
    : (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  (scope.kerasportBundles ??= []).push({ formatVersion: FORMAT_VERSION, name: NAME, files });
  scope.kerasportBundle = (path, bytes, text) => {
    const piece = decode(text);
    if (piece.length !== bytes) throw new Error(`'${path}' is damaged: copy the page again.`);
    if (!files.has(path)) files.set(path, []);
    files.get(path).push(piece);
  };
})(globalThis);
