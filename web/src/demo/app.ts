/** The page at work: one model at a time, pictures from everywhere, one answer or a table. */

import type {
  BundleSource,
  CameraOptions,
  Classification,
  Classifier,
  ImageSource,
  Label,
  LabelClassification,
  LabelClassifier,
  Camera as OpenCamera,
} from '../client/index.js';
import { aboutView } from './about/about-view.js';
import { samplesView } from './about/samples-view.js';
import { summaryView } from './about/summary-view.js';
import { cellOf } from './corrections/cell.js';
import { Browsing } from './many/browsing.js';
import { Correcting } from './many/correcting.js';
import type { Row } from './many/rows.js';
import { tablesIn, truthsOf } from './many/true-labels.js';
import { type ManyHandlers, ManyView } from './many/view.js';
import { frozen, PictureView } from './one/picture-view.js';
import { announcementOf, resultView } from './one/result-view.js';
import { Settled } from './one/settled.js';
import { stepsView } from './one/steps-view.js';
import { type WhyContext, whyButton } from './one/why-button.js';
import {
  brokenModelView,
  bundleChooser,
  emptyResultView,
  type Page,
  problemView,
} from './page/page-view.js';
import { strings } from './page/strings.js';
import type { Camera } from './ways/camera.js';
import { showCamera } from './ways/camera-view.js';
import { wantsDrawings } from './ways/drawing.js';
import { showDrawingPad } from './ways/drawing-view.js';
import { bundleFiles, isBundle, type Picked, picturesIn } from './ways/dropped.js';
import { connectChooser, connectInputs } from './ways/inputs.js';

const SHOWN_CLASSES = 5;

/** What the page needs from outside. */
export interface Tools {
  load(source?: BundleSource): Promise<Classifier | LabelClassifier>;
  openCamera(options: CameraOptions): Promise<OpenCamera>;
  /** The sentence for an error. */
  explain(error: unknown): string;
}

/** How an answer is shown. */
interface Showing {
  /** The true class, where known. */
  readonly label: string | null;
  /** The true labels, where they are several and known. */
  readonly labels: readonly string[] | null;
  /** Whether it follows another one in place: nothing moves, nothing scrolls. */
  readonly quiet: boolean;
  /** Whether it stays long enough to ask why. */
  readonly why: boolean;
  /** The name of the picture, where it has one. */
  readonly title: string | null;
  /** The row of the table that it is. */
  readonly row: Row | undefined;
}

/** The page with a model in use. */
export class App {
  #classifier: Classifier | LabelClassifier | undefined;
  #instead: HTMLElement | undefined;
  #builtIn = true;
  #latest = 0;
  readonly #picture = new PictureView();
  readonly #settled = new Settled();
  readonly #browsing: Browsing;
  readonly #correcting: Correcting;
  readonly #camera: Camera;

  constructor(
    readonly page: Page,
    private readonly tools: Tools,
  ) {
    connectInputs(page, {
      files: (picked) => void this.receive(picked),
      problem: (kind) => this.#showProblem(strings.errors[kind]),
      nothing: (kind) => this.#setStatus('note', strings.errors[kind]),
    });
    this.#browsing = new Browsing(page, {
      classify: (row) => {
        const { file, path, truth, labels = null } = row;
        return this.#classify(file, file.name, { label: truth, labels, title: path, row });
      },
      left: () => {
        this.#latest += 1;
      },
    });
    this.#correcting = new Correcting(this.#browsing, (state, message) =>
      this.#setStatus(state, message),
    );
    page.aboutButton.addEventListener('click', () => this.#about?.showModal());
    this.#camera = showCamera(page.cameraPanel, {
      open: tools.openCamera,
      watch: (video, signal) => this.#classifyLive(video, signal),
      keep: (video) => void this.#classify(frozen(video), strings.camera.name),
      problem: (error) => this.#showProblem(cameraProblem(error) ?? tools.explain(error)),
      status: (message) => this.#setStatus('ready', message),
    });
    page.tabs.onChoose = (way) => {
      page.root.dataset.way = way;
      this.#camera.stop();
    };
  }

  /** Shows a message in the page's place, until a model is dropped on it or chosen there. */
  showInstead(view: (bundleInput: HTMLInputElement) => HTMLElement): void {
    const bundleInput = bundleChooser('other-bundle');
    connectChooser(bundleInput, (picked) => void this.receive(picked));
    const message = view(bundleInput);
    (this.#instead ?? this.page.root).replaceWith(message);
    this.#instead = message;
  }

  /** Puts a model to use: the built-in one, or the one in these files. */
  async open(source?: BundleSource): Promise<void> {
    const classifier = await this.tools.load(source);
    let samples: Awaited<ReturnType<Classifier['samples']>>;
    try {
      samples = await classifier.samples();
      await classifier.warmUp();
    } catch (error) {
      classifier.dispose();
      throw error;
    }
    this.#leave();
    this.#classifier = classifier;
    this.#builtIn = source === undefined;
    this.#correcting.use(classifier);
    const { page } = this;
    const { metadata } = classifier;
    document.title = `${metadata.name} – ${strings.kicker}`;
    page.title.textContent = metadata.name;
    page.summary.replaceChildren(...summaryView(metadata));
    page.samples.replaceChildren(
      samplesView(samples, ({ blob, label, labels }) =>
        this.#classify(blob, strings.samples.name, { label, labels }),
      ),
    );
    this.#showAbout(samples.length);
    // A table beside them says which labels are true.
    page.fileInput.accept = classifier.kind === 'labels' ? 'image/*,.csv' : 'image/*';
    page.tabs.offer('drawing', wantsDrawings(metadata));
    if (wantsDrawings(metadata)) {
      await showDrawingPad(page.drawingPanel, metadata, samples, {
        drawn: (picture, isDone) =>
          void this.#classify(picture, strings.drawing.name, { quiet: true, why: isDone }),
        cleared: () => this.#clear(strings.drawing.cleared),
        preprocess: ({ blob }) => classifier.preprocess(blob),
      });
    }
    page.result.replaceChildren(emptyResultView());
    page.root.classList.remove('page--waiting');
    const { fileInput, folderInput, takeInput, pasteButton, aboutButton } = page;
    for (const input of [fileInput, folderInput, takeInput, pasteButton, aboutButton]) {
      input.disabled = false;
    }
    this.#instead?.replaceWith(page.root);
    this.#instead = undefined;
    this.#setStatus('ready', strings.ready);
  }

  /** Does what the files are for: another model, one picture, or many. */
  async receive(picked: readonly Picked[]): Promise<void> {
    if (isBundle(picked)) {
      await this.#switchTo({ files: bundleFiles(picked) }, strings.working('metadata.json'));
      return;
    }
    if (this.#instead) {
      this.#showProblem(strings.errors.noBundle);
      return;
    }
    // A single file is tried whatever its name is: the answer says what is wrong with it.
    const pictures = picked.length === 1 ? picked : await picturesIn(picked);
    if (!this.#classifier || picked.length === 0) return;
    if (pictures.length === 0) this.#showProblem(strings.errors.noPicture);
    else if (pictures.length === 1) {
      const [{ file }] = pictures;
      await this.#classify(file, file.name, { title: file.name });
    } else await this.#classifyMany(pictures, picked);
  }

  async #switchTo(source: BundleSource | undefined, message: string): Promise<void> {
    this.#about?.close();
    this.#setStatus('working', message);
    try {
      await this.open(source);
      this.#setStatus('ready', strings.about.opened(this.#classifier?.metadata.name ?? ''));
    } catch (error) {
      this.#showProblem(this.tools.explain(error));
    }
  }

  /** Ends what the previous model was doing, and frees it. */
  #leave(): void {
    this.#latest += 1;
    this.#camera.stop();
    this.#browsing.closeTable();
    this.#about?.remove();
    for (const image of this.page.samples.querySelectorAll('img')) URL.revokeObjectURL(image.src);
    this.#classifier?.dispose();
  }

  get #about(): HTMLDialogElement | null {
    return document.querySelector<HTMLDialogElement>('#about');
  }

  #showAbout(samples: number): void {
    const classifier = this.#classifier;
    if (!classifier) return;
    const { dialog, bundleInput } = aboutView(classifier.metadata, {
      samples,
      selfTest: () => classifier.selfTest(),
      explain: this.tools.explain,
      toBuiltIn: this.#builtIn ? null : () => this.#switchTo(undefined, strings.loading),
    });
    connectChooser(bundleInput, (picked) => {
      if (isBundle(picked)) void this.receive(picked);
      else {
        dialog.close();
        this.#showProblem(strings.errors.noBundle);
      }
    });
    document.body.append(dialog);
  }

  async #classify(
    picture: ImageSource,
    name: string,
    showing: Partial<Showing> = {},
  ): Promise<void> {
    const { label = null, labels = null, quiet = false, why = true, title = null, row } = showing;
    const classifier = this.#classifier;
    if (!classifier) return;
    const ticket = ++this.#latest;
    if (!quiet) {
      this.#camera.stop();
      // A key that is pressed until the answer is there is about no picture.
      this.#correcting.leave();
      this.#browsing.show('one', row);
      this.#setStatus('working', strings.working(name));
    }
    try {
      const answer = await classifier.classify(picture, { topK: SHOWN_CLASSES });
      // Whoever drops a second picture wants the second answer.
      if (ticket !== this.#latest) return;
      this.#showAnswer(picture, answer, { label, labels, quiet, why, title, row });
      this.#setStatus('done', announcementOf(answer));
    } catch (error) {
      if (ticket === this.#latest) this.#showProblem(this.tools.explain(error));
    }
  }

  /** As `classify`, but what is shown stays in place while answers follow each other. */
  async #classifyLive(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
    let ticket = ++this.#latest;
    const options = { topK: SHOWN_CLASSES, signal };
    for await (const answer of this.#classifier?.classifyVideo(video, options) ?? []) {
      if (ticket === this.#latest) {
        const known = { label: null, labels: null, row: undefined, title: null };
        this.#showAnswer(answer.frame, answer, { ...known, quiet: true, why: false });
        if (this.#settled.isNew(namesOf(answer))) {
          this.#setStatus('live', announcementOf(answer));
        }
      }
      ticket = ++this.#latest;
    }
  }

  #showAnswer(
    picture: ImageSource,
    answer: Classification | LabelClassification,
    { label, labels, quiet, why, title }: Showing,
  ): void {
    const classifier = this.#classifier;
    if (!classifier) return;
    const { page } = this;
    page.result.replaceChildren(
      resultView(this.#picture.show(picture), answer, {
        backend: classifier.backend,
        label,
        labels,
        quiet,
        metadata: classifier.metadata,
        name: title,
        steps: this.#browsing.steps ? stepsView(this.#browsing.steps) : null,
        correct: this.#correcting.at(picture, answer, {
          path: title,
          truth: labels ? cellOf(labels) : label,
        }),
        why: why
          ? (frame, note, label) =>
              this.#whyButton(classifier, picture, label ?? bestOf(answer), {
                frame,
                note,
                ...(label && { label: label.name }),
              })
          : null,
      }),
    );
    if (quiet) return;
    page.result.scrollIntoView({ block: 'nearest', behavior: scrollBehavior() });
  }

  #whyButton(
    classifier: Classifier | LabelClassifier,
    picture: ImageSource,
    { name, index }: Pick<Label, 'name' | 'index'>,
    places: Pick<WhyContext, 'frame' | 'note' | 'label'>,
  ): HTMLButtonElement {
    return whyButton({
      ...places,
      className: name,
      explain: () => classifier.explain(picture, { classIndex: index }),
      announce: (message) => this.#setStatus('done', message),
      sentence: this.tools.explain,
    });
  }

  async #classifyMany(pictures: readonly Picked[], picked: readonly Picked[]): Promise<void> {
    const classifier = this.#classifier;
    if (!classifier) return;
    this.#camera.stop();
    const tables = classifier.kind === 'labels' ? tablesIn(picked) : [];
    const truths =
      classifier.kind === 'labels' ? await truthsOf(pictures, tables, classifier.classNames) : null;
    const used = truths?.table == null ? 0 : 1;
    const ignored = picked.length - pictures.length - used;
    const handlers: ManyHandlers = {
      open: (row) => void this.#browsing.openRow(row),
      back: () => {
        many.cancel();
        this.#browsing.back();
      },
      announce: (state, message) => {
        if (this.#browsing.many === many) this.#setStatus(state, message);
      },
      explain: this.tools.explain,
    };
    const { corrector } = this.#correcting;
    const many = new ManyView(classifier, pictures, ignored, handlers, truths, corrector);
    this.#browsing.openTable(many);
    try {
      await many.run();
    } catch (error) {
      this.#showProblem(this.tools.explain(error));
    }
  }

  #clear(message: string): void {
    this.#latest += 1;
    this.#correcting.leave();
    this.page.result.replaceChildren(emptyResultView());
    this.#setStatus('ready', message);
  }

  #showProblem(message: string): void {
    if (this.#instead) {
      this.showInstead((bundleInput) => brokenModelView(message, bundleInput));
      return;
    }
    // A picture of the table that cannot be read is one all the same.
    const { steps } = this.#browsing;
    this.#correcting.leave();
    if (!steps) this.#browsing.show('one');
    this.page.result.replaceChildren(...(steps ? [stepsView(steps)] : []), problemView(message));
    this.page.result.scrollIntoView({ block: 'nearest', behavior: scrollBehavior() });
    this.#setStatus('problem', message);
  }

  /** Says what is going on, to people who look, people who listen, and tests. */
  #setStatus(state: string, message: string): void {
    this.page.status.dataset.state = state;
    this.page.status.textContent = message;
  }
}

/** The class that is the answer. */
function bestOf(answer: Classification | LabelClassification): Pick<Label, 'name' | 'index'> {
  if (answer.kind === 'labels') return answer.labels[0];
  const [{ className, index }] = answer.predictions;
  return { name: className, index };
}

/** What a live answer says, as a text that changes with it. */
function namesOf(answer: Classification | LabelClassification): string {
  if (answer.kind === 'labels') return answer.held.map(({ name }) => name).join('\n');
  return answer.predictions[0].className;
}

/** The sentence for a camera that does not start, in the page's language. */
function cameraProblem(error: unknown): string | undefined {
  const sentences: Readonly<Record<string, string>> = {
    'camera-refused': strings.errors.cameraRefused,
    'camera-missing': strings.errors.cameraMissing,
    'camera-busy': strings.errors.cameraBusy,
    'camera-insecure': strings.errors.cameraInsecure,
  };
  const code: unknown = typeof error === 'object' && error !== null && Reflect.get(error, 'code');
  return sentences[String(code)];
}

function scrollBehavior(): ScrollBehavior {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth';
}
