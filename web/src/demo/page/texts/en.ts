/** Every word on the page, in English. */

import { formatBytes, formatCount, formatPower, formatShare, plural } from '../format.js';

const pictures = (count: number) => plural(count, 'picture', 'pictures');

export const texts = {
  kicker: 'Image classifier',
  footer: 'Runs on this device. Nothing is uploaded.',
  loading: 'Loading the model…',
  ready: 'Ready. Choose a picture.',
  working: (name: string) => `Looking at ${name}…`,
  summary: (classes: number) => `Tells ${formatCount(classes)} classes apart.`,
  accuracy: (accuracy: number, count: number) =>
    `${formatShare(accuracy)} right on ${plural(count, 'test picture', 'test pictures')}`,

  ways: { label: 'Where pictures come from', files: 'Files', camera: 'Camera', drawing: 'Draw' },
  drop: {
    title: 'Drop pictures here',
    hint: (keys: string) => `One, many, or whole folders. Paste with ${keys}.`,
    choose: 'Choose pictures',
    folder: 'Folder',
    take: 'Take a picture',
    takeTitle: 'Take a picture, or choose one',
    takeHint: 'Many at once, too.',
    paste: 'Paste',
    label: 'Pictures to classify',
    folderLabel: 'Folder of pictures to classify',
  },
  camera: {
    start: 'Start the camera',
    stop: 'Stop',
    freeze: 'Freeze',
    choose: 'Camera',
    unnamed: (position: number) => `Camera ${position}`,
    video: 'What the camera sees',
    hint: 'The answer follows the picture. Nothing is recorded.',
    starting: 'Waiting for the camera…',
    running: 'The camera is on.',
    stopped: 'The camera is off.',
    name: 'the camera’s picture',
  },
  drawing: {
    label: (names: string) => `Drawing pad: draw one of ${names}, with mouse, pen or finger`,
    hint: (names: string) => `Draw one of ${names}.`,
    undo: 'Undo',
    clear: 'Clear',
    cleared: 'The pad is empty.',
    name: 'the drawing',
  },
  samples: {
    title: 'Samples',
    hint: 'Pictures that came with the model',
    item: (position: number, label: string | null) =>
      label === null ? `Sample ${position}` : `Sample ${position}: ${label}`,
    name: 'a sample',
  },
  result: {
    title: 'Result',
    empty: 'The answer appears here.',
    picture: 'Picture',
    pictureAlt: 'The picture that was classified',
    input: 'The model sees',
    inputAlt: (width: number, height: number) =>
      `The same picture as the model sees it: ${width} by ${height} pixels`,
    inputSize: (width: number, height: number) => `${width} × ${height} pixels`,
    truth: 'True class',
    right: 'right',
    wrong: 'wrong',
    predictions: 'Most probable classes',
    time: 'Time',
    backend: 'Backend',
    announce: (className: string, probability: number) =>
      `${className}, ${formatShare(probability)}`,
    unsure: 'Not sure',
    unsureWhy: (className: string, threshold: number) =>
      `Most probable is ${className}, but below ${formatShare(threshold)} this model is wrong ` +
      'too often to say so.',
    announceUnsure: (className: string, probability: number) =>
      `Not sure. Perhaps ${className}, ${formatShare(probability)}`,
    strange: 'Unlike anything it was trained on',
    strangeShort: 'Strange',
    strangeWhy: (share: number) =>
      `${formatShare(share)} of the pictures that the model was checked with are more like those of ` +
      'its training. The classes below are the least wrong ones.',
    announceStrange: (answer: string) => `Unlike anything it was trained on. ${answer}`,
    back: '← All pictures',
    previous: 'Previous picture',
    next: 'Next picture',
    position: (position: number, count: number) =>
      `${formatCount(position)} of ${formatCount(count)}`,
  },
  labels: {
    summary: (labels: number) => `Tells which of ${formatCount(labels)} labels a picture has.`,
    accuracy: (macroF1: number, count: number) =>
      `Mean F1 ${formatShare(macroF1)} on ${plural(count, 'test picture', 'test pictures')}`,
    list: 'Labels',
    holds: 'holds',
    nothing: 'Nothing found',
    nothingWhy: (name: string, probability: number, threshold: number) =>
      `Nearest is ${name} with ${formatShare(probability)}; it holds from ${formatShare(threshold)} on.`,
    others: (count: number) =>
      `${plural(count, 'other label is', 'other labels are')} less probable still.`,
    from: (threshold: number) => `from ${formatShare(threshold)}`,
    announce: (names: string) => `Found: ${names}`,
    truth: 'True labels',
    none: 'none',
    right: 'right',
    missed: 'missed',
    false: 'false',
    why: (name: string) => `Why ${name}?`,
    column: 'Labels',
    byLabel: 'Label',
    all: 'All pictures',
    onlyWrong: 'Wrong only',
    score: 'Compared with the true labels',
    scoreHint: (source: string) => `The true labels are those of ${source}.`,
    ofFolders: 'the folders',
    exact: (right: number, count: number) =>
      `exactly right: ${formatCount(right)} of ${pictures(count)}`,
    table: 'Each label',
    tableHint: 'A number shows its pictures.',
    cell: (count: number, outcome: string, name: string) =>
      `${pictures(count)} with ${name} ${outcome}`,
    figures: 'Test figures',
    figuresText: (macroF1: number, exact: number, count: number) =>
      `mean F1 ${formatShare(macroF1)}, all labels right for ${formatShare(exact)} of ${pictures(count)} ` +
      'not used in training',
    facts: (count: number) => `Labels (${formatCount(count)})`,
    threshold: 'Holds from',
  },
  why: {
    button: 'Why?',
    working: 'Looking for what mattered…',
    legend: (className: string) =>
      `What spoke for ${className}: nothing where it is dark, most where it is bright.`,
    alt: (className: string) => `Heat map of what spoke for ${className}`,
    announce: (className: string) => `The heat map shows what spoke for ${className}.`,
  },
  many: {
    title: (count: number) => pictures(count),
    back: '← One picture',
    running: (done: number, count: number) =>
      `${formatCount(done)} of ${pictures(count)} classified`,
    done: (count: number, duration: string) => `${pictures(count)} classified in ${duration}`,
    cancelled: (done: number, count: number) =>
      `Stopped after ${formatCount(done)} of ${pictures(count)}`,
    failed: (count: number) => `${formatCount(count)} could not be read`,
    ignored: (count: number) =>
      `${plural(count, 'file that is no picture was', 'files that are no pictures were')} left out`,
    progress: 'Pictures classified',
    cancel: 'Stop',
    csv: 'CSV',
    csvLabel: 'Download the table as CSV',
    json: 'JSON',
    jsonLabel: 'Download the table with all probabilities as JSON',
    table: 'Classified pictures',
    tableHint: 'Scroll for more. A file name opens its picture.',
    filters: 'Show only',
    byClass: 'Class',
    allClasses: 'All classes',
    minimum: 'Confidence from',
    onlyWrong: 'Wrong only',
    shown: (shown: number, count: number) =>
      shown === count
        ? `${formatCount(count)} shown`
        : `${formatCount(shown)} of ${formatCount(count)} shown`,
    showAll: 'Show all',
    none: 'No picture fits these filters.',
    columns: {
      picture: 'Picture',
      path: 'File',
      className: 'Class',
      probability: 'Confidence',
      truth: 'True class',
    },
    waiting: 'waiting',
    perhaps: (className: string) => `perhaps ${className}`,
    right: 'Right',
    wrong: 'Wrong',
  },
  corrections: {
    title: 'Corrections',
    column: 'Corrected',
    only: 'Corrected only',
    hint: 'Is an answer wrong? ✎, or the key C, corrects it.',
    correct: (path: string) => `Correct ${path}`,
    change: (path: string, words: string) => `${path}: ${words}. Change it`,
    question: 'What does the picture show?',
    type: 'Type a class',
    classes: 'Classes',
    noClass: 'No class is called so.',
    more: (count: number) => `${plural(count, 'more class', 'more classes')}: type to find one.`,
    marked: 'marked',
    answered: 'answered',
    close: 'Close',
    right: (name: string) => `Right: ${name}`,
    rightShort: 'Right',
    other: 'Another class',
    none: 'None of these',
    bad: 'Bad picture',
    unmark: 'No correction',
    unmarked: 'Not corrected',
    state: (words: string) => `Corrected: ${words}`,
    count: (count: number) => `${formatCount(count)} corrected`,
    zip: 'Save the corrected pictures and their table',
    csv: 'Save the table of corrections alone',
    undo: 'Undo',
    discard: 'Discard all',
    undone: (path: string) => `Undone: ${path}.`,
    undoneAll: 'Undone.',
    discarded: (count: number) => `${plural(count, 'correction', 'corrections')} discarded.`,
    gone: (path: string) => `${path} cannot be read any more. Choose it again.`,
    unreadable: (count: number) =>
      `${plural(count, 'picture', 'pictures')} cannot be read any more: saved without, with a line in the table.`,
    labels: {
      question: 'Which labels does the picture show?',
      type: 'Type a label',
      list: 'Labels',
      noLabel: 'No label is called so.',
      more: (count: number) => `${plural(count, 'more label', 'more labels')}: type to find one.`,
      save: 'These labels',
      other: 'Other labels',
    },
  },
  score: {
    title: 'Compared with the folders',
    hint: 'The folder names are taken as the true classes.',
    accuracy: (right: number, count: number) =>
      `right: ${formatCount(right)} of ${pictures(count)}`,
    matrix: 'Confusion matrix',
    matrixHint: 'Rows: true class. Columns: answer. A number shows its pictures.',
    cell: (count: number, truth: string, answer: string) =>
      `${pictures(count)} of ${truth} answered as ${answer}`,
    truth: 'True class',
    mistakes: 'Most frequent mistakes',
    mistake: (truth: string, answer: string) => `${truth} answered as ${answer}`,
    noMistakes: 'None.',
    counts: 'Answers',
  },
  about: {
    open: 'About this model',
    close: 'Close',
    title: 'About this model',
    facts: {
      name: 'Model',
      architecture: 'Architecture',
      training: 'Trained on',
      accuracy: 'Test accuracy',
      date: 'Date',
      input: 'Input',
      preprocessing: 'Preparation',
      size: 'Size',
      threshold: 'Not sure below',
      versions: 'Made with',
    },
    trained: (train: number, validation: number, test: number) =>
      `${pictures(train)}; ${formatCount(validation)} for validation, ` +
      `${formatCount(test)} for the test`,
    accuracy: (accuracy: number, count: number) =>
      `${formatShare(accuracy)} of ${pictures(count)} not used in training`,
    input: (width: number, height: number, gray: boolean) =>
      `${width} × ${height} pixels, ${gray ? 'gray' : 'in colour'}`,
    fit: {
      stretch: 'stretched to the size',
      crop: 'centre cut out',
      pad: 'whole, on a background',
    },
    preprocessing: (fit: string, resample: string) =>
      `turned upright, ${fit}, ${resample} resampling: the same pixels as in Python`,
    size: (bytes: number, weights: string) => `${formatBytes(bytes)}, weights in ${weights}`,
    threshold: (threshold: number) => `${formatShare(threshold)} for the most probable class`,
    classes: (count: number) => `Classes (${formatCount(count)})`,
    className: 'Class',
    trainPictures: 'Training',
    testPictures: 'Test',
    other: 'Another model',
    otherHint: 'Drop an exported folder on the page, or choose it. It stays on this device.',
    otherChoose: 'Choose a folder',
    otherLabel: 'Folder of another exported model',
    builtIn: 'Back to the built-in model',
    opening: (name: string) => `Opening ${name}…`,
    opened: (name: string) => `Now using ${name}.`,
  },
  selfTest: {
    title: 'Same answers as in Python?',
    button: 'Check this device',
    hint: (count: number) => `Compares ${plural(count, 'sample', 'samples')} with Keras’ answers.`,
    running: 'Checking…',
    passed: (count: number) => `Yes: ${pictures(count)} compared, every pixel identical.`,
    passedUnhashed: (count: number) =>
      `Yes: ${pictures(count)} compared. This page cannot compare pixels ` +
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
    afterwards: 'Then open this page again. Or show it a folder that was exported elsewhere:',
    choose: 'Choose an exported folder',
  },
  broken: {
    title: 'The model cannot be used',
    script:
      'model.js is there, but it is damaged or cut short. Copy it again, or export the model again.',
    afterwards: 'Another exported folder can be used instead:',
  },
  errors: {
    title: 'That did not work',
    nothing: 'There was no file in what you dropped.',
    noPicture: 'There was no picture in what you dropped. Drop picture files or folders.',
    emptyFolder: 'There is no picture in that folder. Choose one with picture files.',
    noBundle:
      'There is no model in that folder. Expected a folder that kerasport exported, with its ' +
      'metadata.json.',
    clipboardEmpty: 'There is no picture in the clipboard. Copy one first.',
    clipboardRefused:
      'The browser did not allow reading the clipboard. Press Ctrl+V (⌘V on a Mac) instead.',
    cameraRefused:
      'The camera was not allowed. Allow it for this page in the browser’s settings, and start again.',
    cameraMissing: 'No camera was found. Connect one, and start again.',
    cameraBusy: 'The camera does not start. Close other programs that use it, and start again.',
    cameraInsecure:
      'Here the browser gives pages no camera. Open the page as a file in Chrome, Edge or ' +
      'Firefox, or over https.',
    unexpected: (message: string) => `Something unexpected happened: ${message}`,
  },
};
