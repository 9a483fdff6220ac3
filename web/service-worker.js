/**
 * Keeps the page, when it is served, for use without a network. What is kept is a set: all files of
 * one version. A visit gets the set that the server has now, or, where that does not come in time or
 * does not fit together, the one before; never files of both.
 */

/** Milliseconds that a visitor waits for the server, before what is kept is shown. */
const PATIENCE = 3000;
/** And that a file may take while the visitor has something to look at. */
const LONGEST = 300_000;
const SET = 'kerasport set ';
/** Which set each open page began with. */
const CLIENTS = 'kerasport clients';
/** SHA-256 of every file, as `kerasport site` writes it; in a set, the sign that it is complete. */
const LISTING = 'page-files.json';
/** Where there is none: what the page asks for, and what it asks for only where it is faster. */
const PAGE = [
  'index.html',
  'manifest.webmanifest',
  'icons/icon.svg',
  'icons/icon-512.png',
  'dist/demo.css',
  'dist/demo.js',
  'dist/kerasport.iife.js',
  'model/model.js',
];
const EXTRAS = ['dist/kerasport-webgl.iife.js', 'dist/kerasport-webgpu.iife.js'];

let refreshing;

addEventListener('install', (event) => {
  event.waitUntil(refresh().then(() => self.skipWaiting()));
});

addEventListener('activate', (event) => {
  // The cache of earlier versions, which was no set.
  event.waitUntil(Promise.all([caches.delete('kerasport'), self.clients.claim()]));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const { scope } = self.registration;
  const [address] = request.url.split(/[?#]/, 1);
  if (request.method !== 'GET' || !address.startsWith(scope)) return;
  const path = address.slice(scope.length) || 'index.html';
  if (request.mode !== 'navigate') event.respondWith(part(event, path));
  else if (path === 'index.html') event.respondWith(visit(event));
});

/** The page, and with it the choice of the set that it and all its parts come from. */
async function visit(event) {
  refreshing ??= refresh().finally(() => {
    refreshing = undefined;
  });
  // Goes on behind the visitor's back, for the next visit.
  const fresh = refreshing.catch(() => undefined);
  event.waitUntil(fresh);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const set = (await Promise.race([fresh, late])) ?? (await newestSet());
  const page = set && (await (await caches.open(set)).match('index.html'));
  if (!page) return fetch(event.request);
  const clients = await caches.open(CLIENTS);
  await clients.put(pinOf(event.resultingClientId), new Response(set));
  return page;
}

async function part({ request, clientId }, path) {
  const pin = await caches.match(pinOf(clientId), { cacheName: CLIENTS });
  const set = (await pin?.text()) ?? (await newestSet());
  const kept = set && (await caches.match(path, { cacheName: set }));
  return kept ?? fetch(request);
}

/**
 * Fetches what the server has now.
 *
 * @returns the name of a set that is complete and fits together.
 */
async function refresh() {
  const kept = await newestSet();
  const before = kept && (await (await caches.match(LISTING, { cacheName: kept })).json());
  const now = await listing(Boolean(before));
  if (before && now && isSame(before, now)) return kept;
  // Names sort by age.
  const name = SET + String(Date.now()).padStart(16, '0');
  const set = await caches.open(name);
  try {
    if (now) {
      const reusable = (path) => before?.[path] === now[path];
      await each(Object.keys(now), async (path) => {
        const own = reusable(path) && (await caches.match(path, { cacheName: kept }));
        await set.put(path, own || (await fetched(path, now[path])));
      });
    } else {
      await each(PAGE, async (path) => set.put(path, await fetched(path)));
      await Promise.allSettled(EXTRAS.map(async (path) => set.put(path, await fetched(path))));
    }
    await set.put(LISTING, new Response(JSON.stringify(now)));
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
  await forgetOthers(name);
  return name;
}

/** The server's listing, or null where the page was not written by `kerasport site`. */
async function listing(isExpected) {
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await fetch(LISTING, { cache: 'no-store', signal });
  if (response.status === 404) return null;
  try {
    if (response.ok) return await response.json();
  } catch (error) {
    // Some servers answer every address with a page, and so does a network that wants a password.
    if (!isExpected) return null;
    throw error;
  }
  throw new Error(`${LISTING} was answered with ${response.status}`);
}

/** A file as it is now, with the SHA-256 that it should have. */
async function fetched(path, expected) {
  // The second time past every cache, which may hold a file of an earlier version.
  for (const cache of ['no-cache', 'reload']) {
    const response = await fetch(path, { cache, signal: AbortSignal.timeout(LONGEST) });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
    const isRight = expected === undefined || (await sha256(response.clone())) === expected;
    if (!isRight) continue;
    const headers = new Headers(response.headers);
    // Else the browser keeps a part beside the set, and gives it to the next version.
    headers.set('Cache-Control', 'no-cache');
    // A response of its own also because none may stand for another address than its own.
    return new Response(response.body, { headers });
  }
  throw new Error(`${path} is of another version`);
}

async function sha256(response) {
  const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The newest set that is complete. */
async function newestSet() {
  const names = (await caches.keys()).filter((name) => name.startsWith(SET)).sort();
  for (const name of names.reverse()) {
    if (await caches.match(LISTING, { cacheName: name })) return name;
  }
  return undefined;
}

/** Deletes what neither the next visit nor an open page needs. */
async function forgetOthers(newest) {
  const clients = await caches.open(CLIENTS);
  const needed = new Set([newest]);
  for (const pin of await clients.keys()) {
    const id = decodeURIComponent(pin.url.slice(pinOf('').length));
    if (await self.clients.get(id)) needed.add(await (await clients.match(pin)).text());
    else await clients.delete(pin);
  }
  for (const name of await caches.keys()) {
    if (name.startsWith(SET) && !needed.has(name)) await caches.delete(name);
  }
}

function pinOf(clientId) {
  return `${self.registration.scope}client/${encodeURIComponent(clientId)}`;
}

function isSame(a, b) {
  const paths = Object.keys(b);
  return paths.length === Object.keys(a).length && paths.every((path) => a[path] === b[path]);
}

async function each(items, work) {
  await Promise.all(items.map(work));
}
