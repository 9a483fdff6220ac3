/** The camera's picture with its buttons. */

import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { Camera, type CameraHandlers } from './camera.js';

/** What happens with the camera. */
export interface CameraViewHandlers extends Pick<CameraHandlers, 'open' | 'watch' | 'problem'> {
  /** Keeps the present picture, before the camera goes off. */
  keep(video: HTMLVideoElement): void;
  status(message: string): void;
}

/** Fills the panel; returns the camera, which is off. */
export function showCamera(panel: HTMLElement, handlers: CameraViewHandlers): Camera {
  const text = strings.camera;
  const video = element('video', {
    id: 'camera-video',
    class: 'viewfinder__video',
    'aria-label': text.video,
  });
  const start = button(
    text.start,
    async () => {
      handlers.status(text.starting);
      await camera.start();
    },
    { id: 'camera-start', class: 'button button--primary' },
  );
  const stop = button(
    text.stop,
    () => {
      camera.stop();
      start.focus();
    },
    { id: 'camera-stop', hidden: true },
  );
  const freeze = button(
    text.freeze,
    () => {
      handlers.keep(video);
      start.focus();
    },
    { id: 'camera-freeze', class: 'button button--primary', hidden: true },
  );
  const choice = element('select', {
    id: 'camera-choice',
    class: 'select',
    'aria-label': text.choose,
    hidden: true,
  });
  choice.addEventListener('change', () => camera.start(choice.value));
  const camera = new Camera(video, {
    open: handlers.open,
    watch: handlers.watch,
    problem: handlers.problem,
    started({ devices, deviceId, facesUser }) {
      video.classList.toggle('viewfinder__video--mirror', facesUser);
      const hadFocus = document.activeElement === start;
      const options = devices.map((device, index) =>
        element('option', { value: device.deviceId }, device.label || text.unnamed(index + 1)),
      );
      choice.replaceChildren(...options);
      if (deviceId) choice.value = deviceId;
      choice.hidden = devices.length < 2;
      start.hidden = true;
      stop.hidden = false;
      freeze.hidden = false;
      if (hadFocus) freeze.focus();
      handlers.status(text.running);
    },
    stopped() {
      start.hidden = false;
      stop.hidden = true;
      freeze.hidden = true;
      choice.hidden = true;
      handlers.status(text.stopped);
    },
  });
  addEventListener('pagehide', () => camera.stop());
  panel.replaceChildren(
    element('div', { class: 'viewfinder' }, video),
    element('p', { class: 'hint' }, text.hint),
    element('div', { class: 'buttons' }, start, freeze, stop, choice),
  );
  return camera;
}
