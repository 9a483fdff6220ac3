/** Addresses of scripts, on pages that take only trusted ones. */

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): unknown };
}

let createScriptUrl: ((address: string) => unknown) | undefined;

/**
 * The address as a trusted one. Only addresses that this library made itself come here: a page with
 * `require-trusted-types-for 'script'` allows them by `trusted-types kerasport`.
 */
export function trustedScriptUrl(address: string): string {
  if (!createScriptUrl) {
    const types = Reflect.get(globalThis, 'trustedTypes') as TrustedTypes | undefined;
    const policy = types?.createPolicy('kerasport', { createScriptURL: (own) => own });
    createScriptUrl = policy ? (own) => policy.createScriptURL(own) : (own) => own;
  }
  return createScriptUrl(address) as string;
}
