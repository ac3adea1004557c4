import { h } from "./dom.ts";
import { tokens } from "./token.ts";

/** The most parts that are coloured: a browser lays out ten times as many elements for seconds. */
const maxColoured = 10_000;

/** Up to 500 lines. The browser lays out only those pieces that are on the screen: see .piece in the style sheet. */
const piece = /(?:[^\n]*\n){1,500}|[^\n]+$/g;

/** code shows JSON in the editor's colours, and any other text without colours. The end of a text of many parts has none either. */
export function code(text: string, most = maxColoured): DocumentFragment {
  const pieces = text.match(piece) ?? [];
  if (pieces.length < 2) return coloured(text, most);
  const fragment = document.createDocumentFragment();
  let left = most;
  for (const lines of pieces) {
    const shown = coloured(lines, left);
    left -= shown.childElementCount;
    fragment.append(h("span", { class: "piece" }, shown));
  }
  return fragment;
}

function coloured(text: string, most: number): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const { from, to, kind } of tokens(text)) {
    if (fragment.childElementCount >= most) break;
    if (from < at || kind === "placeholder") continue;
    fragment.append(text.slice(at, from), h("span", { class: kind }, text.slice(from, to)));
    at = to;
  }
  fragment.append(text.slice(at));
  return fragment;
}
