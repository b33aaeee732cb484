type Attribute = string | boolean | undefined;
type Child = Node | string | undefined;

/** An element with attributes and children; a true attribute stands without a value, a false or absent one not at all. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** Touches the page only where something changes: screen readers and the layout notice every write. */
export function setAttribute(node: Element, name: string, value: Attribute): void {
  if (value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : value;
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
