import { batchSize, fitting } from "../model/batch.ts";
import { checkJSON } from "../model/json.ts";
import { beforehand, type Circumstances, missed } from "../model/pace.ts";
import { type Missing, missingKeys } from "../model/request.ts";
import type { Job, Progress, Session } from "../model/session.ts";
import { corrected, type Mode, type Settings, within } from "../model/settings.ts";
import type { Store } from "../model/store.ts";
import { sizeOf } from "../model/template.ts";
import type { Watched } from "../model/watch.ts";
import { byId, say, setText } from "./dom.ts";
import { clock, count, latency, rate, things } from "./format.ts";

const numbers = ["count", "rate", "concurrency", "batch", "every"] as const;
type NumberName = (typeof numbers)[number];

export type Sending = {
  /** show is called after a change of the session, see with each status of the pipeline. */
  show: () => void;
  see: (watched: Watched | null) => void;
};

/** sending shows the form that sends, and the result. */
export function sending(store: Store, session: Session): Sending {
  let shards: number | null = null;
  /** What the running or last job was to do. */
  let planned: Circumstances | null = null;
  const form = byId<HTMLFormElement>("send-form");
  const button = byId<HTMLButtonElement>("send");

  const take = (names: readonly NumberName[]) => {
    const typed = names.map((name) => [name, within(name, byId<HTMLInputElement>(name).value)] as const);
    store.update(Object.fromEntries(typed));
    for (const [name, value] of typed) byId<HTMLInputElement>(name).value = shown(name, value);
  };
  for (const radio of form.querySelectorAll<HTMLInputElement>("input[name=mode]"))
    radio.addEventListener("change", () => {
      noteNumber("");
      store.update({ mode: radio.value as Mode });
    });
  for (const name of numbers) {
    const input = byId<HTMLInputElement>(name);
    // Shown while a person types: a note that appears with the loss of focus would move Send from under the pointer.
    input.addEventListener("input", () => {
      noteNumber(corrected(name, input.value));
      store.update({ [name]: within(name, input.value) });
    });
    input.addEventListener("change", () => take([name]));
  }
  const retry = byId<HTMLInputElement>("retry");
  retry.addEventListener("change", () => store.update({ retry: retry.checked }));

  const send = () => {
    if (session.running) return;
    // A number and the endpoint count even if their field still has the focus.
    take(numbers);
    store.settle();
    const missing = whatIsMissing(store);
    if (missing !== null) return refuse(missing);
    byId("result").scrollIntoView({ block: "nearest" });
    planned = circumstances();
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
      if (event.key !== "Enter" || byId<HTMLDialogElement>("drawer").open) return;
      // A key that is held down sends once.
      const isHeld = event.repeat && (event.target as Element).closest("#send-form, #result-again");
      if (!isHeld && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) send();
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
      if (document.activeElement !== input) input.value = shown(name, settings[name]);
    }
    retry.checked = settings.retry;
    showPlan(store, circumstances());
    if (!session.running)
      setText(
        button,
        { one: "Send", many: `Send ${things(settings.count, "event")}`, repeat: "Send and repeat" }[settings.mode],
      );
  };
  const circumstances = () => circumstancesOf(store, session, shards);
  store.subscribe(show);
  show();

  let ran = false;
  const showRun = () => {
    const running = session.running;
    // Disabled only for ARIA: a disabled button would lose the focus.
    button.setAttribute("aria-disabled", String(running));
    if (running) setText(button, "Sending…");
    else show();
    byId("stop").hidden = !running || (session.progress?.planned === 1 && !session.progress.retries);
    showResult(session, planned);
    // The event scrolls beside the figures in a large window. In a small one the page would scroll away from what a person reads.
    if (ran && !running && getComputedStyle(byId("compose")).overflowY === "auto")
      byId("result").scrollIntoView({ block: "nearest" });
    ran = running;
  };
  return {
    show: showRun,
    see: (watched) => {
      const open = watched?.hops?.shards.filter(({ closed }) => !closed).length;
      const next = open === undefined || store.environment?.unlimited ? null : open;
      if (next === shards) return;
      shards = next;
      showPlan(store, circumstances());
    },
  };
}

/** A field is empty where the page chooses the number. */
const shown = (name: NumberName, value: number) => (name === "batch" && value === 0 ? "" : String(value));

/** perRequest is how many events go into one request of Send many. */
function perRequest({ settings, batchUrl }: Store): number {
  if (batchUrl === null) return 1;
  const bytes = sizeOf(settings.event, settings.compact);
  return settings.batch === 0 ? batchSize(settings.rate, bytes) : fitting(settings.batch, bytes);
}

/** circumstancesOf is null for other ways to send than Send many. */
function circumstancesOf(store: Store, session: Session, shards: number | null): Circumstances | null {
  const { settings, batchUrl } = store;
  const { url } = store.endpoint;
  if (url === null || settings.mode !== "many") return null;
  return {
    rate: settings.rate,
    perRequest: perRequest(store),
    concurrency: settings.concurrency,
    url,
    batches: batchUrl !== null,
    retry: settings.retry,
    latencyMs: session.figures.percentiles()?.p50 ?? null,
    shards: store.local ? shards : null,
    bytes: sizeOf(settings.event, settings.compact),
  };
}

/** showPlan says what Send many is going to do, and what limits it. */
function showPlan(store: Store, circumstances: Circumstances | null) {
  const batches = store.batchUrl !== null;
  byId("batch-field").hidden = !batches;
  byId("plan-many").classList.toggle("batches", batches);
  if (circumstances === null) return;
  const { count } = store.settings;
  const size = Math.min(circumstances.perRequest, count);
  byId<HTMLInputElement>("batch").placeholder = `${circumstances.perRequest}`;
  const how =
    size > 1
      ? `${things(Math.ceil(count / size), "batch", "batches")} of up to ${things(size, "event")}. API Gateway writes the JSON of a batch anew.`
      : "Over HTTP/1.1, a browser sends at most six requests at once; the rest wait in the browser.";
  setText(byId("plan-hint"), how);
  const limits = beforehand(circumstances);
  byId("plan-limits").hidden = limits === "";
  setText(byId("plan-limits"), limits);
}

/** noteNumber says which number the page uses for one that is out of bounds. */
function noteNumber(text: string) {
  byId("numbers-note").hidden = text === "";
  setText(byId("numbers-note"), text);
  if (text !== "") say(text);
}

function jobOf(store: Store): Job {
  const { mode, count, rate: perSecond, concurrency, every, event, compact, retry } = store.settings;
  const size = mode === "many" ? Math.min(perRequest(store), count) : 1;
  const plans: Record<Mode, Job["plan"]> = {
    one: { count: 1, everyMs: 0, concurrency: 1 },
    many: { count, everyMs: 1000 / perSecond, concurrency },
    // A slow event does not delay the next.
    repeat: { count: Number.POSITIVE_INFINITY, everyMs: every * 1000, concurrency: 6 },
  };
  const url = size > 1 ? store.batchUrl : store.endpoint.url;
  const target = { url: url as URL, authorization: store.authorization };
  return { target, text: event, compact, plan: plans[mode], perRequest: size, retry, ...statusOf(store) };
}

const statusOf = ({ local }: Store) => (local ? { status: "_local/status" } : {});

/** sendAgain sends what an event was, byte for byte, to the endpoint that is set now. */
export function sendAgain(store: Store, session: Session, body: string) {
  if (session.running) return say("Events are being sent. Stop first.");
  const missing = whatIsMissing(store, "one");
  if (missing !== null) return refuse(missing, "again");
  const target = { url: store.endpoint.url as URL, authorization: store.authorization };
  const plan = { count: 1, everyMs: 0, concurrency: 1 };
  void session.start({
    target,
    text: body,
    literal: true,
    compact: false,
    plan,
    retry: store.settings.retry,
    ...statusOf(store),
  });
}

function whatIsMissing(store: Store, mode = store.settings.mode): Missing | null {
  const { problem } = store.endpoint;
  if (problem !== "") return { field: "endpoint", text: problem };
  const missing = missingKeys(store.authorization, { canSign: window.isSecureContext, unverified: store.local });
  return missing ?? wrongEvent({ ...store.settings, mode });
}

/** wrongEvent refuses to send an invalid event many times. Sending one is allowed, to see the answer. */
function wrongEvent({ mode, event }: Settings): Missing | null {
  const problem = mode === "one" ? null : checkJSON(event).problem;
  if (problem === null) return null;
  const text = `The event is not JSON: ${problem.message} Fix what the editor underlines. Send one sends it unchanged.`;
  return { field: "", text };
}

/** refuse says why nothing was sent. What stands below the result is of an event that was sent before: the style sheet hides it. */
function refuse({ field, text }: Missing, what = "send") {
  result("bad", "Not sent", text);
  byId("result").dataset.refused = what;
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
  delete byId("result").dataset.refused;
  setText(byId("result-title"), title);
  setText(byId("result-text"), text);
}

function cleared() {
  byId("progress").hidden = true;
  byId("result-facts").hidden = true;
  result("plain", "Nothing sent yet", "");
}

function showResult(session: Session, planned: Circumstances | null) {
  const { progress } = session;
  if (progress === null) return cleared();
  if (progress.planned === 1) showOne(session);
  else showMany(session, progress, planned);
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

const kinds = { accepted: "good", rejected: "bad", unknown: "warn", unsent: "bad" } as const;

/** Before so many milliseconds the rate of a run says little. */
const settledMs = 2000;

function showMany(session: Session, progress: Progress, planned: Circumstances | null) {
  const done = progress.accepted + progress.rejected + progress.unknown;
  const bar = byId<HTMLProgressElement>("progress");
  const endless = !Number.isFinite(progress.planned);
  bar.hidden = endless;
  if (!endless) {
    bar.max = progress.planned;
    bar.value = done;
  }
  const now = progress.endedAt ?? Date.now();
  const paused = progress.pausedMs + (progress.pausedAt === null ? 0 : now - progress.pausedAt);
  const ms = Math.max(1, now - progress.beganAt - paused);
  const reached = (done * 1000) / ms;
  const of = endless ? things(done, "event") : `${count(done)} of ${things(progress.planned, "event")}`;
  const running = progress.endedAt === null;
  const state = !running ? (progress.stopped ? "Stopped" : "Done") : progress.pausedAt === null ? "Sending" : "Paused";
  const title = `${state}: ${of}`;
  const facts = [
    `${count(progress.accepted)} accepted`,
    `${count(progress.rejected)} rejected`,
    ...(progress.unknown > 0 ? [`${count(progress.unknown)} unknown`] : []),
    ...(progress.retries > 0 ? [`${things(progress.retries, "retry", "retries")} of 429`] : []),
    ...(progress.stopped && !endless && progress.begun < progress.planned
      ? [`${count(progress.planned - progress.begun)} not sent`]
      : []),
    `${rate(reached)} per second`,
  ];
  byId("result-facts").hidden = true;
  if (running && progress.pausedAt !== null) {
    const left = endless ? "The next events" : things(progress.planned - progress.begun, "event");
    result(
      "warn",
      title,
      `The pipeline on this machine does not answer. ${left} not sent yet. The run goes on when the pipeline is back: start it with make up. ${facts.join(" · ")}.`,
    );
    return say(`${title}. The pipeline on this machine does not answer.`);
  }
  const { kind, why } = trouble(session, progress);
  const late =
    endless || ms < settledMs || planned === null
      ? ""
      : missed(progress, reached, { ...planned, latencyMs: session.figures.percentiles()?.p50 ?? null });
  result(kind, title, `${facts.join(" · ")}.${late && ` ${late}`}${why}`);
  say(`${title}. ${facts.join(", ")}.${running ? "" : ` ${late}`}`);
}
