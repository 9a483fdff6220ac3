/** Keeps the page, when it is served, for use without a network. */

const CACHE = 'kerasport';
const PAGE = [
  './',
  'index.html',
  'manifest.webmanifest',
  'icons/icon.svg',
  'icons/icon-512.png',
  'dist/demo.css',
  'dist/demo.js',
  'dist/kerasport.iife.js',
  'model/model.js',
];
// Fetched by the page only where they are faster.
const EXTRAS = ['dist/kerasport-webgl.iife.js', 'dist/kerasport-webgpu.iife.js'];

addEventListener('install', (event) => {
  event.waitUntil(keep());
});

addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && new URL(request.url).origin === location.origin) {
    event.respondWith(answer(request));
  }
});

async function keep() {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: a page of yesterday with a model of today would not fit.
  const fresh = (path) => new Request(path, { cache: 'reload' });
  await cache.addAll(PAGE.map(fresh));
  await Promise.allSettled(EXTRAS.map((path) => cache.add(fresh(path))));
  await self.skipWaiting();
}

/** What the server has now; without a network, what it had last. */
async function answer(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
