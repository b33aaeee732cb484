/** What a key does, by `KeyboardEvent.key`. */
export type Shortcuts = Readonly<Record<string, () => void>>;

const TYPES_TEXT = "input, select, textarea, [contenteditable], dialog[open], [role=menu]";

/** Single keys that work wherever nobody types; they leave every combination to the browser and to screen readers.
 *  @returns ends it */
export function listenForShortcuts(target: EventTarget, shortcuts: Shortcuts): () => void {
  const abort = new AbortController();
  const pressed = (event: Event): void => {
    if (!(event instanceof KeyboardEvent) || event.defaultPrevented) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target instanceof Element && isTyping(event.target)) return;
    const action = Object.hasOwn(shortcuts, event.key) ? shortcuts[event.key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  target.addEventListener("keydown", pressed, { signal: abort.signal });
  return () => abort.abort();
}

/** A box that was hidden with its dialog keeps the focus until the next picture is drawn: nobody types there. */
const isTyping = (target: Element): boolean => target.closest(TYPES_TEXT)?.checkVisibility() === true;
