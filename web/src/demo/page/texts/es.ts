/** Every word on the page, in Spanish. */

import { formatBytes, formatCount, formatPower, formatShare, plural } from '../format.js';
import type { texts as english } from './en.js';

const pictures = (count: number) => plural(count, 'imagen', 'imágenes');

export const texts: typeof english = {
  kicker: 'Clasificador de imágenes',
  footer: 'Funciona en este dispositivo. No se sube nada.',
  loading: 'Cargando el modelo…',
  ready: 'Listo. Elija una imagen.',
  working: (name) => `Mirando ${name}…`,
  summary: (classes) => `Distingue ${formatCount(classes)} clases.`,
  accuracy: (accuracy, count) =>
    `${formatShare(accuracy)} de aciertos en ${plural(count, 'imagen', 'imágenes')} de prueba`,

  ways: {
    label: 'De dónde vienen las imágenes',
    files: 'Archivos',
    camera: 'Cámara',
    drawing: 'Dibujar',
  },
  drop: {
    title: 'Suelte aquí las imágenes',
    hint: (keys) => `Una, muchas o carpetas enteras. Pegue con ${keys}.`,
    choose: 'Elegir imágenes',
    folder: 'Carpeta',
    take: 'Tomar una foto',
    takeTitle: 'Tome una foto o elija una',
    takeHint: 'También muchas a la vez.',
    paste: 'Pegar',
    label: 'Imágenes para clasificar',
    folderLabel: 'Carpeta de imágenes para clasificar',
  },
  camera: {
    start: 'Encender la cámara',
    stop: 'Apagar',
    freeze: 'Congelar',
    choose: 'Cámara',
    unnamed: (position) => `Cámara ${position}`,
    video: 'Lo que ve la cámara',
    hint: 'La respuesta sigue a la imagen. No se graba nada.',
    starting: 'Esperando a la cámara…',
    running: 'La cámara está encendida.',
    stopped: 'La cámara está apagada.',
    name: 'la imagen de la cámara',
  },
  drawing: {
    label: (names) => `Área de dibujo: dibuje ${names}, con ratón, lápiz o dedo`,
    hint: (names) => `Dibuje uno de ${names}.`,
    undo: 'Deshacer',
    clear: 'Borrar',
    cleared: 'El área está vacía.',
    name: 'el dibujo',
  },
  samples: {
    title: 'Ejemplos',
    hint: 'Imágenes que vinieron con el modelo',
    item: (position, label) =>
      label === null ? `Ejemplo ${position}` : `Ejemplo ${position}: ${label}`,
    name: 'un ejemplo',
  },
  result: {
    title: 'Resultado',
    empty: 'Aquí aparece la respuesta.',
    picture: 'Imagen',
    pictureAlt: 'La imagen que se clasificó',
    input: 'El modelo ve',
    inputAlt: (width, height) =>
      `La misma imagen como la ve el modelo: ${width} por ${height} píxeles`,
    inputSize: (width, height) => `${width} × ${height} píxeles`,
    truth: 'Clase verdadera',
    right: 'acierto',
    wrong: 'error',
    predictions: 'Clases más probables',
    time: 'Tiempo',
    backend: 'Backend',
    announce: (className, probability) => `${className}, ${formatShare(probability)}`,
    unsure: 'No es seguro',
    unsureWhy: (className, threshold) =>
      `Lo más probable es ${className}, pero por debajo de ${formatShare(threshold)} este modelo ` +
      'se equivoca demasiado para decirlo.',
    announceUnsure: (className, probability) =>
      `No es seguro. Quizá ${className}, ${formatShare(probability)}`,
    strange: 'No se parece a nada de su entrenamiento',
    strangeShort: 'Ajena',
    strangeWhy: (share) =>
      `El ${formatShare(share)} de las imágenes con que se comprobó el modelo se parece más a las de ` +
      'su entrenamiento. Las clases de abajo son las menos erróneas.',
    announceStrange: (answer) => `No se parece a nada de su entrenamiento. ${answer}`,
    back: '← Todas las imágenes',
    previous: 'Imagen anterior',
    next: 'Imagen siguiente',
    position: (position, count) => `${formatCount(position)} de ${formatCount(count)}`,
  },
  labels: {
    summary: (labels) => `Dice cuáles de ${formatCount(labels)} etiquetas tiene una imagen.`,
    accuracy: (macroF1, count) =>
      `F1 medio ${formatShare(macroF1)} en ${plural(count, 'imagen', 'imágenes')} de prueba`,
    list: 'Etiquetas',
    holds: 'se cumple',
    nothing: 'No se encontró nada',
    nothingWhy: (name, probability, threshold) =>
      `La más cercana es ${name} con ${formatShare(probability)}; se cumple desde ` +
      `${formatShare(threshold)}.`,
    others: (count) =>
      `${plural(count, 'etiqueta más es', 'etiquetas más son')} aún menos probables.`,
    from: (threshold) => `desde ${formatShare(threshold)}`,
    announce: (names) => `Se encontró: ${names}`,
    truth: 'Etiquetas verdaderas',
    none: 'ninguna',
    right: 'acierto',
    missed: 'omitida',
    false: 'falsa',
    why: (name) => `¿Por qué ${name}?`,
    column: 'Etiquetas',
    byLabel: 'Etiqueta',
    all: 'Todas las imágenes',
    onlyWrong: 'Solo errores',
    score: 'Comparado con las etiquetas verdaderas',
    scoreHint: (source) => `Las etiquetas verdaderas son las de ${source}.`,
    ofFolders: 'las carpetas',
    exact: (right, count) => `del todo correctas: ${formatCount(right)} de ${pictures(count)}`,
    table: 'Cada etiqueta',
    tableHint: 'Un número muestra sus imágenes.',
    cell: (count, outcome, name) => `${pictures(count)}, ${name}: ${outcome}`,
    figures: 'En la prueba',
    figuresText: (macroF1, exact, count) =>
      `F1 medio ${formatShare(macroF1)}, todas las etiquetas correctas en ${formatShare(exact)} de ` +
      `${pictures(count)} no usadas al entrenar`,
    facts: (count) => `Etiquetas (${formatCount(count)})`,
    threshold: 'Se cumple desde',
  },
  why: {
    button: '¿Por qué?',
    working: 'Buscando lo que importó…',
    legend: (className) =>
      `Lo que habló por ${className}: nada donde está oscuro, lo más donde está claro.`,
    alt: (className) => `Mapa de calor de lo que habló por ${className}`,
    announce: (className) => `El mapa de calor muestra lo que habló por ${className}.`,
  },
  many: {
    title: (count) => pictures(count),
    back: '← Una imagen',
    running: (done, count) => `${formatCount(done)} de ${pictures(count)} clasificadas`,
    done: (count, duration) => `${pictures(count)} en ${duration}`,
    cancelled: (done, count) => `Detenido tras ${formatCount(done)} de ${pictures(count)}`,
    failed: (count) => `${formatCount(count)} sin leer`,
    ignored: (count) =>
      `${plural(count, 'archivo que no es imagen', 'archivos que no son imágenes')} fuera de la tabla`,
    progress: 'Imágenes clasificadas',
    cancel: 'Detener',
    csv: 'CSV',
    csvLabel: 'Descargar la tabla como CSV',
    json: 'JSON',
    jsonLabel: 'Descargar la tabla con todas las probabilidades como JSON',
    table: 'Imágenes clasificadas',
    tableHint: 'Hay más abajo. El nombre de un archivo abre su imagen.',
    filters: 'Mostrar solo',
    byClass: 'Clase',
    allClasses: 'Todas las clases',
    minimum: 'Confianza desde',
    onlyWrong: 'Solo errores',
    shown: (shown, count) =>
      shown === count
        ? `${formatCount(count)} a la vista`
        : `${formatCount(shown)} de ${formatCount(count)} a la vista`,
    showAll: 'Mostrar todas',
    none: 'Ninguna imagen cumple estos filtros.',
    columns: {
      picture: 'Imagen',
      path: 'Archivo',
      className: 'Clase',
      probability: 'Confianza',
      truth: 'Clase verdadera',
    },
    waiting: 'en espera',
    perhaps: (className) => `quizá ${className}`,
    right: 'Acierto',
    wrong: 'Error',
  },
  corrections: {
    title: 'Correcciones',
    column: 'Corregida',
    only: 'Solo corregidas',
    hint: '¿Una respuesta es incorrecta? ✎ o la tecla C la corrige.',
    correct: (path: string) => `Corregir ${path}`,
    change: (path: string, words: string) => `${path}: ${words}. Cambiar`,
    question: '¿Qué muestra la imagen?',
    type: 'Escriba una clase',
    classes: 'Clases',
    noClass: 'Ninguna clase se llama así.',
    more: (count: number) =>
      `${plural(count, 'clase más', 'clases más')}: escriba para encontrarla.`,
    marked: 'marcada',
    answered: 'respuesta',
    close: 'Cerrar',
    right: (name: string) => `Correcta: ${name}`,
    rightShort: 'Correcta',
    other: 'Otra clase',
    none: 'Ninguna de estas',
    bad: 'Imagen inservible',
    unmark: 'Sin corrección',
    unmarked: 'Sin corregir',
    state: (words: string) => `Corregida: ${words}`,
    count: (count: number) => plural(count, 'corregida', 'corregidas'),
    zip: 'Guardar las imágenes corregidas con su tabla',
    csv: 'Guardar solo la tabla de correcciones',
    undo: 'Deshacer',
    discard: 'Descartar todas',
    undone: (path: string) => `Deshecho: ${path}.`,
    undoneAll: 'Deshecho.',
    discarded: (count: number) =>
      plural(count, 'corrección descartada.', 'correcciones descartadas.'),
    gone: (path: string) => `${path} ya no se puede leer. Elíjala de nuevo.`,
    unreadable: (count: number) =>
      `${plural(count, 'imagen ya no se puede', 'imágenes ya no se pueden')} leer: solo su línea se guarda en la tabla.`,
    labels: {
      question: '¿Qué etiquetas tiene la imagen?',
      type: 'Escriba una etiqueta',
      list: 'Etiquetas',
      noLabel: 'Ninguna etiqueta se llama así.',
      more: (count: number) =>
        `${plural(count, 'etiqueta más', 'etiquetas más')}: escriba para encontrarla.`,
      save: 'Estas etiquetas',
      other: 'Otras etiquetas',
    },
  },
  score: {
    title: 'Comparado con las carpetas',
    hint: 'Los nombres de las carpetas se toman como clases verdaderas.',
    accuracy: (right, count) => `aciertos: ${formatCount(right)} de ${pictures(count)}`,
    matrix: 'Matriz de confusión',
    matrixHint: 'Filas: clase verdadera. Columnas: respuesta. Un número muestra sus imágenes.',
    cell: (count, truth, answer) => `${pictures(count)} de ${truth} con la respuesta ${answer}`,
    truth: 'Clase verdadera',
    mistakes: 'Errores más frecuentes',
    mistake: (truth, answer) => `${truth} con la respuesta ${answer}`,
    noMistakes: 'Ninguno.',
    counts: 'Respuestas',
  },
  about: {
    open: 'Sobre este modelo',
    close: 'Cerrar',
    title: 'Sobre este modelo',
    facts: {
      name: 'Modelo',
      architecture: 'Arquitectura',
      training: 'Entrenado con',
      accuracy: 'Aciertos en la prueba',
      date: 'Fecha',
      input: 'Entrada',
      preprocessing: 'Preparación',
      size: 'Tamaño',
      threshold: 'No es seguro por debajo de',
      versions: 'Hecho con',
    },
    trained: (train, validation, test) =>
      `${pictures(train)}; ${formatCount(validation)} para la validación, ` +
      `${formatCount(test)} para la prueba`,
    accuracy: (accuracy, count) =>
      `${formatShare(accuracy)} de ${pictures(count)} que no se usaron en el entrenamiento`,
    input: (width, height, gray) =>
      `${width} × ${height} píxeles, ${gray ? 'en grises' : 'en color'}`,
    fit: {
      stretch: 'estirada al tamaño',
      crop: 'recortada al centro',
      pad: 'entera, sobre un fondo',
    },
    preprocessing: (fit, resample) =>
      `puesta derecha, ${fit}, remuestreo ${resample}: los mismos píxeles que en Python`,
    size: (bytes, weights) => `${formatBytes(bytes)}, pesos en ${weights}`,
    threshold: (threshold) => `${formatShare(threshold)} para la clase más probable`,
    classes: (count) => `Clases (${formatCount(count)})`,
    className: 'Clase',
    trainPictures: 'Entrenamiento',
    testPictures: 'Prueba',
    other: 'Otro modelo',
    otherHint:
      'Suelte una carpeta exportada sobre la página, o elíjala. No sale de este dispositivo.',
    otherChoose: 'Elegir una carpeta',
    otherLabel: 'Carpeta de otro modelo exportado',
    builtIn: 'Volver al modelo incluido',
    opening: (name) => `Abriendo ${name}…`,
    opened: (name) => `Ahora responde ${name}.`,
  },
  selfTest: {
    title: '¿Las mismas respuestas que en Python?',
    button: 'Comprobar este dispositivo',
    hint: (count) => `Compara ${plural(count, 'ejemplo', 'ejemplos')} con las respuestas de Keras.`,
    running: 'Comprobando…',
    passed: (count) => `Sí: ${pictures(count)} en la comparación, con cada píxel idéntico.`,
    passedUnhashed: (count) =>
      `Sí: ${pictures(count)} en la comparación. Esta página no puede comparar píxeles ` +
      'por suma de control: ábrala para eso desde un archivo o por https.',
    failed: (worst) => `No. La mayor diferencia está en ${worst ?? 'un ejemplo'}.`,
    pixels: (count) =>
      `${plural(count, 'imagen tiene', 'imágenes tienen')} otros píxeles que en Python.`,
    difference: (difference, tolerance) =>
      `Mayor diferencia de una probabilidad: ${formatPower(difference, 1)} ` +
      `(permitida: ${formatPower(tolerance, 0)}).`,
  },
  missing: {
    title: 'Aquí todavía no hay un modelo',
    text: 'Entrene uno y póngalo junto a esta página con una orden, en la carpeta del proyecto:',
    command: 'make train export',
    afterwards:
      'Después abra esta página otra vez. O muéstrele una carpeta que se exportó en otro sitio:',
    choose: 'Elegir una carpeta exportada',
  },
  broken: {
    title: 'El modelo no se puede usar',
    script:
      'model.js está, pero dañado o incompleto. Cópielo otra vez o exporte de nuevo el modelo.',
    afterwards: 'En su lugar puede usarse otra carpeta exportada:',
  },
  errors: {
    title: 'No ha funcionado',
    nothing: 'No había ningún archivo en lo que soltó.',
    noPicture: 'No había ninguna imagen en lo que soltó. Suelte archivos de imagen o carpetas.',
    emptyFolder: 'No hay ninguna imagen en esa carpeta. Elija una con archivos de imagen.',
    noBundle:
      'No hay ningún modelo en esa carpeta. Se espera una carpeta exportada por kerasport, con su ' +
      'metadata.json.',
    clipboardEmpty: 'No hay ninguna imagen en el portapapeles. Copie una antes.',
    clipboardRefused:
      'El navegador no dejó leer el portapapeles. Pulse Ctrl+V (⌘V en un Mac) en su lugar.',
    cameraRefused:
      'La cámara no fue permitida. Permítala para esta página en los ajustes del navegador y ' +
      'enciéndala otra vez.',
    cameraMissing: 'No se encontró ninguna cámara. Conecte una y enciéndala otra vez.',
    cameraBusy:
      'La cámara no se enciende. Cierre otros programas que la usen y enciéndala otra vez.',
    cameraInsecure:
      'Aquí el navegador no da cámara a las páginas. Abra la página como archivo en Chrome, Edge o ' +
      'Firefox, o por https.',
    unexpected: (message) => `Ha pasado algo inesperado: ${message}`,
  },
};
