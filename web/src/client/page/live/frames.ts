/** The pictures of a video that there is time for. */

import { KerasportError, quote } from '../../errors.js';
import { isA } from '../../reading/sources.js';

/** Checks that a value is a video that shows something, or will. */
export function checkVideo(value: unknown): asserts value is HTMLVideoElement {
  const isVideo = isA('HTMLVideoElement', value);
  const video = value as HTMLVideoElement;
  if (isVideo && video.networkState !== video.NETWORK_EMPTY) return;
  const name = isVideo ? 'a <video> without a source' : quote(value);
  throw new KerasportError(
    'invalid-argument',
    `The video is ${name}. Expected a <video> element with one, as openCamera() has it.`,
  );
}

/**
 * Gives the present picture of a video whenever one is asked for: those that were shown meanwhile are
 * left out. Waits while the video is paused or out of sight; ends with it, or when its source is
 * taken away.
 *
 * @throws the signal's reason; `picture-unreadable` where the video cannot be played.
 */
export async function* frames(
  video: HTMLVideoElement,
  signal?: AbortSignal,
): AsyncGenerator<HTMLCanvasElement, void, undefined> {
  const left = new AbortController();
  try {
    for (let isThere = true; isThere; ) {
      signal?.throwIfAborted();
      // From now on, so that what is shown while this one is answered is not missed.
      const next = nextPicture(video, left.signal, signal);
      // Told below, or to nobody.
      next.catch(() => {});
      if (hasPicture(video)) yield frozen(video);
      isThere = (await next) && !isGone(video);
    }
  } finally {
    left.abort();
  }
}

function hasPicture(video: HTMLVideoElement): boolean {
  return video.readyState >= video.HAVE_CURRENT_DATA && video.videoWidth > 0;
}

/** Waits for another picture; false where there will be none. */
function nextPicture(
  video: HTMLVideoElement,
  left: AbortSignal,
  signal?: AbortSignal,
): Promise<boolean> {
  const settled = new AbortController();
  const once = { signal: settled.signal };
  left.addEventListener('abort', () => settled.abort(), once);
  return new Promise<boolean>((resolve, reject) => {
    if (isOver(video)) return resolve(false);
    signal?.addEventListener('abort', () => reject(signal.reason), once);
    for (const name of ['ended', 'emptied']) {
      video.addEventListener(name, () => resolve(false), once);
    }
    video.addEventListener('error', () => reject(unplayable(video)), once);
    // Neither is called while the page is out of sight. The first is missing in older browsers.
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(() => resolve(true));
    else requestAnimationFrame(() => resolve(true));
  }).finally(() => settled.abort());
}

function isOver(video: HTMLVideoElement): boolean {
  return video.ended || isGone(video);
}

/** Whether there is nothing to show any more: a camera was switched off, or the source taken away. */
function isGone({ srcObject, networkState, NETWORK_EMPTY }: HTMLVideoElement): boolean {
  const isOff = isA('MediaStream', srcObject) && !(srcObject as MediaStream).active;
  return isOff || networkState === NETWORK_EMPTY;
}

function unplayable({ error }: HTMLVideoElement): KerasportError {
  const reason = error?.message || 'the browser does not say why';
  return new KerasportError('picture-unreadable', `The video cannot be played: ${reason}.`);
}

/** The present picture: what is shown of it is what was classified. */
function frozen(video: HTMLVideoElement): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return canvas;
}
