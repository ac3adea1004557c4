import { blocksOf, type Span } from "../model/markdown.ts";
import { h } from "./dom.ts";
import type { Drawer } from "./drawer.ts";
import { button } from "./record.ts";

/** runbook is an alarm's page, which is asked for. Its links to other pages open them in the drawer. */
export function runbook(drawer: Drawer, path: string): HTMLElement {
  const body = h("div", { class: "runbook" }, h("p", { class: "hint" }, "Reading…"));
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const text = (span: Span): Node | string => {
    if (span.kind === "text") return span.text;
    if (span.kind === "strong") return h("strong", {}, ...inner(span.text));
    if (span.kind === "code") return h("code", {}, span.text);
    const page = /^([\w-]+)\.md$/.exec(span.to)?.[1];
    if (page !== undefined)
      return button(span.text, () => drawer.open(`Runbook ${page}`, [runbook(drawer, folder + page)]));
    return span.text; // a file of the project, which is not served here
  };
  const inner = (words: string) =>
    words.split(/`([^`]+)`/).map((part, n) => (n % 2 === 1 ? h("code", {}, part) : part));
  const show = (page: string) =>
    blocksOf(page).map((block, n) => {
      if (block.kind === "code")
        return h("pre", { class: "block", tabindex: "0", role: "region", "aria-label": `Block ${n}` }, block.text);
      if (block.kind === "list")
        return h(
          block.start === null ? "ul" : "ol",
          block.start === null ? {} : { start: String(block.start) },
          ...block.items.map((spans) => h("li", {}, ...spans.map(text))),
        );
      return h(block.kind === "heading" ? "h4" : "p", {}, ...block.spans.map(text));
    });
  fetch(path, { cache: "no-store" })
    .then(async (response) => {
      const answer = await response.text();
      if (!response.ok) throw new Error(answer);
      body.replaceChildren(...show(answer));
    })
    .catch((error: Error) =>
      body.replaceChildren(h("p", { class: "notice" }, `The page cannot read it: ${error.message}`)),
    );
  return body;
}
