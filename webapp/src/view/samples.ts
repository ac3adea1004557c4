import type { Samples } from "../model/samples.ts";
import type { Store } from "../model/store.ts";
import { byId, h, place, say, setText } from "./dom.ts";

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
  let rows: Row[] = [];
  // A row that is still there keeps its element, and so the name that somebody types while another tab saves.
  const show = () => {
    rows = own.list.map((sample) => rows.find((one) => one.name === sample.name) ?? row(own, sample.name, note));
    place(
      byId("own-samples"),
      rows.map(({ element }) => element),
    );
  };
  own.subscribe(show);
  addEventListener("storage", () => own.refresh());
  show();
}

type Row = { name: string; element: HTMLElement };

function row(own: Samples, name: string, note: (problem: string, done: string) => void): Row {
  const input = h("input", { type: "text", maxlength: "40" });
  const remove = h("button", { type: "button", class: "quiet" }, "Delete");
  const it = { name, element: h("li", { class: "row" }, input, remove) };
  const show = () => {
    input.value = it.name;
    input.ariaLabel = `Name of the sample ${it.name}`;
    remove.ariaLabel = `Delete the sample ${it.name}`;
  };
  show();
  input.addEventListener("change", () => {
    const before = it.name;
    it.name = input.value.trim(); // before the list is drawn again, which finds the row by it
    const problem = own.rename(before, input.value);
    if (problem !== "") it.name = before;
    show();
    note(problem, `Renamed ${before}.`);
  });
  remove.addEventListener("click", () => {
    note(own.remove(it.name), `Deleted ${it.name}.`);
    byId("sample-name").focus();
  });
  return it;
}
