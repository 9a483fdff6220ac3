export function assemble(name: 'plain' | 'relaxed'): Promise<Uint8Array<ArrayBuffer>>;
