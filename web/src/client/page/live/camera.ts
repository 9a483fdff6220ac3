/** The camera of the device: opened, shown in a video, switched off. */

import type { Camera, CameraOptions } from '../../api.js';
import { checkCameraOptions } from '../../arguments.js';
import { KerasportError, type KerasportErrorCode } from '../../errors.js';

// Browsers without it never ask for it.
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol('dispose');

const SENTENCES = {
  'camera-refused':
    "The camera was not allowed. Allow it for this page in the browser's settings, and an <iframe> " +
    'by allow="camera".',
  'camera-missing': 'No camera was found that is asked for. Connect one, or ask for another.',
  'camera-busy': 'The camera does not start. Close other programs that use it.',
  'camera-insecure':
    'Here the browser gives pages no camera. Serve the page over https or from localhost.',
} satisfies Partial<Record<KerasportErrorCode, string>>;

/**
 * Switches a camera on and shows what it sees in a video element, from where `classifyVideo` takes it.
 *
 * @throws {@link KerasportError} `camera-refused`, `camera-missing`, `camera-busy` or
 *   `camera-insecure`; the signal's reason.
 *
 * @example
 * ```js
 * const camera = await kerasport.openCamera({ video: document.querySelector('video') });
 * for await (const { predictions } of classifier.classifyVideo(camera.video)) show(predictions[0]);
 * ```
 */
export async function openCamera(options: CameraOptions = {}): Promise<Camera> {
  checkCameraOptions(options);
  const { facing = 'environment', deviceId, signal } = options;
  signal?.throwIfAborted();
  if (typeof document === 'undefined') throw problem('camera-missing');
  const video = options.video ?? document.createElement('video');
  // Missing on pages that the browser holds unsafe.
  if (!navigator.mediaDevices?.getUserMedia) throw problem('camera-insecure');
  let stream: MediaStream | undefined;
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    // By now it may show another one.
    if (stream && video.srcObject === stream) video.srcObject = null;
    signal?.removeEventListener('abort', stop);
  };
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: deviceId === undefined ? { facingMode: facing } : { deviceId: { exact: deviceId } },
    });
    signal?.throwIfAborted();
    signal?.addEventListener('abort', stop);
    // Without these phones show it on the whole screen, or not before a touch.
    video.muted = true;
    video.playsInline = true;
    video.srcObject = stream;
    await video.play();
    const devices = await navigator.mediaDevices.enumerateDevices();
    signal?.throwIfAborted();
    const settings = stream.getVideoTracks()[0]?.getSettings();
    return {
      video,
      stream,
      deviceId: settings?.deviceId,
      // A computer does not tell, and its camera sits above the screen.
      facesUser: (settings?.facingMode ?? 'user') === 'user',
      devices: devices.filter(({ kind }) => kind === 'videoinput'),
      stop,
      [DISPOSE]: stop,
    };
  } catch (error) {
    stop();
    signal?.throwIfAborted();
    throw problem(codeOf(error), error);
  }
}

function codeOf(error: unknown): keyof typeof SENTENCES {
  const name = error instanceof DOMException || error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'camera-refused';
  return name === 'NotFoundError' || name === 'OverconstrainedError'
    ? 'camera-missing'
    : 'camera-busy';
}

function problem(code: keyof typeof SENTENCES, cause?: unknown): KerasportError {
  return new KerasportError(code, SENTENCES[code], { cause });
}
