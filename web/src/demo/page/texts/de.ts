/** Every word on the page, in German. */

import { formatBytes, formatCount, formatPower, formatShare, plural } from '../format.js';
import type { texts as english } from './en.js';

const pictures = (count: number) => plural(count, 'Bild', 'Bilder');
const ofPictures = (count: number) => plural(count, 'Bild', 'Bildern');

export const texts: typeof english = {
  kicker: 'Bildklassifikator',
  footer: 'Läuft auf diesem Gerät. Nichts wird hochgeladen.',
  loading: 'Das Modell wird geladen …',
  ready: 'Bereit. Wählen Sie ein Bild.',
  working: (name) => `${name} wird angesehen …`,
  summary: (classes) => `Unterscheidet ${formatCount(classes)} Klassen.`,
  accuracy: (accuracy, count) =>
    `${formatShare(accuracy)} richtig bei ${plural(count, 'Testbild', 'Testbildern')}`,

  ways: {
    label: 'Woher die Bilder kommen',
    files: 'Dateien',
    camera: 'Kamera',
    drawing: 'Zeichnen',
  },
  drop: {
    title: 'Bilder hier ablegen',
    hint: (keys) => `Eines, viele oder ganze Ordner. Einfügen mit ${keys}.`,
    choose: 'Bilder wählen',
    folder: 'Ordner',
    take: 'Bild aufnehmen',
    takeTitle: 'Ein Bild aufnehmen oder wählen',
    takeHint: 'Auch viele auf einmal.',
    paste: 'Einfügen',
    label: 'Bilder zum Klassifizieren',
    folderLabel: 'Ordner mit Bildern zum Klassifizieren',
  },
  camera: {
    start: 'Kamera einschalten',
    stop: 'Ausschalten',
    freeze: 'Festhalten',
    choose: 'Kamera',
    unnamed: (position) => `Kamera ${position}`,
    video: 'Was die Kamera sieht',
    hint: 'Die Antwort folgt dem Bild. Nichts wird aufgezeichnet.',
    starting: 'Warten auf die Kamera …',
    running: 'Die Kamera ist an.',
    stopped: 'Die Kamera ist aus.',
    name: 'Das Bild der Kamera',
  },
  drawing: {
    label: (names) => `Zeichenfläche: zeichnen Sie ${names}, mit Maus, Stift oder Finger`,
    hint: (names) => `Zeichnen Sie eines von ${names}.`,
    undo: 'Rückgängig',
    clear: 'Leeren',
    cleared: 'Die Fläche ist leer.',
    name: 'Die Zeichnung',
  },
  samples: {
    title: 'Beispiele',
    hint: 'Bilder, die mit dem Modell kamen',
    item: (position, label) =>
      label === null ? `Beispiel ${position}` : `Beispiel ${position}: ${label}`,
    name: 'Ein Beispiel',
  },
  result: {
    title: 'Ergebnis',
    empty: 'Hier erscheint die Antwort.',
    picture: 'Bild',
    pictureAlt: 'Das Bild, das klassifiziert wurde',
    input: 'Das Modell sieht',
    inputAlt: (width, height) =>
      `Dasselbe Bild, wie das Modell es sieht: ${width} mal ${height} Pixel`,
    inputSize: (width, height) => `${width} × ${height} Pixel`,
    truth: 'Wahre Klasse',
    right: 'richtig',
    wrong: 'falsch',
    predictions: 'Wahrscheinlichste Klassen',
    time: 'Zeit',
    backend: 'Backend',
    announce: (className, probability) => `${className}, ${formatShare(probability)}`,
    unsure: 'Nicht sicher',
    unsureWhy: (className, threshold) =>
      `Am wahrscheinlichsten ist ${className}, aber unter ${formatShare(threshold)} irrt sich ` +
      'dieses Modell zu oft, um es zu sagen.',
    announceUnsure: (className, probability) =>
      `Nicht sicher. Vielleicht ${className}, ${formatShare(probability)}`,
    strange: 'Anders als alles, womit es trainiert wurde',
    strangeShort: 'Fremd',
    strangeWhy: (share) =>
      `${formatShare(share)} der Bilder, mit denen das Modell geprüft wurde, sind denen seines ` +
      'Trainings ähnlicher. Die Klassen darunter sind die am wenigsten falschen.',
    announceStrange: (answer) => `Anders als alles, womit es trainiert wurde. ${answer}`,
    back: '← Alle Bilder',
    previous: 'Voriges Bild',
    next: 'Nächstes Bild',
    position: (position, count) => `${formatCount(position)} von ${formatCount(count)}`,
  },
  labels: {
    summary: (labels) => `Sagt, welche von ${formatCount(labels)} Merkmalen ein Bild hat.`,
    accuracy: (macroF1, count) =>
      `Mittleres F1 ${formatShare(macroF1)} bei ${plural(count, 'Testbild', 'Testbildern')}`,
    list: 'Merkmale',
    holds: 'trifft zu',
    nothing: 'Nichts gefunden',
    nothingWhy: (name, probability, threshold) =>
      `Am nächsten liegt ${name} mit ${formatShare(probability)}; es trifft ab ` +
      `${formatShare(threshold)} zu.`,
    others: (count) =>
      `${plural(count, 'weiteres Merkmal ist', 'weitere Merkmale sind')} noch unwahrscheinlicher.`,
    from: (threshold) => `ab ${formatShare(threshold)}`,
    announce: (names) => `Gefunden: ${names}`,
    truth: 'Wahre Merkmale',
    none: 'keine',
    right: 'richtig',
    missed: 'übersehen',
    false: 'falsch',
    why: (name) => `Warum ${name}?`,
    column: 'Merkmale',
    byLabel: 'Merkmal',
    all: 'Alle Bilder',
    onlyWrong: 'Nur falsche',
    score: 'Verglichen mit den wahren Merkmalen',
    scoreHint: (source) => `Die wahren Merkmale sind aus: ${source}.`,
    ofFolders: 'den Namen der Ordner',
    exact: (right, count) => `genau richtig: ${formatCount(right)} von ${ofPictures(count)}`,
    table: 'Jedes Merkmal',
    tableHint: 'Eine Zahl zeigt ihre Bilder.',
    cell: (count, outcome, name) => `${pictures(count)}, ${name} ${outcome}`,
    figures: 'Im Test',
    figuresText: (macroF1, exact, count) =>
      `mittleres F1 ${formatShare(macroF1)}, alle Merkmale richtig bei ${formatShare(exact)} von ` +
      `${ofPictures(count)}, die nicht zum Training dienten`,
    facts: (count) => `Merkmale (${formatCount(count)})`,
    threshold: 'Trifft zu ab',
  },
  why: {
    button: 'Warum?',
    working: 'Gesucht wird, was zählte …',
    legend: (className) =>
      `Was für ${className} sprach: nichts, wo es dunkel ist, am meisten, wo es hell ist.`,
    alt: (className) => `Wärmebild dessen, was für ${className} sprach`,
    announce: (className) => `Das Wärmebild zeigt, was für ${className} sprach.`,
  },
  many: {
    title: (count) => pictures(count),
    back: '← Ein Bild',
    running: (done, count) => `${formatCount(done)} von ${ofPictures(count)} klassifiziert`,
    done: (count, duration) => `${pictures(count)} in ${duration} klassifiziert`,
    cancelled: (done, count) => `Angehalten nach ${formatCount(done)} von ${ofPictures(count)}`,
    failed: (count) => `${formatCount(count)} nicht lesbar`,
    ignored: (count) =>
      `${plural(count, 'Datei, die kein Bild ist,', 'Dateien, die keine Bilder sind,')} ausgelassen`,
    progress: 'Klassifizierte Bilder',
    cancel: 'Anhalten',
    csv: 'CSV',
    csvLabel: 'Die Tabelle als CSV herunterladen',
    json: 'JSON',
    jsonLabel: 'Die Tabelle mit allen Wahrscheinlichkeiten als JSON herunterladen',
    table: 'Klassifizierte Bilder',
    tableHint: 'Weiter unten sind mehr. Ein Dateiname öffnet sein Bild.',
    filters: 'Nur zeigen',
    byClass: 'Klasse',
    allClasses: 'Alle Klassen',
    minimum: 'Sicherheit ab',
    onlyWrong: 'Nur falsche',
    shown: (shown, count) =>
      shown === count
        ? `${formatCount(count)} gezeigt`
        : `${formatCount(shown)} von ${formatCount(count)} gezeigt`,
    showAll: 'Alle zeigen',
    none: 'Kein Bild passt zu diesen Filtern.',
    columns: {
      picture: 'Bild',
      path: 'Datei',
      className: 'Klasse',
      probability: 'Sicherheit',
      truth: 'Wahre Klasse',
    },
    waiting: 'wartet',
    perhaps: (className) => `vielleicht ${className}`,
    right: 'Richtig',
    wrong: 'Falsch',
  },
  corrections: {
    title: 'Korrekturen',
    column: 'Korrigiert',
    only: 'Nur korrigierte',
    hint: 'Eine Antwort ist falsch? ✎ oder die Taste C korrigiert sie.',
    correct: (path: string) => `${path} korrigieren`,
    change: (path: string, words: string) => `${path}: ${words}. Ändern`,
    question: 'Was zeigt das Bild?',
    type: 'Klasse eintippen',
    classes: 'Klassen',
    noClass: 'So heißt keine Klasse.',
    more: (count: number) =>
      `${plural(count, 'weitere Klasse', 'weitere Klassen')}: Eintippen findet sie.`,
    marked: 'markiert',
    answered: 'Antwort',
    close: 'Schließen',
    right: (name: string) => `Richtig: ${name}`,
    rightShort: 'Richtig',
    other: 'Andere Klasse',
    none: 'Keine davon',
    bad: 'Unbrauchbares Bild',
    unmark: 'Keine Korrektur',
    unmarked: 'Nicht korrigiert',
    state: (words: string) => `Korrigiert: ${words}`,
    count: (count: number) => `${formatCount(count)} korrigiert`,
    zip: 'Die korrigierten Bilder mit ihrer Tabelle sichern',
    csv: 'Nur die Tabelle der Korrekturen sichern',
    undo: 'Rückgängig',
    discard: 'Alle verwerfen',
    undone: (path: string) => `Rückgängig gemacht: ${path}.`,
    undoneAll: 'Rückgängig gemacht.',
    discarded: (count: number) => `${plural(count, 'Korrektur', 'Korrekturen')} verworfen.`,
    gone: (path: string) => `${path} ist nicht mehr lesbar. Bitte noch einmal auswählen.`,
    unreadable: (count: number) =>
      `${plural(count, 'Bild ist', 'Bilder sind')} nicht mehr lesbar und nur als Zeile der Tabelle gesichert.`,
    labels: {
      question: 'Welche Merkmale hat das Bild?',
      type: 'Merkmal eintippen',
      list: 'Merkmale',
      noLabel: 'So heißt kein Merkmal.',
      more: (count: number) =>
        `${plural(count, 'weiteres Merkmal', 'weitere Merkmale')}: Eintippen findet es.`,
      save: 'Diese Merkmale',
      other: 'Andere Merkmale',
    },
  },
  score: {
    title: 'Verglichen mit den Ordnern',
    hint: 'Die Namen der Ordner gelten als wahre Klassen.',
    accuracy: (right, count) => `richtig: ${formatCount(right)} von ${ofPictures(count)}`,
    matrix: 'Verwechslungen',
    matrixHint: 'Zeilen: wahre Klasse. Spalten: Antwort. Eine Zahl zeigt ihre Bilder.',
    cell: (count, truth, answer) => `${pictures(count)} von ${truth} als ${answer} beantwortet`,
    truth: 'Wahre Klasse',
    mistakes: 'Häufigste Fehler',
    mistake: (truth, answer) => `${truth} als ${answer} beantwortet`,
    noMistakes: 'Keine.',
    counts: 'Antworten',
  },
  about: {
    open: 'Über dieses Modell',
    close: 'Schließen',
    title: 'Über dieses Modell',
    facts: {
      name: 'Modell',
      architecture: 'Architektur',
      training: 'Trainiert mit',
      accuracy: 'Genauigkeit im Test',
      date: 'Datum',
      input: 'Eingabe',
      preprocessing: 'Vorbereitung',
      size: 'Größe',
      threshold: 'Nicht sicher unter',
      versions: 'Erstellt mit',
    },
    trained: (train, validation, test) =>
      `${ofPictures(train)}; ${formatCount(validation)} zur Validierung, ` +
      `${formatCount(test)} zum Test`,
    accuracy: (accuracy, count) =>
      `${formatShare(accuracy)} von ${ofPictures(count)}, die nicht zum Training dienten`,
    input: (width, height, gray) => `${width} × ${height} Pixel, ${gray ? 'grau' : 'farbig'}`,
    fit: {
      stretch: 'auf die Größe gestreckt',
      crop: 'Mitte ausgeschnitten',
      pad: 'ganz, auf einem Hintergrund',
    },
    preprocessing: (fit, resample) =>
      `aufrecht gedreht, ${fit}, Resampling ${resample}: dieselben Pixel wie in Python`,
    size: (bytes, weights) => `${formatBytes(bytes)}, Gewichte in ${weights}`,
    threshold: (threshold) => `${formatShare(threshold)} für die wahrscheinlichste Klasse`,
    classes: (count) => `Klassen (${formatCount(count)})`,
    className: 'Klasse',
    trainPictures: 'Trainingsbilder',
    testPictures: 'Testbilder',
    other: 'Ein anderes Modell',
    otherHint:
      'Legen Sie einen exportierten Ordner auf der Seite ab, oder wählen Sie ihn. Er bleibt auf ' +
      'diesem Gerät.',
    otherChoose: 'Ordner wählen',
    otherLabel: 'Ordner eines anderen exportierten Modells',
    builtIn: 'Zurück zum eingebauten Modell',
    opening: (name) => `${name} wird geöffnet …`,
    opened: (name) => `Jetzt antwortet ${name}.`,
  },
  selfTest: {
    title: 'Dieselben Antworten wie in Python?',
    button: 'Dieses Gerät prüfen',
    hint: (count) =>
      `Vergleicht ${plural(count, 'Beispiel', 'Beispiele')} mit den Antworten von Keras.`,
    running: 'Wird geprüft …',
    passed: (count) => `Ja: ${pictures(count)} verglichen, jedes Pixel gleich.`,
    passedUnhashed: (count) =>
      `Ja: ${pictures(count)} verglichen. Pixel kann diese Seite nicht durch Prüfsummen ` +
      'vergleichen: öffnen Sie sie dazu als Datei oder über https.',
    failed: (worst) => `Nein. Der größte Unterschied ist bei ${worst ?? 'einem Beispiel'}.`,
    pixels: (count) => `${plural(count, 'Bild hat', 'Bilder haben')} andere Pixel als in Python.`,
    difference: (difference, tolerance) =>
      `Größter Unterschied einer Wahrscheinlichkeit: ${formatPower(difference, 1)} ` +
      `(erlaubt: ${formatPower(tolerance, 0)}).`,
  },
  missing: {
    title: 'Hier ist noch kein Modell',
    text: 'Trainieren Sie eines und legen Sie es neben diese Seite, mit einem Befehl im Ordner des Projekts:',
    command: 'make train export',
    afterwards:
      'Öffnen Sie dann diese Seite noch einmal. Oder zeigen Sie ihr einen Ordner, der anderswo exportiert wurde:',
    choose: 'Exportierten Ordner wählen',
  },
  broken: {
    title: 'Das Modell ist nicht zu gebrauchen',
    script:
      'model.js ist da, aber beschädigt oder abgeschnitten. Kopieren Sie die Datei noch einmal, oder exportieren Sie das Modell neu.',
    afterwards: 'Stattdessen kann ein anderer exportierter Ordner dienen:',
  },
  errors: {
    title: 'Das ging nicht',
    nothing: 'Es war keine Datei in dem, was Sie abgelegt haben.',
    noPicture:
      'Es war kein Bild in dem, was Sie abgelegt haben. Legen Sie Bilddateien oder Ordner ab.',
    emptyFolder: 'In diesem Ordner ist kein Bild. Wählen Sie einen mit Bilddateien.',
    noBundle:
      'In diesem Ordner ist kein Modell. Erwartet wird ein Ordner, den kerasport exportiert hat, ' +
      'mit seiner metadata.json.',
    clipboardEmpty: 'In der Zwischenablage ist kein Bild. Kopieren Sie zuerst eines.',
    clipboardRefused:
      'Der Browser ließ die Zwischenablage nicht lesen. Drücken Sie stattdessen Strg+V (⌘V auf dem Mac).',
    cameraRefused:
      'Die Kamera wurde nicht erlaubt. Erlauben Sie sie für diese Seite in den Einstellungen des ' +
      'Browsers, und schalten Sie noch einmal ein.',
    cameraMissing:
      'Es ist keine Kamera da. Schließen Sie eine an, und schalten Sie noch einmal ein.',
    cameraBusy:
      'Die Kamera geht nicht an. Schließen Sie andere Programme, die sie benutzen, und schalten ' +
      'Sie noch einmal ein.',
    cameraInsecure:
      'Hier gibt der Browser Seiten keine Kamera. Öffnen Sie die Seite als Datei in Chrome, Edge ' +
      'oder Firefox, oder über https.',
    unexpected: (message) => `Etwas Unerwartetes ist geschehen: ${message}`,
  },
};
