export function assemble(
  name: 'plain' | 'relaxed' | 'common' | 'probe',
): Promise<Uint8Array<ArrayBuffer>>;
