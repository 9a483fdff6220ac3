/** One picture and its answer. */

import type {
  Classification,
  Label,
  LabelClassification,
  Metadata,
  Prediction,
} from '../../client/index.js';
import { element } from '../page/elements.js';
import { formatMilliseconds, formatShare } from '../page/format.js';
import { strings } from '../page/strings.js';
import { labelsAnnouncement, labelsView } from './labels-view.js';

/** What is known besides the answer itself. */
export interface ResultContext {
  readonly backend: string;
  /** The true class, where known. */
  readonly label: string | null;
  readonly metadata: Metadata;
  /** Whether it follows another answer in place: nothing moves in then. */
  readonly quiet: boolean;
  /** What the picture is called, where it has a name of its own. */
  readonly name: string | null;
  /** Leads to the pictures beside it, where it is one of many. */
  readonly steps: HTMLElement | null;
  /** The true labels of a model of several, where known. */
  readonly labels: readonly string[] | null;
  /** What corrects the answer; null where it cannot be. */
  readonly correct: HTMLElement | null;
  /** Adds the heat map, where there is one to be had: of the answer, or of a label. */
  readonly why:
    | ((frame: HTMLElement, note: HTMLElement, label?: Label) => HTMLButtonElement)
    | null;
}

/** The picture, what the model sees of it, and the most probable classes, or the labels that hold. */
export function resultView(
  picture: HTMLElement,
  answer: Classification | LabelClassification,
  context: ResultContext,
): HTMLElement {
  const { backend, quiet, name, steps, why } = context;
  const { input, milliseconds } = answer;
  const seen = frameOf(inputView(input));
  const note = element('p', { class: 'hint why__note', hidden: true });
  const size = strings.result.inputSize(input.width, input.height);
  return element(
    'div',
    { class: quiet ? 'answer answer--quiet' : 'answer' },
    name === null && steps === null ? null : nameView(name ?? '', steps),
    element(
      'div',
      { class: 'pictures' },
      figureView(frameOf(picture), strings.result.picture),
      element(
        'div',
        { class: 'seen' },
        figureView(seen, strings.result.input, size),
        why && answer.kind === 'probabilities' ? why(seen, note) : null,
      ),
    ),
    note,
    answer.familiar ? null : strangeView(answer.novelty ?? 1),
    ...(answer.kind === 'labels'
      ? labelsView(answer, {
          truth: context.labels,
          why: why && ((label) => why(seen, note, label)),
        })
      : classesView(answer, context)),
    context.correct,
    element(
      'div',
      { class: 'facts' },
      element(
        'dl',
        {},
        element('dt', {}, strings.result.time),
        element('dd', { id: 'time' }, formatMilliseconds(milliseconds.total)),
        element('dt', {}, strings.result.backend),
        element('dd', { id: 'backend' }, backend),
      ),
    ),
  );
}

/** What stands below the picture where one class is chosen. */
function classesView(
  { predictions, isSure, familiar }: Classification,
  { label, metadata }: ResultContext,
): (HTMLElement | null)[] {
  const [best] = predictions;
  const isRelied = isSure && familiar;
  return [
    // That it is strange says more, and stands above.
    isSure || !familiar ? null : unsureView(best, metadata),
    element(
      'ol',
      {
        class: isRelied ? 'predictions predictions--sure' : 'predictions',
        'aria-label': strings.result.predictions,
      },
      ...predictions.map((prediction, rank) => predictionView(prediction, isRelied && rank === 0)),
    ),
    label === null ? null : truthView(label, best.className === label),
  ];
}

/** The answer in one sentence, for those who listen. */
export function announcementOf(answer: Classification | LabelClassification): string {
  const told = answer.kind === 'labels' ? labelsAnnouncement(answer) : classAnnouncement(answer);
  return answer.familiar ? told : strings.result.announceStrange(told);
}

function classAnnouncement({ predictions: [best], isSure }: Classification): string {
  const announce = isSure ? strings.result.announce : strings.result.announceUnsure;
  return announce(best.className, best.probability);
}

/** What the picture is called, whole, and the way to those beside it. */
function nameView(name: string, steps: HTMLElement | null): HTMLElement {
  return element(
    'div',
    { class: 'picture-name' },
    element('h2', { class: 'picture-name__text', dir: 'auto', id: 'picture-name' }, name),
    steps,
  );
}

function strangeView(novelty: number): HTMLElement {
  return element(
    'div',
    { class: 'unsure', 'data-testid': 'strange' },
    element('p', { class: 'unsure__title' }, strings.result.strange),
    element('p', { class: 'hint' }, strings.result.strangeWhy(novelty)),
  );
}

function unsureView({ className }: Prediction, { confidenceThreshold }: Metadata): HTMLElement {
  return element(
    'div',
    { class: 'unsure', 'data-testid': 'unsure' },
    element('p', { class: 'unsure__title' }, strings.result.unsure),
    element('p', { class: 'hint' }, strings.result.unsureWhy(className, confidenceThreshold ?? 0)),
  );
}

function frameOf(picture: HTMLElement): HTMLElement {
  return element('div', { class: 'frame' }, picture);
}

function figureView(frame: HTMLElement, caption: string, note = ''): HTMLElement {
  return element(
    'figure',
    { class: 'figure' },
    frame,
    element(
      'figcaption',
      {},
      // The space is outside: within its box it would not be seen.
      note ? `${caption} ` : caption,
      note ? element('span', { class: 'figure__note' }, note) : null,
    ),
  );
}

function inputView({ data, width, height, channels }: Classification['input']): HTMLElement {
  const canvas = element('canvas', {
    id: 'model-input',
    class: 'pixelated',
    width,
    height,
    role: 'img',
    'aria-label': strings.result.inputAlt(width, height),
  });
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      image.data[pixel * 4 + channel] = data[pixel * channels + (channels === 1 ? 0 : channel)];
    }
    image.data[pixel * 4 + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

function truthView(label: string, right: boolean): HTMLElement {
  return element(
    'p',
    { class: 'truth', id: 'true-class' },
    `${strings.result.truth}: `,
    element('strong', { dir: 'auto' }, label),
    ' ',
    element(
      'span',
      { class: right ? 'badge badge--right' : 'badge badge--wrong' },
      right ? strings.result.right : strings.result.wrong,
    ),
  );
}

/** One class with its probability; the answer itself is large. */
function predictionView({ className, probability }: Prediction, isAnswer: boolean): HTMLElement {
  const bar = element('span', { class: 'bar__fill' });
  bar.style.setProperty('--share', String(probability));
  const name = element('span', { class: 'prediction__class', dir: 'auto' }, className);
  if (isAnswer) name.id = 'best-class';
  const row = element(
    'li',
    { class: 'prediction', 'data-testid': 'prediction' },
    name,
    element('span', { class: 'bar', 'aria-hidden': 'true' }, bar),
    element('span', { class: 'prediction__share' }, formatShare(probability)),
  );
  row.dataset.className = className;
  row.dataset.probability = String(probability);
  return row;
}
