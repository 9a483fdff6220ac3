export function assemble(name: 'plain' | 'relaxed' | 'common'): Promise<Uint8Array<ArrayBuffer>>;
