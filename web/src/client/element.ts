/**
 * `<image-classifier model="folder/">`: a picture chooser with the model's answer, for any page.
 *
 * Attributes and events are those of the interfaces below; the attributes are properties too (`topK`
 * for `top-k`). Parts for styling: `label`, `input`, `status`, `predictions`, `prediction`.
 */

import type {
  AnswerOf,
  Classification,
  LabelClassification,
  LoadedBytes,
  LoadStage,
  WantedKind,
} from './api.js';
import type { BackendChoice } from './backends.js';
import type { Classifier, ClassifierOf, LabelClassifier } from './classifier.js';
import type { OutputKind } from './constants.generated.js';
import { formatShare, KerasportError, loadClassifier } from './index.js';
import type { ImageSource } from './reading/sources.js';

const TEXTS = {
  label: 'Choose a picture',
  'busy-label': 'Working …',
  'unsure-label': 'Not sure',
  'nothing-label': 'Nothing found',
  'strange-label': 'Unlike anything it was trained on',
};

/** The element's attributes, for frameworks that check templates. */
export interface ImageClassifierAttributes {
  /**
   * Address of an exported folder, or `embedded:name` for the `model.js` of that name; without it, the
   * last model embedded in the page.
   */
  model?: string;
  /**
   * Which models the page can show, as in `loadClassifier`: those of several labels only where it says
   * `labels` or `any`, because their answers come as another event.
   */
  kind?: WantedKind;
  /** How many classes are named; 3 unless told. Labels that hold are all named. */
  'top-k'?: number | string;
  /** `eager` loads the model with the page, `lazy` (the default) with the first picture. */
  loading?: 'eager' | 'lazy';
  /** Where to run, as in `loadClassifier`. */
  backend?: BackendChoice;
  /** Address of `kerasport-worker.js`, as in `loadClassifier`. */
  'worker-url'?: string;
  /** On a phone the chooser opens this camera. */
  capture?: 'environment' | 'user';
  /** Takes no pictures. */
  disabled?: boolean;
  label?: string;
  'busy-label'?: string;
  'unsure-label'?: string;
  'nothing-label'?: string;
  /** Shown where the picture is unlike anything that the model was trained on. */
  'strange-label'?: string;
}

/** How far the loading of a model is. */
export interface ModelProgress {
  /** In 0..1. */
  readonly fraction: number;
  readonly what: LoadStage;
  readonly bytes: LoadedBytes;
}

/** The events that the element fires, beside those of every element. They bubble. */
export interface ImageClassifierEventMap extends HTMLElementEventMap {
  /** Its `familiar` says whether the picture is like those that the model was trained on. */
  classification: CustomEvent<Classification>;
  /** The answer of a model of several labels. */
  labelclassification: CustomEvent<LabelClassification>;
  /** Its detail is a `KerasportError` wherever the library itself failed, while loading too. */
  classificationerror: CustomEvent<Error>;
  modelload: CustomEvent<Classifier>;
  modelprogress: CustomEvent<ModelProgress>;
}

type Listener<Name extends keyof ImageClassifierEventMap> = (
  this: ImageClassifierElement,
  event: ImageClassifierEventMap[Name],
) => unknown;

/** The names of the properties that are attributes. */
const PROPERTIES = {
  model: 'model',
  kind: 'kind',
  topK: 'top-k',
  loading: 'loading',
  backend: 'backend',
  workerUrl: 'worker-url',
  capture: 'capture',
  label: 'label',
  busyLabel: 'busy-label',
  unsureLabel: 'unsure-label',
  nothingLabel: 'nothing-label',
  strangeLabel: 'strange-label',
} as const satisfies Record<string, keyof ImageClassifierAttributes>;

/** What another model is loaded for. */
const OF_THE_MODEL: readonly string[] = ['model', 'kind', 'backend', 'worker-url'];

/** What listening is called, with the element's own events; and the attributes as properties. */
export interface ImageClassifierElement {
  model: string | null;
  kind: WantedKind | null;
  topK: number | string | null;
  loading: 'eager' | 'lazy' | null;
  backend: BackendChoice | null;
  workerUrl: string | null;
  capture: 'environment' | 'user' | null;
  label: string | null;
  busyLabel: string | null;
  unsureLabel: string | null;
  nothingLabel: string | null;
  strangeLabel: string | null;
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
  static readonly observedAttributes = [...Object.values(PROPERTIES), 'disabled'];

  static {
    for (const [property, attribute] of Object.entries(PROPERTIES)) {
      Object.defineProperty(ImageClassifierElement.prototype, property, {
        configurable: true,
        enumerable: true,
        get(this: ImageClassifierElement) {
          return this.getAttribute(attribute);
        },
        set(this: ImageClassifierElement, value: unknown) {
          if (value == null) this.removeAttribute(attribute);
          else this.setAttribute(attribute, String(value));
        },
      });
    }
  }

  readonly #caption = part('span', 'label');
  readonly #input = part('input', 'input');
  readonly #status = part('p', 'status');
  readonly #list = part('ol', 'predictions');
  #ready: Promise<Classifier | LabelClassifier> | undefined;
  #given: Classifier | LabelClassifier | null = null;
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

  /** Whether it takes no pictures. */
  get disabled(): boolean {
    return this.hasAttribute('disabled');
  }

  set disabled(value: boolean) {
    this.toggleAttribute('disabled', value);
  }

  /** A classifier of the page's own, for several elements with one model; null without. */
  get classifier(): Classifier | LabelClassifier | null {
    return this.#given;
  }

  set classifier(value: Classifier | LabelClassifier | null) {
    this.#given = value;
    this.#begin();
  }

  connectedCallback(): void {
    // What was set before the element was known hides the property.
    for (const name of [...Object.keys(PROPERTIES), 'disabled', 'classifier']) {
      if (!Object.hasOwn(this, name)) continue;
      const value: unknown = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
    this.#caption.textContent = this.#text('label');
    this.#loadEarly();
  }

  disconnectedCallback(): void {
    // One that only moves to another place is back at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.#free();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === 'label') this.#caption.textContent = this.#text('label');
    else if (name === 'disabled') this.#input.disabled = this.disabled;
    else if (name === 'capture') this.#capture(after);
    else if (name === 'loading') this.#loadEarly();
    else if (OF_THE_MODEL.includes(name)) this.#begin();
  }

  /**
   * Loads the model, instead of with the first picture; once. Its type is that of the element's `kind`.
   */
  load<Kind extends WantedKind = 'probabilities'>(): Promise<ClassifierOf<Kind>> {
    return this.#load() as Promise<ClassifierOf<Kind>>;
  }

  #load(): Promise<Classifier | LabelClassifier> {
    if (this.#given) return Promise.resolve(this.#given);
    if (this.#ready) return this.#ready;
    const { model, backend, workerUrl } = this;
    const loading = loadClassifier(model ?? undefined, {
      // What is wrong with it is refused like every wrong argument.
      kind: (this.kind ?? 'probabilities') as 'any',
      ...(backend !== null && { backend }),
      ...(workerUrl !== null && { workerUrl }),
      onProgress: (fraction, what, bytes) =>
        this.#tell('modelprogress', { fraction, what, bytes } satisfies ModelProgress),
    });
    this.#ready = loading;
    loading.then(
      (classifier) => {
        if (this.#ready === loading) this.#tell('modelload', classifier);
      },
      () => {
        // The next picture tries again.
        if (this.#ready === loading) this.#ready = undefined;
      },
    );
    return loading;
  }

  /**
   * Classifies a picture as if it had been chosen. The answer's type is that of the model's kind.
   */
  async classify<Kind extends OutputKind = 'probabilities'>(
    picture: ImageSource,
  ): Promise<AnswerOf<Kind> | undefined> {
    return (await this.#classify(picture)) as AnswerOf<Kind> | undefined;
  }

  async #classify(picture: ImageSource): Promise<Classification | LabelClassification | undefined> {
    const turn = ++this.#asked;
    this.#list.replaceChildren();
    this.#status.textContent = this.#text('busy-label');
    try {
      const topK = this.#topK();
      const classifier = await this.#load();
      const answer = await classifier.classify(picture, { topK });
      // A later picture overtakes an earlier one.
      if (turn === this.#asked) this.#show(answer);
      return answer;
    } catch (error) {
      if (turn === this.#asked) this.#fail(error);
      return undefined;
    }
  }

  #capture(which: string | null): void {
    if (which === null) this.#input.removeAttribute('capture');
    else this.#input.setAttribute('capture', which);
  }

  #topK(): number {
    const text = this.getAttribute('top-k') ?? '3';
    const topK = Number(text);
    if (Number.isInteger(topK) && topK >= 1) return topK;
    throw new KerasportError(
      'invalid-argument',
      `The attribute 'top-k' is ${JSON.stringify(text)}. Expected a whole number from 1.`,
    );
  }

  #show(answer: Classification | LabelClassification): void {
    if (answer.kind === 'labels') {
      this.#showLabels(answer);
      return;
    }
    const { predictions, isSure, familiar } = answer;
    const best = isSure ? (predictions[0]?.className ?? '') : this.#text('unsure-label');
    this.#status.textContent = familiar ? best : this.#text('strange-label');
    this.#list.replaceChildren(
      ...predictions.map(({ className, probability }) =>
        this.#item('prediction', className, probability),
      ),
    );
    this.#tell('classification', answer);
  }

  /** Names all labels that hold, and of the others as many as there is place for. */
  #showLabels(answer: LabelClassification): void {
    const { labels, held } = answer;
    this.#status.textContent =
      held.map(({ name }) => name).join(', ') || this.#text('nothing-label');
    const ranked = [...labels].sort(
      (a, b) => Number(b.holds) - Number(a.holds) || b.probability - a.probability,
    );
    this.#list.replaceChildren(
      ...ranked
        .slice(0, Math.max(held.length, this.#topK()))
        .map(({ name, probability, holds }) => {
          const item = this.#item(holds ? 'prediction held' : 'prediction', name, probability);
          if (holds) item.style.fontWeight = 'bold';
          return item;
        }),
    );
    this.#tell('labelclassification', answer);
  }

  #item(parts: string, name: string, probability: number): HTMLElement {
    const language = this.closest('[lang]')?.getAttribute('lang') || undefined;
    const item = part('li', parts);
    item.textContent = `${name} ${formatShare(probability, language)}`;
    return item;
  }

  #fail(error: unknown): void {
    this.#status.textContent = error instanceof Error ? error.message : String(error);
    this.#tell('classificationerror', error);
  }

  #tell(name: keyof ImageClassifierEventMap, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #text(name: keyof typeof TEXTS): string {
    return this.getAttribute(name) ?? TEXTS[name];
  }

  /** Begins anew with another model: the old one's answer goes. */
  #begin(): void {
    this.#asked += 1;
    this.#free();
    this.#status.textContent = '';
    this.#list.replaceChildren();
    this.#loadEarly();
  }

  #loadEarly(): void {
    if (!this.isConnected || this.loading !== 'eager' || this.#ready) return;
    const turn = this.#asked;
    this.#load().catch((error) => {
      if (turn === this.#asked) this.#fail(error);
    });
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
