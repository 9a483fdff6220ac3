/** Every word on the page, in the language of the browser. A language is a file in `texts/`. */

import { type Language, language } from './language.js';
import { texts as de } from './texts/de.js';
import { texts as en } from './texts/en.js';
import { texts as es } from './texts/es.js';

/** What every language says. */
export type Texts = typeof en;

const ALL: Readonly<Record<Language, Texts>> = { de, en, es };

/** The texts of the page. */
export const strings: Texts = ALL[language];
