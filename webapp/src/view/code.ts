import { h } from "./dom.ts";
import { tokens } from "./token.ts";

/** code shows JSON in the editor's colours, and any other text without colours. */
export function code(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const { from, to, kind } of tokens(text)) {
    if (from < at || kind === "placeholder") continue;
    fragment.append(text.slice(at, from), h("span", { class: kind }, text.slice(from, to)));
    at = to;
  }
  fragment.append(text.slice(at));
  return fragment;
}
