import { maxBodyBytes, maxRecordBytes } from "../model/answer.ts";
import type { EventType } from "../model/config.ts";
import { curlCommand } from "../model/curl.ts";
import { examples } from "../model/examples.ts";
import { type Checked, checkJSON } from "../model/json.ts";
import { placeholderHelp } from "../model/placeholder.ts";
import { tokenNames } from "../model/request.ts";
import { byteLength } from "../model/session.ts";
import type { Store } from "../model/store.ts";
import { compile, fill } from "../model/template.ts";
import { byId, copies, h, setText, soon } from "./dom.ts";
import type { Editor } from "./editor.ts";
import { bytes } from "./format.ts";

/** The most characters to check while a person types. A longer text would slow down typing. */
const maxCheckedChars = 512 * 1024;

const checkMs = 120;

/** compose shows the event: examples, the editor, its faults, and the curl command. */
export function compose(store: Store, createEditor: typeof import("./editor.ts").createEditor) {
  const editor = createEditor(byId("editor"), store.settings.event, { "aria-label": "Event, as JSON" }, (text) => {
    const example = examples.find((one) => one.text === text)?.id ?? "";
    store.update({ event: text, example });
  });
  chips(store, editor);
  help();

  const compact = byId<HTMLInputElement>("compact");
  compact.addEventListener("change", () => store.update({ compact: compact.checked }));

  let shown = "";
  const check = () => {
    const { event } = store.settings;
    const tooLong = event.length > maxCheckedChars;
    const checked = tooLong ? unchecked : checkJSON(event);
    if (event !== shown) editor.show(checked);
    shown = event;
    showCheck(store, editor, checked, tooLong);
    curl(store, tooLong);
  };
  const checkSoon = soon(checkMs, check);
  store.subscribe(() => {
    compact.checked = store.settings.compact;
    checkSoon();
  });
  compact.checked = store.settings.compact;
  check();
  copies(byId("copy-curl"), () => byId("curl").textContent ?? "");
}

const unchecked: Checked = { problem: null, notes: [], placeholders: [], kind: "none", members: 0 };

/** chips shows the samples: an event of each of the environment's types, which also goes to the type's endpoint, and the examples. */
function chips(store: Store, editor: Editor) {
  let shown: EventType[] | undefined;
  const show = () => {
    const { types, settings } = store;
    if (types !== shown) byId("examples").replaceChildren(...samples(store, editor, types));
    shown = types;
    const type = types.find(({ submitUrl, event }) => submitUrl === settings.endpoint && event === settings.event);
    const pressed = type ? `type-${type.name}` : `example-${settings.example}`;
    for (const one of byId("examples").children) one.setAttribute("aria-pressed", String(one.id === pressed));
  };
  store.subscribe(show);
  show();
}

function samples(store: Store, editor: Editor, types: EventType[]): HTMLElement[] {
  const sample = (id: string, label: string, choose: () => void) => {
    const button = h("button", { type: "button", id }, label);
    button.addEventListener("click", choose);
    return button;
  };
  return [
    ...types.map(({ name, submitUrl, event }) =>
      sample(`type-${name}`, name, () => {
        editor.set(event);
        store.update({ example: "", event, endpoint: submitUrl });
      }),
    ),
    ...examples.map(({ id, label, text }) =>
      sample(`example-${id}`, label, () => {
        editor.set(text);
        const { environment } = store;
        store.update({ example: id, event: text, ...(environment && { endpoint: environment.submitUrl }) });
      }),
    ),
  ];
}

function help() {
  byId("placeholders").append(
    ...placeholderHelp.map(({ text, means }) => h("div", {}, h("dt", {}, h("code", {}, text)), h("dd", {}, means))),
  );
}

function showCheck(store: Store, editor: Editor, { problem, notes, kind, members }: Checked, tooLong: boolean) {
  const element = byId("check");
  const { event, compact } = store.settings;
  const found = problem ?? notes[0];
  if (found) {
    const { line, column } = editor.position(found.from);
    const jump = h("button", { type: "button", class: "link" }, `Line ${line}, column ${column}`);
    jump.addEventListener("click", () => editor.goTo(found.from));
    element.className = problem ? "check bad" : "check warn";
    element.replaceChildren(jump, ` ${found.message}`);
    return;
  }
  const size = tooLong ? event.length : byteLength(sample(event, compact));
  const notice = warning(kind, members, size, tooLong);
  const { lines } = tooLong ? { lines: 1 } : compile(event, compact);
  element.className = notice === "" ? "check" : "check warn";
  setText(
    element,
    notice || `Valid JSON · ${bytes(size)} · ${lines === 1 ? "one line" : `${lines} lines`} of the object`,
  );
}

function warning(kind: Checked["kind"], members: number, size: number, tooLong: boolean): string {
  if (size > maxBodyBytes) return `${bytes(size)}: API Gateway accepts at most 10 MB, and will answer 413.`;
  if (size > maxRecordBytes) return `${bytes(size)}: Kinesis accepts at most 1 MiB, and the answer will be 400.`;
  if (tooLong) return `${bytes(size)}: too long to check while you type.`;
  if (kind === "array" || kind === "other") return "Valid JSON, but the API usually expects an object, such as {…}.";
  if (kind === "object" && members === 0) return "Valid JSON, but the API usually refuses an empty object.";
  return "";
}

function sample(text: string, compact: boolean): string {
  return fill(compile(text, compact), { n: 1, now: Date.now(), random: Math.random });
}

function curl(store: Store, tooLong: boolean) {
  const { settings, region, authorization } = store;
  const url = store.endpoint.url?.href ?? "https://ENDPOINT";
  const body = tooLong ? "(too long to show)" : sample(settings.event, settings.compact);
  setText(byId("curl"), curlCommand(url, body, authorization.kind, region, tokenNames(authorization)));
}
