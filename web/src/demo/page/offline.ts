/** The page as an installed app that works offline; only where it is served. */

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

const WORKER = 'service-worker.js';

/** Offers the page for installation and keeps it for offline use; does nothing on `file://`. */
export async function keepForOffline(): Promise<void> {
  // A page that is one file has nothing beside it.
  const isAlone = document.querySelector('script[src]') === null;
  if (!/^https?:$/.test(location.protocol) || isAlone) return;
  // In the page itself it would be a complaint on file://, where it may not be fetched.
  const link = document.createElement('link');
  link.rel = 'manifest';
  link.href = 'manifest.webmanifest';
  document.head.append(link);
  try {
    // Missing where the connection is not safe.
    await navigator.serviceWorker?.register(trusted(WORKER));
  } catch {
    // The page works without; private windows of some browsers refuse.
  }
}

/** The address, as a page with require-trusted-types-for demands it. */
function trusted(url: string): string {
  const factory: TrustedTypes | undefined = Reflect.get(globalThis, 'trustedTypes');
  return factory ? factory.createPolicy('page', { createScriptURL }).createScriptURL(url) : url;
}

function createScriptURL(url: string): string {
  if (url === WORKER) return url;
  throw new TypeError(`'${url}' is not the page's own service worker.`);
}
