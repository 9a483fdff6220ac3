/** Builds elements from text, never from markup. */

const TINY = 64;

export type Attributes = Readonly<Record<string, string | number | boolean>>;
export type Child = Node | string | null;

/** A new element with attributes and children; `true` gives an attribute without a value. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const result = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) result.setAttribute(name, value === true ? '' : String(value));
  }
  result.append(...children.filter((child) => child !== null));
  return result;
}

/** A picture as an element; a tiny one shows its pixels instead of a blur. */
export function pictureElement(url: string, alt: string): HTMLImageElement {
  const image = element('img', { src: url, alt });
  image.addEventListener('load', () => {
    image.classList.toggle('pixelated', Math.max(image.naturalWidth, image.naturalHeight) <= TINY);
  });
  return image;
}

/** A button that does something on a click. */
export function button(text: string, click: () => void, attributes: Attributes = {}) {
  const result = element('button', { class: 'button', type: 'button', ...attributes }, text);
  result.addEventListener('click', click);
  return result;
}

/** A label that looks like a button and opens the file chooser of `input`, after the input. */
export function chooser(input: HTMLInputElement, text: string, look = ''): readonly HTMLElement[] {
  return [input, element('label', { class: `button ${look}`, for: input.id }, text)];
}
