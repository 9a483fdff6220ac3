/** The camera: on, off, which one, and who is told. */

import type { CameraOptions, Camera as OpenCamera } from '../../client/index.js';

/** What happens with the camera. */
export interface CameraHandlers {
  /** Switches one on. */
  open(options: CameraOptions): Promise<OpenCamera>;
  /** Answers what the video shows, until it ends or the signal says so. */
  watch(video: HTMLVideoElement, signal: AbortSignal): Promise<void>;
  problem(error: unknown): void;
  /** A camera is on. */
  started(camera: OpenCamera): void;
  /** It was switched off, or went away. */
  stopped(): void;
}

/** A camera whose picture is shown in a video element. */
export class Camera {
  #on: AbortController | undefined;
  #isShown = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly handlers: CameraHandlers,
  ) {}

  /** Switches on, or over to another camera. */
  async start(deviceId?: string): Promise<void> {
    this.#on?.abort();
    const on = new AbortController();
    this.#on = on;
    const { video, handlers } = this;
    try {
      const wish = deviceId === undefined ? {} : { deviceId };
      const camera = await handlers.open({ video, signal: on.signal, ...wish });
      this.#isShown = true;
      handlers.started(camera);
      await handlers.watch(video, on.signal);
      // It was pulled out.
      if (this.#on === on) this.stop();
    } catch (error) {
      if (on.signal.aborted) return;
      this.stop();
      handlers.problem(error);
    }
  }

  /** Switches off; the camera's light goes out. */
  stop(): void {
    this.#on?.abort();
    this.#on = undefined;
    if (this.#isShown) this.handlers.stopped();
    this.#isShown = false;
  }
}
