/** Where the browser's Back leads: from a picture to its table, from the table to the start. */

/** What is shown: the start and single pictures, a table, one picture of it. */
export type Place = 'one' | 'many' | 'row';

/** The places in the browser's history, without addresses of their own. */
export class Places {
  /** @param arrived - called when Back or Forward led to a place. */
  constructor(arrived: (place: Place) => void) {
    addEventListener('popstate', ({ state }) => arrived(placeOf(state)));
  }

  get current(): Place {
    return placeOf(history.state);
  }

  /** Goes on to a place, unless it is the present one. */
  enter(place: Place): void {
    if (place !== this.current) history.pushState({ place }, '');
  }

  /** Goes back, as the browser's own button does. */
  back(): void {
    history.back();
  }
}

function placeOf(state: unknown): Place {
  const place = typeof state === 'object' && state !== null ? Reflect.get(state, 'place') : 'one';
  return place === 'many' || place === 'row' ? place : 'one';
}
