import { checkJSON } from "../model/json.ts";
import { type Missing, missingKeys } from "../model/request.ts";
import type { Job, Progress, Session } from "../model/session.ts";
import { corrected, type Mode, type Settings, within } from "../model/settings.ts";
import type { Store } from "../model/store.ts";
import { byId, say, setText } from "./dom.ts";
import { clock, latency, rate, things } from "./format.ts";

const numbers = ["count", "rate", "concurrency", "every"] as const;
type NumberName = (typeof numbers)[number];

/** sending shows the form that sends, and the result. The function that it returns shows a change of the session. */
export function sending(store: Store, session: Session): () => void {
  const form = byId<HTMLFormElement>("send-form");
  const button = byId<HTMLButtonElement>("send");

  const take = (names: readonly NumberName[]) => {
    const typed = names.map((name) => [name, within(name, byId<HTMLInputElement>(name).value)] as const);
    store.update(Object.fromEntries(typed));
    for (const [name, value] of typed) byId<HTMLInputElement>(name).value = String(value);
  };
  for (const radio of form.querySelectorAll<HTMLInputElement>("input[name=mode]"))
    radio.addEventListener("change", () => {
      noteNumber("");
      store.update({ mode: radio.value as Mode });
    });
  for (const name of numbers) {
    const input = byId<HTMLInputElement>(name);
    // Shown while a person types: a note that appears with the loss of focus would move Send from under the pointer.
    input.addEventListener("input", () => noteNumber(corrected(name, input.value)));
    input.addEventListener("change", () => take([name]));
  }
  const retry = byId<HTMLInputElement>("retry");
  retry.addEventListener("change", () => store.update({ retry: retry.checked }));

  const send = () => {
    if (session.running) return;
    // A number counts even if its field still has the focus.
    take(numbers);
    const missing = whatIsMissing(store);
    if (missing !== null) return refuse(missing);
    byId("result").scrollIntoView({ block: "nearest" });
    void session.start(jobOf(store));
    showRun(); // at once, because the last answer is not this job's
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || byId<HTMLDialogElement>("drawer").open) return;
      event.preventDefault();
      event.stopPropagation();
      send();
    },
    { capture: true },
  );
  byId("stop").addEventListener("click", () => {
    session.stop();
    button.focus();
  });

  if (/Mac|iPhone|iPad/.test(navigator.platform)) setText(byId("modifier"), "⌘");

  const show = () => {
    const { settings } = store;
    for (const radio of form.querySelectorAll<HTMLInputElement>("input[name=mode]"))
      radio.checked = radio.value === settings.mode;
    for (const plan of form.querySelectorAll<HTMLElement>("[data-mode]"))
      plan.hidden = plan.dataset.mode !== settings.mode;
    for (const name of numbers) {
      const input = byId<HTMLInputElement>(name);
      if (document.activeElement !== input) input.value = String(settings[name]);
    }
    retry.checked = settings.retry;
    if (!session.running)
      setText(
        button,
        { one: "Send", many: `Send ${things(settings.count, "event")}`, repeat: "Send and repeat" }[settings.mode],
      );
  };
  store.subscribe(show);
  show();

  const showRun = () => {
    const running = session.running;
    // Disabled only for ARIA: a disabled button would lose the focus.
    button.setAttribute("aria-disabled", String(running));
    if (running) setText(button, "Sending…");
    else show();
    byId("stop").hidden = !running || (session.progress?.planned === 1 && !session.progress.retries);
    showResult(session);
  };
  return showRun;
}

/** noteNumber says which number the page uses for one that is out of bounds. */
function noteNumber(text: string) {
  byId("numbers-note").hidden = text === "";
  setText(byId("numbers-note"), text);
  if (text !== "") say(text);
}

function jobOf(store: Store): Job {
  const { mode, count, rate: perSecond, concurrency, every, event, compact, retry } = store.settings;
  const plans: Record<Mode, Job["plan"]> = {
    one: { count: 1, everyMs: 0, concurrency: 1 },
    many: { count, everyMs: 1000 / perSecond, concurrency },
    // A slow event does not delay the next.
    repeat: { count: Number.POSITIVE_INFINITY, everyMs: every * 1000, concurrency: 6 },
  };
  const target = { url: store.endpoint.url as URL, authorization: store.authorization };
  return { target, text: event, compact, plan: plans[mode], retry };
}

function whatIsMissing(store: Store): Missing | null {
  const { problem } = store.endpoint;
  if (problem !== "") return { field: "endpoint", text: problem };
  const missing = missingKeys(store.authorization, { canSign: window.isSecureContext, unverified: store.local });
  return missing ?? wrongEvent(store.settings);
}

/** wrongEvent refuses to send an invalid event many times. Sending one is allowed, to see the answer. */
function wrongEvent({ mode, event }: Settings): Missing | null {
  const problem = mode === "one" ? null : checkJSON(event).problem;
  if (problem === null) return null;
  const text = `The event is not JSON: ${problem.message} Fix what the editor underlines. Send one sends it unchanged.`;
  return { field: "", text };
}

function refuse({ field, text }: Missing) {
  result("bad", "Not sent", text);
  byId("result-facts").hidden = true;
  byId("progress").hidden = true;
  byId("result").scrollIntoView({ block: "nearest" });
  say(`Not sent. ${text}`);
  // If the event is wrong, the editor keeps the focus.
  if (field !== "") byId(field).focus();
}

/** trouble explains the last event that was not accepted, with its advice unless repeats are accepted again. */
function trouble({ entries }: Session, progress: Progress): { kind: Kind; why: string } {
  if (progress.rejected + progress.unknown === 0)
    return { kind: progress.endedAt === null ? "plain" : "good", why: "" };
  const last = entries.findLast(({ words }) => words.fate !== "accepted");
  if (!Number.isFinite(progress.planned) && entries.at(-1)?.words.fate === "accepted")
    return {
      kind: "plain",
      why: last
        ? ` Events are accepted again. The last one that was not, at ${clock(last.at)}: ${last.words.summary}.`
        : "",
    };
  const why = last ? ` ${last.words.summary}. ${last.words.advice}` : "";
  return { kind: progress.rejected > 0 ? "bad" : "warn", why };
}

type Kind = "good" | "bad" | "warn" | "plain";

function result(kind: Kind, title: string, text: string) {
  byId("result").dataset.kind = kind;
  setText(byId("result-title"), title);
  setText(byId("result-text"), text);
}

function cleared() {
  byId("progress").hidden = true;
  byId("result-facts").hidden = true;
  result("plain", "Nothing sent yet", "");
}

function showResult(session: Session) {
  const { progress } = session;
  if (progress === null) return cleared();
  if (progress.planned === 1) showOne(session);
  else showMany(session);
}

function showOne(session: Session) {
  byId("progress").hidden = true;
  const entry = session.entries.at(-1);
  if (session.running || entry === undefined) {
    byId("result-facts").hidden = true;
    const retries = session.progress?.retries ?? 0;
    result(
      "plain",
      "Sending…",
      retries === 0
        ? ""
        : `The answer was 429. The page waits and tries again (${things(retries, "retry", "retries")} so far).`,
    );
    return;
  }
  const { words, outcome, ms } = entry;
  const status = outcome.kind === "answer" ? `${outcome.status} ` : "";
  const after = outcome.kind === "answer" ? ` in ${latency(ms)}` : "";
  const tries = entry.tries > 1 ? `, at try ${entry.tries}` : "";
  result(kinds[words.fate], `${status}${words.summary}${after}${tries}`, words.advice);
  byId("result-facts").hidden = entry.sequenceNumber === "";
  setText(byId("result-shard"), entry.shardId);
  setText(byId("result-sequence"), entry.sequenceNumber);
  say(`${status}${words.summary}${after}. ${words.advice}`);
}

const kinds = { accepted: "good", rejected: "bad", unknown: "warn" } as const;

function showMany(session: Session) {
  const { progress } = session;
  if (progress === null) return;
  const done = progress.accepted + progress.rejected + progress.unknown;
  const bar = byId<HTMLProgressElement>("progress");
  const endless = !Number.isFinite(progress.planned);
  bar.hidden = endless;
  if (!endless) {
    bar.max = progress.planned;
    bar.value = done;
  }
  const seconds = Math.max(0.001, ((progress.endedAt ?? Date.now()) - progress.beganAt) / 1000);
  const of = endless ? things(done, "event") : `${done.toLocaleString("en")} of ${things(progress.planned, "event")}`;
  const state = progress.endedAt === null ? "Sending" : progress.stopped ? "Stopped" : "Done";
  const title = `${state}: ${of}`;
  const facts = [
    `${progress.accepted.toLocaleString("en")} accepted`,
    `${progress.rejected.toLocaleString("en")} rejected`,
    ...(progress.unknown > 0 ? [`${progress.unknown.toLocaleString("en")} unknown`] : []),
    ...(progress.retries > 0 ? [`${things(progress.retries, "retry", "retries")} of 429`] : []),
    `${rate(done / seconds)} per second`,
  ];
  byId("result-facts").hidden = true;
  const { kind, why } = trouble(session, progress);
  result(kind, title, `${facts.join(" · ")}.${why}`);
  say(`${title}. ${facts.join(", ")}.`);
}
