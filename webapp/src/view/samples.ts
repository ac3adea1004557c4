import type { Samples } from "../model/samples.ts";
import type { Store } from "../model/store.ts";
import { byId, h, say, setText } from "./dom.ts";

/** storage is null where the browser forbids it, which it does by throwing. */
export function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** samples lets a person save the editor's content under a name, and rename and delete what was saved. */
export function samples(store: Store, own: Samples) {
  const name = byId<HTMLInputElement>("sample-name");
  const note = (problem: string, done: string) => {
    setText(byId("sample-note"), problem);
    byId("sample-note").hidden = problem === "";
    say(problem || done);
  };
  byId("sample-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const problem = own.save(name.value, store.settings.event);
    note(problem, `Saved ${name.value.trim()}.`);
    if (problem === "") name.value = "";
    else name.focus();
  });
  const show = () => byId("own-samples").replaceChildren(...own.list.map((sample) => row(own, sample.name, note)));
  own.subscribe(show);
  addEventListener("storage", () => own.refresh());
  show();
}

function row(own: Samples, name: string, note: (problem: string, done: string) => void): HTMLElement {
  const input = h("input", { type: "text", value: name, maxlength: "40", "aria-label": `Name of the sample ${name}` });
  input.addEventListener("change", () => {
    const problem = own.rename(name, input.value);
    if (problem !== "") input.value = name;
    note(problem, `Renamed ${name}.`);
  });
  const remove = h("button", { type: "button", class: "quiet", "aria-label": `Delete the sample ${name}` }, "Delete");
  remove.addEventListener("click", () => {
    note(own.remove(name), `Deleted ${name}.`);
    byId("sample-name").focus();
  });
  return h("li", { class: "row" }, input, remove);
}
