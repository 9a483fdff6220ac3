"use strict";
((scope) => {
  const files = new Map();
  const decode = Uint8Array.fromBase64
    ? (text) => Uint8Array.fromBase64(text)
    : (text) => {
        const binary = atob(text);
        const bytes = new Uint8Array(binary.length);
        for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
        return bytes;
      };
  (scope.kerasportBundles ??= []).push({ formatVersion: FORMAT_VERSION, name: NAME, files });
  scope.kerasportBundle = (path, base64) => {
    if (!files.has(path)) files.set(path, []);
    files.get(path).push(decode(base64));
  };
})(globalThis);
