/** Probabilities and other shares, as people read them. */

/**
 * A share of 0 to 1 as a percentage with one decimal that never rounds to certainty: `99.9%`,
 * `> 99.9%`, `< 0.1%`; as the command line and the reports write it.
 *
 * @param language - a BCP 47 tag; the browser's own by default.
 */
export function formatShare(share: number, language?: string): string {
  const percent = new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  if (share > 0 && share < 0.0005) return `< ${percent.format(0.001)}`;
  return share < 1 && share >= 0.9995 ? `> ${percent.format(0.999)}` : percent.format(share);
}
