/**
 * `<image-classifier model="folder/">`: a picture chooser with the model's answer, for any page.
 *
 * Attributes: `model`, the address of an exported folder (without it, the model embedded in the
 * page); `top-k`, how many classes are named (3); and every text that is shown: `label`,
 * `busy-label`, `unsure-label`. Parts for styling: `label`, `input`, `status`, `predictions`,
 * `prediction`. Fires `classification` with a `Classification` as its detail, and
 * `classificationerror` with the error.
 */

import type { Classification } from './api.js';
import type { Classifier } from './classifier.js';
import { loadClassifier } from './index.js';

const TEXTS = { label: 'Choose a picture', 'busy-label': 'Working …', 'unsure-label': 'Not sure' };

/** The element's attributes, each a text, for frameworks that check templates. */
export interface ImageClassifierAttributes {
  /** Address of an exported folder; without it, the model embedded in the page. */
  model?: string;
  /** How many classes are named; 3 unless told. */
  'top-k'?: number | string;
  label?: string;
  'busy-label'?: string;
  'unsure-label'?: string;
}

/** The events that the element fires, beside those of every element. */
export interface ImageClassifierEventMap extends HTMLElementEventMap {
  classification: CustomEvent<Classification>;
  /** Its detail is a `KerasportError` wherever the library itself failed. */
  classificationerror: CustomEvent<Error>;
}

type Listener<Name extends keyof ImageClassifierEventMap> = (
  this: ImageClassifierElement,
  event: ImageClassifierEventMap[Name],
) => unknown;

/** What listening is called, with the element's own events. */
export interface ImageClassifierElement {
  addEventListener<Name extends keyof ImageClassifierEventMap>(
    type: Name,
    listener: Listener<Name>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Name extends keyof ImageClassifierEventMap>(
    type: Name,
    listener: Listener<Name>,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

// A server that renders a page imports this too, and has no elements.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** The element's class, for whoever wants another name or a class of their own. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what is added is there already
export class ImageClassifierElement extends Base {
  static readonly observedAttributes = ['model', 'label'];

  readonly #caption = part('span', 'label');
  readonly #input = part('input', 'input');
  readonly #status = part('p', 'status');
  readonly #list = part('ol', 'predictions');
  #ready: Promise<Classifier> | undefined;
  #asked = 0;

  constructor() {
    super();
    this.#input.type = 'file';
    this.#input.accept = 'image/*';
    this.#input.addEventListener('change', () => {
      const [file] = this.#input.files ?? [];
      if (file) this.classify(file);
    });
    this.#status.setAttribute('role', 'status');
    const label = document.createElement('label');
    label.append(this.#caption, ' ', this.#input);
    this.attachShadow({ mode: 'open' }).append(label, this.#status, this.#list);
  }

  connectedCallback(): void {
    this.#caption.textContent = this.#text('label');
  }

  disconnectedCallback(): void {
    this.#free();
  }

  attributeChangedCallback(name: string): void {
    if (name === 'model') this.#free();
    else this.#caption.textContent = this.#text('label');
  }

  /** Classifies a picture as if it had been chosen. */
  async classify(picture: Blob): Promise<Classification | undefined> {
    const turn = ++this.#asked;
    this.#list.replaceChildren();
    this.#status.textContent = this.#text('busy-label');
    try {
      this.#ready ??= loadClassifier(this.getAttribute('model') ?? undefined);
      const classifier = await this.#ready;
      const topK = Number(this.getAttribute('top-k') ?? 3);
      const answer = await classifier.classify(picture, { topK });
      // A later picture overtakes an earlier one.
      if (turn === this.#asked) this.#show(answer);
      return answer;
    } catch (error) {
      if (turn !== this.#asked) return undefined;
      this.#ready?.catch(() => this.#free());
      this.#status.textContent = error instanceof Error ? error.message : String(error);
      this.dispatchEvent(new CustomEvent('classificationerror', { detail: error }));
      return undefined;
    }
  }

  #show(answer: Classification): void {
    const { predictions, isSure } = answer;
    this.#status.textContent = isSure
      ? (predictions[0]?.className ?? '')
      : this.#text('unsure-label');
    const percent = new Intl.NumberFormat(
      this.closest('[lang]')?.getAttribute('lang') || undefined,
      {
        style: 'percent',
        minimumFractionDigits: 1,
      },
    );
    this.#list.replaceChildren(
      ...predictions.map(({ className, probability }) => {
        const item = part('li', 'prediction');
        item.textContent = `${className} ${percent.format(probability)}`;
        return item;
      }),
    );
    this.dispatchEvent(new CustomEvent('classification', { detail: answer }));
  }

  #text(name: keyof typeof TEXTS): string {
    return this.getAttribute(name) ?? TEXTS[name];
  }

  #free(): void {
    this.#ready?.then(
      (classifier) => classifier.dispose(),
      () => {},
    );
    this.#ready = undefined;
  }
}

function part<Name extends keyof HTMLElementTagNameMap>(
  tag: Name,
  name: string,
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(tag);
  element.setAttribute('part', name);
  return element;
}

declare global {
  interface HTMLElementTagNameMap {
    'image-classifier': ImageClassifierElement;
  }
}

// Twice in one page it comes from two bundles, or as a script and as a module: the first one stays.
const registry = globalThis.customElements;
if (registry && !registry.get('image-classifier')) {
  registry.define('image-classifier', ImageClassifierElement);
}
