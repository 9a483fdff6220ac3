'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { suspects, classes } = data;
  const KEY = `kerasport-review:${data.key}`;
  const FORMULA = /^'*[=+\-@\t\r]/;
  const HEAD = ['content', 'file', 'given', 'label', 'verdict'];
  const at = (id) => document.getElementById(id);
  const number = new Intl.NumberFormat('en');
  const names = new Map(classes.map((name, place) => [name, data.shown[place]]));
  const told = (name) => names.get(name) ?? name;

  /** content -> { verdict, label }; the pictures of another page's table stay beside them. */
  let marks = new Map();
  let strangers = [];
  let undone = [];
  let shown = [];
  let current = 0;
  let keeps = true;

  function make(tag, options = {}, ...children) {
    const { className, ...others } = options;
    const node = Object.assign(document.createElement(tag), others);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  // --- what was marked -----------------------------------------------------------------------

  function remember() {
    try {
      localStorage.setItem(KEY, JSON.stringify([...marks]));
    } catch {
      keeps = false;
    }
  }

  function recall() {
    try {
      const known = new Set(suspects.map((suspect) => suspect.content));
      const stored = JSON.parse(localStorage.getItem(KEY) ?? '[]');
      marks = new Map(stored.filter(([content, mark]) => known.has(content) && isMark(mark)));
    } catch {
      marks = new Map();
    }
    remember();
  }

  function isMark(mark) {
    if (mark?.verdict === 'label') return classes.includes(mark.label);
    return mark?.verdict === 'none' || mark?.verdict === 'bad';
  }

  function mark(verdict, label = '') {
    const suspect = shown[current];
    if (!suspect) return;
    undone.push([suspect.content, marks.get(suspect.content)]);
    marks.set(suspect.content, { verdict, label });
    remember();
    say(`${suspect.file}: ${words(suspect)}.`);
    paint(suspect);
    count();
    const next = shown.findIndex((each, place) => place > current && !marks.has(each.content));
    go(next === -1 ? Math.min(current + 1, shown.length - 1) : next);
  }

  function undo() {
    const last = undone.pop();
    if (!last) {
      say('There is nothing to undo.');
      return;
    }
    const [content, before] = last;
    if (before) marks.set(content, before);
    else marks.delete(content);
    remember();
    const suspect = suspects.find((each) => each.content === content);
    paint(suspect);
    count();
    if (!shown.includes(suspect)) filter(suspect);
    else go(shown.indexOf(suspect));
    say(`Undone: ${suspect.file}.`);
  }

  function words(suspect) {
    const found = marks.get(suspect.content);
    if (!found) return 'not marked';
    if (found.verdict === 'none') return 'none of these';
    if (found.verdict === 'bad') return 'bad picture';
    return found.label === suspect.given ? `right: ${told(found.label)}` : `is ${told(found.label)}`;
  }

  // --- what is shown -------------------------------------------------------------------------

  function card(suspect) {
    const image = make('img', { src: suspect.image, alt: '', loading: 'lazy' });
    if (suspect.smooth) image.className = 'smooth';
    const button = make(
      'button',
      { type: 'button', className: 'card', onclick: () => go(shown.indexOf(suspect), true) },
      image,
      make('b', {}, told(suspect.given)),
      make('small', { className: 'state' }),
    );
    suspect.card = button;
    paint(suspect);
    return button;
  }

  function paint(suspect) {
    if (!suspect.card) return;
    const found = marks.get(suspect.content);
    const kind = !found ? '' : found.verdict !== 'label' ? 'out' : found.label === suspect.given ? 'right' : 'changed';
    suspect.card.dataset.mark = kind;
    suspect.card.querySelector('.state').textContent = found ? words(suspect) : `${told(suspect.proposed)}?`;
    suspect.card.title = suspect.file;
    suspect.card.setAttribute('aria-label', `${suspect.file}, labelled ${told(suspect.given)}: ${words(suspect)}`);
  }

  function filter(keep = shown[current]) {
    const name = at('class').value;
    const state = at('state').value;
    shown = suspects.filter(
      (suspect) =>
        (name === '' || suspect.given === classes[Number(name)]) &&
        (state === '' || (state === 'open') !== marks.has(suspect.content)),
    );
    at('list').replaceChildren(...shown.map((suspect) => suspect.card ?? card(suspect)));
    go(Math.max(0, shown.indexOf(keep)));
  }

  function go(place, focus = false) {
    shown[current]?.card?.removeAttribute('aria-current');
    for (const each of at('list').querySelectorAll('[aria-current]')) each.removeAttribute('aria-current');
    current = place;
    const suspect = shown[current];
    at('one').hidden = !suspect;
    at('nothing').hidden = Boolean(suspect);
    if (!suspect) return;
    suspect.card.setAttribute('aria-current', 'true');
    // Within the list alone: the page stays where the picture is.
    const list = at('list');
    const above = suspect.card.offsetTop - list.clientHeight / 3;
    if (suspect.card.offsetTop < list.scrollTop || suspect.card.offsetTop + suspect.card.offsetHeight > list.scrollTop + list.clientHeight)
      list.scrollTop = above;
    at('place').textContent = `${number.format(current + 1)} of ${number.format(shown.length)}`;
    at('picture').src = suspect.image;
    at('picture').alt = `Picture ${suspect.file}`;
    at('picture').className = suspect.smooth ? 'smooth' : '';
    at('file').textContent = suspect.file;
    at('given').textContent = told(suspect.given);
    at('given-share').textContent = suspect.givenShare;
    at('proposed').textContent = told(suspect.proposed);
    at('proposed-share').textContent = suspect.share;
    at('reasons').replaceChildren(...suspect.reasons.map((reason) => make('li', {}, reason)));
    at('marked').textContent = marks.has(suspect.content) ? `Marked: ${words(suspect)}` : 'Not marked yet';
    at('right').querySelector('span').textContent = `Right: ${told(suspect.given)}`;
    at('wrong').querySelector('span').textContent = `It is ${told(suspect.proposed)}`;
    at('wrong').hidden = suspect.proposed === suspect.given;
    if (focus) at('one').scrollIntoView({ block: 'nearest' });
  }

  function count() {
    const found = suspects.map((suspect) => [suspect, marks.get(suspect.content)]).filter(([, each]) => each);
    const of = (test) => found.filter(([suspect, each]) => test(each, suspect)).length;
    const parts = {
      marked: found.length,
      changed: of((each, suspect) => each.verdict === 'label' && each.label !== suspect.given),
      right: of((each, suspect) => each.verdict === 'label' && each.label === suspect.given),
      none: of((each) => each.verdict === 'none'),
      bad: of((each) => each.verdict === 'bad'),
    };
    for (const [name, value] of Object.entries(parts)) at(`count-${name}`).textContent = number.format(value);
    at('save').disabled = found.length + strangers.length === 0;
    at('kept').textContent = keeps
      ? 'Marks are kept in this browser across a reload.'
      : 'This browser keeps no marks across a reload: save corrections.csv before you leave.';
  }

  function say(text) {
    at('said').textContent = text;
  }

  // --- the table -----------------------------------------------------------------------------

  /** A cell; an apostrophe keeps spreadsheets from running it as a formula, see docs/corrections.md. */
  function quoted(cell) {
    const harmless = FORMULA.test(cell) ? `'${cell}` : cell;
    return /[",;\t\r\n]/.test(cell) || cell !== cell.trim() ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  }

  function asItWas(cell) {
    return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
  }

  function table() {
    const rows = suspects
      .filter((suspect) => marks.has(suspect.content))
      .map((suspect) => {
        const { verdict, label } = marks.get(suspect.content);
        return [suspect.content, suspect.file, suspect.given, verdict === 'label' ? label : '', verdict];
      });
    return [HEAD, ...rows, ...strangers].map((row) => row.map(quoted).join(',') + '\r\n').join('');
  }

  function save() {
    const link = make('a', {
      href: URL.createObjectURL(new Blob([table()], { type: 'text/csv' })),
      download: 'corrections.csv',
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    say('Saved corrections.csv.');
  }

  /** Returns the rows of a table in CSV, as RFC 4180 has it, with the separator of its heading. */
  function cellsOf(text) {
    const rows = [[]];
    const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    const head = text.split(/[\r\n]/, 1)[0];
    const counts = [',', ';', '\t'].map((each) => head.split(each).length);
    const separator = [',', ';', '\t'][counts.indexOf(Math.max(...counts))];
    const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}\r\n]*))(${separator}|\r\n|\n|\r|$)`, 'y');
    cell.lastIndex = start;
    while (cell.lastIndex < text.length) {
      const found = cell.exec(text);
      if (!found || found[0] === '') return null;
      rows.at(-1).push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
      if (/[\r\n]/.test(found[3])) rows.push([]);
    }
    return rows.filter((row) => row.length > 1);
  }

  async function restore(file) {
    const rows = cellsOf(await file.text());
    const head = rows?.[0]?.map((title) => title.trim().toLowerCase());
    if (!head || HEAD.some((title) => !head.includes(title))) {
      say(`${file.name} is no corrections.csv: expected the columns ${HEAD.join(', ')}.`);
      return;
    }
    const known = new Map(suspects.map((suspect) => [suspect.content, suspect]));
    let restored = 0;
    let refused = 0;
    for (const row of rows.slice(1)) {
      const cells = HEAD.map((title) => row[head.indexOf(title)] ?? '');
      const [name, given, spelled] = cells.slice(1, 4).map(asItWas);
      const [content, verdict] = [cells[0], cells[4]].map((text) => text.trim().toLowerCase());
      const label = classes.includes(spelled) ? spelled : spelled.trim();
      const found = { verdict, label: verdict === 'label' ? label : '' };
      if (!known.has(content)) strangers.push([content, name, given, label, verdict]);
      else if (isMark(found)) {
        undone.push([content, marks.get(content)]);
        marks.set(content, found);
        paint(known.get(content));
        restored += 1;
      } else refused += 1;
    }
    remember();
    count();
    filter();
    const left = strangers.length ? ` ${strangers.length} of pictures that are not on this page stay in the table.` : '';
    say(`${number.format(restored)} marks restored from ${file.name}.${left}${refused ? ` ${refused} could not be read.` : ''}`);
  }

  // --- keys and buttons ----------------------------------------------------------------------

  const acts = {
    enter: () => mark('label', shown[current]?.given),
    ' ': () => shown[current] && mark('label', shown[current].proposed),
    n: () => mark('none'),
    b: () => mark('bad'),
    u: undo,
    arrowright: () => go(Math.min(current + 1, shown.length - 1)),
    arrowdown: () => go(Math.min(current + 1, shown.length - 1)),
    arrowleft: () => go(Math.max(current - 1, 0)),
    arrowup: () => go(Math.max(current - 1, 0)),
    c: () => at('other').focus(),
    s: save,
  };
  classes.slice(0, 9).forEach((name, place) => {
    acts[String(place + 1)] = () => mark('label', name);
  });

  document.addEventListener('keydown', (event) => {
    const field = event.target.closest('select, input, textarea, summary, a');
    if (event.key === 'Escape' && field) field.blur();
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && key === 'z' && !field) {
      event.preventDefault();
      undo();
      return;
    }
    if (field || event.ctrlKey || event.metaKey || event.altKey) return;
    // A button that has the focus keeps its own keys, but for the cards: they only choose.
    const button = event.target.closest('button');
    if (button && !button.classList.contains('card') && (key === 'enter' || key === ' ')) return;
    if (!(key in acts)) return;
    event.preventDefault();
    acts[key]();
  });

  at('right').onclick = acts.enter;
  at('wrong').onclick = acts[' '];
  at('none').onclick = acts.n;
  at('bad').onclick = acts.b;
  at('undo').onclick = undo;
  at('save').onclick = save;
  at('restore').onchange = async (event) => {
    const [file] = event.target.files;
    if (file) await restore(file);
    event.target.value = '';
  };
  at('class').onchange = () => filter();
  at('state').onchange = () => filter();
  at('other').onchange = (event) => {
    if (event.target.value !== '') mark('label', classes[Number(event.target.value)]);
    event.target.value = '';
    event.target.blur();
  };

  const option = (name, place) => make('option', { value: String(place) }, told(name));
  const withKey = (name, place) => option(place < 9 ? `${place + 1}  ${told(name)}` : name, place);
  at('class').append(...classes.map(option));
  at('other').append(...classes.map(withKey));
  if (classes.length <= 9) {
    at('classes').append(
      ...classes.map((name, place) =>
        make(
          'button',
          { type: 'button', onclick: acts[String(place + 1)] },
          make('span', {}, told(name)),
          make('kbd', {}, String(place + 1)),
        ),
      ),
    );
  } else at('more').hidden = false;
  recall();
  count();
  filter(suspects.find((suspect) => !marks.has(suspect.content)) ?? suspects[0]);
  document.documentElement.dataset.ready = 'yes';
})();
