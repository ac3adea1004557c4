/** byId finds an element of index.html. A missing one is a bug. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`index.html has no element ${id}`);
  return element as T;
}

type Attributes = Record<string, string | boolean>;

/** h makes an element. Attributes that are false are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** setText does not touch an element that has the text already: that would cost a layout and lose a selection. */
export function setText(element: HTMLElement, text: string) {
  if (element.textContent !== text) element.textContent = text;
}

/** place gives an element these children, and moves only those that are not in their place: an element that moves loses the focus. */
export function place(parent: Element, children: Element[]) {
  const wanted = new Set(children);
  for (const child of Array.from(parent.children)) if (!wanted.has(child)) child.remove();
  children.forEach((child, n) => {
    if (parent.children[n] !== child) parent.insertBefore(child, parent.children[n] ?? null);
  });
}

/** copy puts text on the clipboard; false if the browser does not allow it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** copies makes a button copy a text and say that it did. */
export function copies(button: HTMLElement, text: () => string) {
  const label = button.textContent ?? "";
  button.addEventListener("click", async () => {
    const done = (await copy(text())) ? "Copied" : "Select it and copy";
    setText(button, done);
    say(done);
    setTimeout(() => setText(button, label), 2000);
  });
}

/** copyButton is a button to place after a text; what names the text for a screen reader. */
export function copyButton(text: string, what: string): HTMLElement {
  const button = h("button", { type: "button", class: "quiet copy", "aria-label": `Copy ${what}` }, "Copy");
  copies(button, () => text);
  return button;
}

/** soon calls at most once per interval, and always after the last request. */
export function soon(ms: number, call: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      call();
    }, ms);
  };
}

const speechMs = 1500;
let toSay = "";
let saidAt = Number.NEGATIVE_INFINITY;
const saySoon = soon(speechMs, () => speak(toSay));

function speak(text: string) {
  saidAt = performance.now();
  setText(byId("say"), text);
}

/** say tells a screen reader a text, at once if it was silent. A text that comes too fast to be heard replaces the waiting one. */
export function say(text: string) {
  toSay = text;
  if (performance.now() - saidAt < speechMs) saySoon();
  else speak(text);
}
