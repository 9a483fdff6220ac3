/** Tabs by the ARIA pattern: arrow keys move between them, one panel is shown. */

import { element } from './elements.js';

interface Tab<Id extends string> {
  readonly id: Id;
  readonly label: string;
  readonly panel: HTMLElement;
}

/** A row of tabs and their panels. */
export interface Tabs<Id extends string> {
  readonly root: HTMLElement;
  /** Shows a panel. */
  choose(id: Id): void;
  /** Shows or hides a tab. */
  offer(id: Id, offered: boolean): void;
  /** Called with the tab that was chosen. */
  onChoose: (id: Id) => void;
}

/** Builds the tabs; the first one is chosen. */
export function tabsView<Id extends string>(label: string, all: readonly Tab<Id>[]): Tabs<Id> {
  const buttons = new Map<Id, HTMLButtonElement>();
  let chosen = all[0].id;
  const tabs: Tabs<Id> = {
    root: element('div', { class: 'tabs' }),
    onChoose: () => {},
    choose(id) {
      if (id === chosen) return;
      chosen = id;
      show();
      tabs.onChoose(id);
    },
    offer(id, offered) {
      const button = buttons.get(id);
      if (button) button.hidden = !offered;
      if (!offered && chosen === id) tabs.choose(all[0].id);
    },
  };
  const show = () => {
    for (const { id, panel } of all) {
      const button = buttons.get(id);
      button?.setAttribute('aria-selected', String(id === chosen));
      button?.setAttribute('tabindex', id === chosen ? '0' : '-1');
      panel.hidden = id !== chosen;
    }
  };
  const list = element('div', { class: 'tabs__list', role: 'tablist', 'aria-label': label });
  for (const { id, label: text, panel } of all) {
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `tab-${id}`);
    panel.id ||= `panel-${id}`;
    const tab = element(
      'button',
      { type: 'button', class: 'tab', id: `tab-${id}`, role: 'tab', 'aria-controls': panel.id },
      text,
    );
    tab.addEventListener('click', () => tabs.choose(id));
    buttons.set(id, tab);
    list.append(tab);
  }
  list.addEventListener('keydown', ({ key }) => {
    const offered = all.filter(({ id }) => !buttons.get(id)?.hidden);
    const at = offered.findIndex(({ id }) => id === chosen);
    const last = offered.length - 1;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[key];
    if (to === undefined) return;
    const { id } = offered[(to + offered.length) % offered.length];
    tabs.choose(id);
    buttons.get(id)?.focus();
  });
  tabs.root.append(list, ...all.map(({ panel }) => panel));
  show();
  return tabs;
}
