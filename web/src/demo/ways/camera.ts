/** The camera: on, off, which one, and a call for each picture that there is time for. */

export type CameraProblem = 'cameraRefused' | 'cameraMissing' | 'cameraBusy' | 'cameraInsecure';

/** What happens with the camera's pictures. */
export interface CameraHandlers {
  /** Answers the current picture; the next one waits for it. */
  frame(video: HTMLVideoElement): Promise<void>;
  problem(kind: CameraProblem): void;
  /**
   * The cameras that can be chosen, once there is permission to know, and whether the one that is
   * on looks at whoever holds it.
   */
  cameras(all: readonly MediaDeviceInfo[], current: string | undefined, facesUser: boolean): void;
  /** The camera was switched off, or went away. */
  stopped(): void;
}

/** A camera whose picture is shown in a video element. */
export class Camera {
  #stream: MediaStream | null = null;
  #session = 0;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly handlers: CameraHandlers,
  ) {}

  /** Switches on, or over to another camera. */
  async start(deviceId?: string): Promise<void> {
    const session = ++this.#session;
    this.#release();
    // Missing on pages that the browser holds unsafe.
    if (!navigator.mediaDevices?.getUserMedia) {
      this.handlers.problem('cameraInsecure');
      return;
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: deviceId ? { deviceId: { exact: deviceId } } : { facingMode: 'environment' },
      });
      if (session !== this.#session) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.#stream = stream;
      const [track] = stream.getVideoTracks();
      track.addEventListener('ended', () => this.stop());
      this.video.srcObject = stream;
      await this.video.play();
      const devices = await navigator.mediaDevices.enumerateDevices();
      const { deviceId: current, facingMode } = track.getSettings();
      // A computer does not tell, and its camera sits above the screen.
      const facesUser = facingMode === undefined || facingMode === 'user';
      const cameras = devices.filter(({ kind }) => kind === 'videoinput');
      this.handlers.cameras(cameras, current, facesUser);
    } catch (error) {
      if (session !== this.#session) return;
      this.stop();
      this.handlers.problem(problemOf(error));
      return;
    }
    await this.#watch(session);
  }

  /** Switches off; the camera's light goes out. */
  stop(): void {
    if (!this.#stream) return;
    this.#session += 1;
    this.#release();
    this.handlers.stopped();
  }

  #release(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.video.srcObject = null;
  }

  async #watch(session: number): Promise<void> {
    for (;;) {
      await nextFrame();
      if (session !== this.#session) return;
      await this.handlers.frame(this.video);
    }
  }
}

/** Waits until the page is drawn again: never while it is out of sight. */
function nextFrame(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

function problemOf(error: unknown): CameraProblem {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'cameraRefused';
  return name === 'NotFoundError' || name === 'OverconstrainedError'
    ? 'cameraMissing'
    : 'cameraBusy';
}
