/** Builds elements from text, never from markup. */

type Attributes = Readonly<Record<string, string | number | boolean>>;
type Child = Node | string | null;

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
