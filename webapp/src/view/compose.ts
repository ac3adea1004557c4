import { maxBodyBytes, maxRecordBytes } from "../model/answer.ts";
import { labelOf } from "../model/config.ts";
import { curlCommand } from "../model/curl.ts";
import { examples } from "../model/examples.ts";
import { type Checked, checkJSON } from "../model/json.ts";
import { placeholderHelp } from "../model/placeholder.ts";
import { tokenNames } from "../model/request.ts";
import type { Samples } from "../model/samples.ts";
import type { Store } from "../model/store.ts";
import { compile, fill, maxCheckedChars, sizeOf } from "../model/template.ts";
import { byId, copies, h, setText, soon } from "./dom.ts";
import type { Editor } from "./editor.ts";
import { bytes } from "./format.ts";

const checkMs = 120;

/** compose shows the event: examples, the editor, its faults, and the curl command. */
export function compose(store: Store, own: Samples, createEditor: typeof import("./editor.ts").createEditor) {
  let typed = store.settings.event;
  const editor = createEditor(byId("editor"), typed, { "aria-label": "Event, as JSON" }, (text) => {
    typed = text;
    const example = examples.find((one) => one.text === text)?.id ?? "";
    store.update({ event: text, example });
  });
  store.subscribe(() => {
    if (store.settings.event !== typed) editor.set(store.settings.event);
  });
  chips(store, own);
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

const unchecked: Checked = { problem: null, notes: [], kind: "none", members: 0 };

/**
 * chips shows the samples: an event of each of the environment's types, which also goes to the type's endpoint, the event that the
 * environment's schema allows, the examples, and a person's own.
 */
function chips(store: Store, own: Samples) {
  let made = "";
  const show = () => {
    const all = samplesOf(store, own);
    const names = JSON.stringify(all.map(({ id, label }) => [id, label]));
    if (names !== made) byId("examples").replaceChildren(...all.map((sample) => chip(store, sample.id, own)));
    made = names;
    const { event, endpoint } = store.settings;
    const pressed = all.find((one) => one.text === event && (one.endpoint ?? endpoint) === endpoint)?.id;
    for (const one of byId("examples").children) one.setAttribute("aria-pressed", String(one.id === pressed));
  };
  store.subscribe(show);
  own.subscribe(show);
  show();
}

type Chip = { id: string; label: string; text: string; example: string; endpoint?: string };

/** samplesOf has what the chips offer. */
export function samplesOf({ types, environment }: Store, own: Samples): Chip[] {
  const at = environment && { endpoint: environment.submitUrl };
  const schema = environment && labelOf(environment);
  return [
    ...types.map(({ name, submitUrl, event }) => ({
      ...{ id: `type-${name}`, label: name, text: event },
      ...{ example: "", endpoint: submitUrl },
    })),
    ...(environment && schema
      ? [{ id: "schema-example", label: schema, text: environment.event, example: "", ...at }]
      : []),
    ...examples.map(({ id, label, text }) => ({ id: `example-${id}`, label, text, example: id, ...at })),
    ...own.list.map(({ name, text }, index) => ({ id: `own-${index}`, label: name, text, example: "" })),
  ];
}

/** chip looks its sample up again when it is pressed, because the environment may be another by then. */
function chip(store: Store, id: string, own: Samples): HTMLElement {
  const find = () => samplesOf(store, own).find((one) => one.id === id);
  const button = h("button", { type: "button", id }, find()?.label ?? "");
  button.addEventListener("click", () => {
    const { text, example, endpoint } = find() as Chip;
    store.update({ event: text, example, ...(endpoint !== undefined && { endpoint }) });
  });
  return button;
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
  const size = sizeOf(event, compact);
  // Whether a long text is shorter when it is compact, the page finds out when it sends it.
  const length = bytes(size) + (tooLong && compact ? " with its white space" : "");
  const notice = warning(kind, members, size, length, tooLong);
  const { lines } = tooLong ? { lines: 1 } : compile(event, compact);
  element.className = notice === "" ? "check" : "check warn";
  setText(
    element,
    notice || `Valid JSON · ${bytes(size)} · ${lines === 1 ? "one line" : `${lines} lines`} of the object`,
  );
}

function warning(kind: Checked["kind"], members: number, size: number, length: string, tooLong: boolean): string {
  if (size > maxBodyBytes) return `${length}: API Gateway accepts at most 10 MB, and answers 413 to more.`;
  if (size > maxRecordBytes) return `${length}: Kinesis accepts at most 1 MiB, and the answer to more is 400.`;
  if (tooLong) return `${length}: too long to check while you type.`;
  if (kind === "array" || kind === "other") return "Valid JSON, but the API usually expects an object, such as {…}.";
  if (kind === "object" && members === 0) return "Valid JSON, but the API usually refuses an empty object.";
  return "";
}

function curl(store: Store, tooLong: boolean) {
  const { settings, region, authorization } = store;
  const url = store.endpoint.url?.href ?? "https://ENDPOINT";
  const filler = { n: 1, now: Date.now(), random: Math.random };
  const body = tooLong ? null : fill(compile(settings.event, settings.compact), filler);
  setText(byId("curl"), curlCommand(url, body, authorization.kind, region, tokenNames(authorization)));
}
