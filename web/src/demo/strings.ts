/** Every word on the page. */

const percent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** A share as a percentage with one decimal that never rounds to certainty. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.0005) return '< 0.1%';
  return share < 1 && share >= 0.9995 ? '> 99.9%' : percent.format(share);
}

/** A duration with two digits that mean something. */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}

// A minus sign, unlike a hyphen, does not end a line.
function formatPower(value: number, digits: number): string {
  return value.toExponential(digits).replace('-', '−');
}

function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

export const strings = {
  kicker: 'Image classifier',
  footer: 'Runs on this device. Nothing is uploaded.',
  loading: 'Loading the model…',
  ready: 'Ready. Choose a picture.',
  working: (name: string) => `Looking at ${name}…`,
  summary: (classes: number) => `Tells ${classes.toLocaleString('en')} classes apart.`,
  accuracy: (accuracy: number, pictures: number) =>
    `${formatShare(accuracy)} right on ${plural(pictures, 'test picture', 'test pictures')}`,

  drop: {
    title: 'Drop a picture here',
    hint: (keys: string) => `or choose a file, or paste one with ${keys}`,
    choose: 'Choose a picture',
    paste: 'Paste',
    label: 'Picture to classify',
  },
  samples: {
    title: 'Samples',
    hint: 'Pictures that came with the model',
    item: (position: number, label: string | null) =>
      label === null ? `Sample ${position}` : `Sample ${position}: ${label}`,
    name: 'a sample',
  },
  classes: (count: number) => `Classes (${count.toLocaleString('en')})`,
  result: {
    title: 'Result',
    empty: 'The answer appears here.',
    picture: 'Picture',
    pictureAlt: 'The picture that was classified',
    input: 'What the model sees',
    inputAlt: (width: number, height: number) =>
      `The same picture as the model sees it: ${width} by ${height} pixels`,
    inputSize: (width: number, height: number) => `${width} × ${height}`,
    truth: 'True class',
    right: 'right',
    wrong: 'wrong',
    predictions: 'Most probable classes',
    time: 'Time',
    backend: 'Backend',
    announce: (className: string, probability: number) =>
      `${className}, ${formatShare(probability)}`,
  },
  selfTest: {
    title: 'Same answers as in Python?',
    button: 'Check this device',
    hint: (pictures: number) =>
      `Compares ${plural(pictures, 'sample', 'samples')} with what Keras answered.`,
    running: 'Checking…',
    passed: (pictures: number) =>
      `Yes: ${plural(pictures, 'picture', 'pictures')} compared, every pixel identical.`,
    passedUnhashed: (pictures: number) =>
      `Yes: ${plural(pictures, 'picture', 'pictures')} compared. This page cannot compare pixels ` +
      'by hash: open it from a file or over https for that.',
    failed: (worst: string | null) => `No. The largest difference is on ${worst ?? 'a sample'}.`,
    pixels: (count: number) =>
      `${plural(count, 'picture has', 'pictures have')} other pixels than in Python.`,
    difference: (difference: number, tolerance: number) =>
      `Largest difference of a probability: ${formatPower(difference, 1)} ` +
      `(allowed: ${formatPower(tolerance, 0)}).`,
  },
  missing: {
    title: 'There is no model here yet',
    text: 'Train one and put it next to this page with one command, in the project’s folder:',
    command: 'make train export',
    afterwards: 'Then open this page again.',
  },
  broken: {
    title: 'The model cannot be used',
  },
  errors: {
    title: 'That did not work',
    noPicture: 'There was no picture in what you dropped. Drop a picture file.',
    clipboardEmpty: 'There is no picture in the clipboard. Copy one first.',
    clipboardRefused:
      'The browser did not allow reading the clipboard. Press Ctrl+V (⌘V on a Mac) instead.',
    unexpected: (message: string) => `Something unexpected happened: ${message}`,
  },
};
