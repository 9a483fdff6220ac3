/** The language of the page: the first of the browser's that there is a file of texts for. */

/** Languages with a file in `texts/`. */
export type Language = 'de' | 'en' | 'es';

const LANGUAGES: readonly Language[] = ['de', 'en', 'es'];

/** Chosen once, when the page is loaded. */
export const language: Language = chosen(globalThis.navigator?.languages ?? []);

/** The first that is there, by its primary part: `de-AT` is `de`; English where none is. */
export function chosen(wanted: readonly string[]): Language {
  const primary = wanted.map((tag) => tag.toLowerCase().split('-')[0]);
  return primary.flatMap((tag) => LANGUAGES.filter((known) => known === tag))[0] ?? 'en';
}
