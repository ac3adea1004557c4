/** byId finds an element of index.html; one that is missing is a mistake of the page. */
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

/** setText leaves an element alone whose text is right: a change of nothing would cost a layout and a selection. */
export function setText(element: HTMLElement, text: string) {
  if (element.textContent !== text) element.textContent = text;
}

/** copy puts text on the clipboard; false where the browser does not let it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** copies makes a button copy a text, and say so. */
export function copies(button: HTMLElement, text: () => string) {
  const label = button.textContent ?? "";
  button.addEventListener("click", async () => {
    const done = (await copy(text())) ? "Copied" : "Select it and copy";
    setText(button, done);
    say(done);
    setTimeout(() => setText(button, label), 2000);
  });
}

/** copyButton stands after a text; what names that for a screen reader. */
export function copyButton(text: string, what: string): HTMLElement {
  const button = h("button", { type: "button", class: "quiet copy", "aria-label": `Copy ${what}` }, "Copy");
  copies(button, () => text);
  return button;
}

/** soon calls at most once per interval, and always after the last asking. */
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

/** say tells a screen reader, at once if it was silent; what comes faster than it can be heard replaces what waits. */
export function say(text: string) {
  toSay = text;
  if (performance.now() - saidAt < speechMs) saySoon();
  else speak(text);
}
