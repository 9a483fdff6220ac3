/** The page's places, and what stands in them before anything is known of the model. */

import { button, chooser, element } from './elements.js';
import { strings } from './strings.js';
import { type Tabs, tabsView } from './tabs.js';

/** The page while a model is in use. */
export interface Page {
  readonly root: HTMLElement;
  readonly title: HTMLElement;
  readonly summary: HTMLElement;
  readonly aboutButton: HTMLButtonElement;
  readonly tabs: Tabs<Way>;
  readonly dropZone: HTMLElement;
  readonly fileInput: HTMLInputElement;
  readonly folderInput: HTMLInputElement;
  /** Opens the camera's own program, on a phone. */
  readonly takeInput: HTMLInputElement;
  readonly pasteButton: HTMLButtonElement;
  readonly cameraPanel: HTMLElement;
  readonly drawingPanel: HTMLElement;
  readonly samples: HTMLElement;
  /** Where one picture and its answer are. */
  readonly one: HTMLElement;
  /** Leads from one picture back to the table it is in. */
  readonly backToMany: HTMLButtonElement;
  readonly result: HTMLElement;
  /** Where the table of many pictures is. */
  readonly many: HTMLElement;
  readonly status: HTMLElement;
}

/** How pictures come in. */
export type Way = 'files' | 'camera' | 'drawing';

/** The whole page, empty. */
export function pageView(): Page {
  const title = element('h1', { class: 'title' }, ' ');
  const summary = element('p', { class: 'summary' }, strings.loading);
  const aboutButton = button(strings.about.open, () => {}, {
    id: 'about-button',
    'aria-haspopup': 'dialog',
    disabled: true,
  });
  const status = element('p', { id: 'status', class: 'status', role: 'status' }, strings.loading);
  const files = filesPanel();
  const cameraPanel = element('div', { class: 'panel' });
  const drawingPanel = element('div', { class: 'panel' });
  const tabs = tabsView<Way>(strings.ways.label, [
    { id: 'files', label: strings.ways.files, panel: files.dropZone },
    { id: 'camera', label: strings.ways.camera, panel: cameraPanel },
    { id: 'drawing', label: strings.ways.drawing, panel: drawingPanel },
  ]);
  tabs.offer('drawing', false);
  const samples = element('div', { id: 'samples', class: 'column column--samples' });
  const result = element('section', {
    id: 'result',
    class: 'card result',
    'aria-label': strings.result.title,
  });
  result.append(emptyResultView());
  const backToMany = button(strings.result.back, () => {}, { id: 'back-to-many', hidden: true });
  const one = element(
    'div',
    { class: 'columns' },
    element(
      'div',
      { class: 'column' },
      backToMany,
      element('div', { class: 'card input' }, tabs.root, status),
    ),
    element('div', { class: 'column column--result' }, result),
    samples,
  );
  const many = element('div', { hidden: true });
  const root = element(
    'div',
    { class: 'page page--waiting' },
    element(
      'header',
      { class: 'header' },
      element(
        'div',
        { class: 'header__text' },
        element('p', { class: 'kicker' }, strings.kicker),
        title,
        summary,
      ),
      aboutButton,
    ),
    element('main', {}, one, many),
    element('footer', { class: 'footer' }, strings.footer),
  );
  return {
    root,
    title,
    summary,
    aboutButton,
    tabs,
    ...files,
    cameraPanel,
    drawingPanel,
    samples,
    one,
    backToMany,
    result,
    many,
    status,
  };
}

function filesPanel() {
  const fileInput = element('input', {
    id: 'file-input',
    class: 'visually-hidden',
    type: 'file',
    accept: 'image/*',
    multiple: true,
    'aria-label': strings.drop.label,
    disabled: true,
  });
  const folderInput = element('input', {
    id: 'folder-input',
    class: 'visually-hidden',
    type: 'file',
    webkitdirectory: true,
    'aria-label': strings.drop.folderLabel,
    disabled: true,
  });
  const takeInput = element('input', {
    id: 'take-input',
    class: 'visually-hidden',
    type: 'file',
    accept: 'image/*',
    capture: 'environment',
    'aria-label': strings.drop.take,
    disabled: true,
  });
  const pasteButton = button(strings.drop.paste, () => {}, { id: 'paste-button', disabled: true });
  const dropZone = element(
    'div',
    { id: 'drop-zone', class: 'panel drop-zone' },
    // The style sheet shows one of the two: what is dropped with a mouse is taken with a phone.
    element(
      'div',
      { class: 'with-mouse' },
      element('p', { class: 'drop-zone__title' }, strings.drop.title),
      element('p', { class: 'hint' }, strings.drop.hint(pasteKeys())),
    ),
    element(
      'div',
      { class: 'with-finger' },
      element('p', { class: 'drop-zone__title' }, strings.drop.takeTitle),
      element('p', { class: 'hint' }, strings.drop.takeHint),
    ),
    element(
      'div',
      { class: 'buttons' },
      element(
        'span',
        { class: 'with-finger' },
        ...chooser(takeInput, strings.drop.take, 'button--primary'),
      ),
      ...chooser(fileInput, strings.drop.choose, 'button--primary choose'),
      element(
        'span',
        { class: 'buttons with-mouse' },
        ...chooser(folderInput, strings.drop.folder),
        pasteButton,
      ),
    ),
  );
  return { dropZone, fileInput, folderInput, takeInput, pasteButton };
}

function pasteKeys(): string {
  return /Mac|iP(hone|ad)/.test(navigator.userAgent) ? '⌘V' : 'Ctrl+V';
}

/** The result before there is one. */
export function emptyResultView(): HTMLElement {
  return element(
    'div',
    { class: 'empty' },
    element('span', { class: 'empty__bars', 'aria-hidden': 'true' }),
    element('p', {}, strings.result.empty),
  );
}

/** A message in the place of a result; the page stays usable. */
export function problemView(message: string): HTMLElement {
  return element(
    'div',
    { class: 'problem', 'data-testid': 'problem' },
    element('p', { class: 'problem__title' }, strings.errors.title),
    element('p', {}, message),
  );
}

/** The whole page when there is no model; `bundleInput` takes one. */
export function missingModelView(bundleInput: HTMLInputElement): HTMLElement {
  return fullPageView(
    bundleInput,
    strings.missing.afterwards,
    element('h1', {}, strings.missing.title),
    element('p', {}, strings.missing.text),
    element('pre', {}, element('code', {}, strings.missing.command)),
  );
}

/** The whole page when the model is there but of no use. */
export function brokenModelView(message: string, bundleInput: HTMLInputElement): HTMLElement {
  return fullPageView(
    bundleInput,
    strings.broken.afterwards,
    element('h1', {}, strings.broken.title),
    element('p', {}, message),
  );
}

/** Takes the folder of another model. */
export function bundleChooser(id: string): HTMLInputElement {
  return element('input', {
    id,
    class: 'visually-hidden',
    type: 'file',
    webkitdirectory: true,
    'aria-label': strings.about.otherLabel,
  });
}

function fullPageView(
  bundleInput: HTMLInputElement,
  invitation: string,
  ...children: readonly HTMLElement[]
): HTMLElement {
  return element(
    'main',
    { class: 'full-page', id: 'message' },
    element(
      'div',
      { class: 'card full-page__card' },
      element('div', { class: 'full-page__text', role: 'alert' }, ...children),
      element('p', {}, invitation),
      element('div', { class: 'buttons' }, ...chooser(bundleInput, strings.missing.choose)),
    ),
  );
}
