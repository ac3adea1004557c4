import {
  type Alarm,
  figure,
  inAlarm,
  inAlarmFirst,
  lasting,
  limit,
  nowOf,
  readAlarms,
  unitOf,
} from "../model/alarms.ts";
import type { Hops } from "../model/pipeline.ts";
import type { Watched } from "../model/watch.ts";
import { chart, line } from "./course.ts";
import { byId, copyButton, h, say, setText } from "./dom.ts";
import type { Drawer } from "./drawer.ts";
import { clock, things, time } from "./format.ts";
import { button } from "./record.ts";
import { runbook } from "./runbook.ts";

const colours: Record<string, string> = { OK: "good", ALARM: "bad" };
const colourOf = (state: string) => colours[state] ?? "warn";
const wordOf = (state: string) => state.replace("_", " ");

/** A shown alarm: fill puts its newest state into the document. */
type Shown = { name: string; fill: (alarm: Alarm, now: number) => void };

/** alarms lists the alarms of a pipeline on this machine. What it returns follows the pipeline's status. */
export function alarms(drawer: Drawer): (watched: Watched | null) => void {
  const tab = byId("tab-alarms");
  const badge = byId("badge-alarms");
  const opened = new Set<Shown>();
  let rows: ReturnType<typeof row>[] = [];
  let list: Alarm[] = [];
  let states = new Map<string, string>();
  /** What the status said when the alarms were asked for. */
  let asked = "";
  /** The pipeline's own clock. */
  let now = 0;

  const fill = () => {
    if (rows.map(({ name }) => name).join() !== list.map(({ name }) => name).join()) {
      const known = new Map(rows.map((one) => [one.name, one]));
      rows = list.map(({ name, id, says }) => known.get(name) ?? row(name, id, says, () => open(name)));
      arrange(rows.map(({ element }) => element));
    }
    for (const shown of [...rows, ...opened]) {
      const alarm = list.find(({ name }) => name === shown.name);
      if (alarm) shown.fill(alarm, now);
    }
  };
  const open = (name: string) => {
    const alarm = list.find((one) => one.name === name);
    if (alarm === undefined) return;
    const { nodes, ...shown } = details(drawer, alarm);
    opened.add(shown);
    drawer.open(`Alarm ${alarm.id}`, nodes, () => opened.delete(shown));
    fill();
  };
  const load = async () => {
    const mine = asked;
    try {
      const response = await fetch("_local/alarms", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (!response.ok) throw new Error();
      const answer = readAlarms(await response.json());
      if (mine !== asked) return; // a newer one is on its way
      list = inAlarmFirst(answer);
      fill();
    } catch {
      if (mine === asked) asked = ""; // the next status tries again
    }
  };
  const see = (hops: Hops) => {
    ({ now } = hops);
    badge.classList.toggle(
      "bad",
      hops.alarms.some(({ state }) => state === "ALARM"),
    );
    setText(badge, inAlarm(hops.alarms));
    const rang = hops.alarms.filter(({ name, state }) => {
      const before = states.get(name) ?? state;
      return before !== state && [before, state].includes("ALARM");
    });
    if (rang.length > 0) say(rang.map(({ name, state }) => `Alarm ${name}: ${wordOf(state)}.`).join(" "));
    states = new Map(hops.alarms.map(({ name, state }) => [name, state]));
    const fault = byId("alarms-fault");
    fault.hidden = hops.faults.length === 0;
    setText(fault, drill(hops.faults));
    // The values change with the minute and an evaluation.
    const current = JSON.stringify([hops.alarms, hops.startedAt, Math.floor(now / 60_000)]);
    if (current === asked) return fill();
    asked = current;
    void load();
  };
  return (watched) => {
    const hops = watched?.hops ?? null;
    tab.hidden = hops === null || hops.alarms.length === 0;
    if (tab.hidden && tab.ariaSelected === "true") byId("tab-answers").click();
    if (hops !== null && watched?.state === "live") see(hops);
  };
}

/** arrange puts the rows into their order. A row that moves keeps the focus. */
function arrange(rows: HTMLElement[]) {
  const body = byId("alarms");
  const focused = document.activeElement as HTMLElement | null;
  const returns = body.contains(focused);
  body.replaceChildren(...rows);
  if (returns) focused?.focus({ preventScroll: true });
}

/** setNow shows the value now. The style sheet puts the unit after it. */
function setNow(element: HTMLElement, alarm: Alarm) {
  const value = nowOf(alarm);
  setText(element, figure(value));
  element.dataset.unit = value === null ? "" : unitOf(alarm);
}

/** drill names the faults. A drill renews them, so they end later than the time says; "load" is beside those that break something. */
const drill = (faults: Hops["faults"]) =>
  faults
    .filter(({ name }) => name !== "load" || faults.length === 1)
    .map(({ name, until }) => `A drill is in force: ${name}${until === null ? "" : `, until ${clock(until)}`}.`)
    .join(" ");

const since = (alarm: Alarm, now: number) => (alarm.since === null ? "" : lasting(now - alarm.since));

/** setState shows a state as a word and a colour. */
function setState(element: HTMLElement, state: string, name: string) {
  setText(element, wordOf(state));
  element.className = `${name} ${colourOf(state)}`;
}

function row(name: string, id: string, says: string, open: () => void) {
  const state = h("span");
  const opener = button(id, () => {});
  const cell = (name: string) => h("td", { class: name });
  const [value, bound, course, span] = [cell("number"), cell("number"), cell("wide"), cell("time")];
  const element = h(
    "tr",
    {},
    h("td", {}, opener, h("div", { class: "says small", title: says }, says)),
    h("td", {}, state),
    ...[value, bound, course, span],
  );
  element.addEventListener("click", () => {
    if (getSelection()?.isCollapsed === false) return;
    opener.focus(); // so that it gets the focus back
    open();
  });
  let drawn: Alarm | undefined;
  const fill = (alarm: Alarm, now: number) => {
    setText(span, since(alarm, now));
    if (drawn === alarm) return;
    drawn = alarm;
    setState(state, alarm.state, "status");
    setNow(value, alarm);
    setText(bound, limit(alarm));
    bound.dataset.unit = unitOf(alarm);
    course.replaceChildren(line(alarm, 22));
  };
  return { name, element, fill };
}

function details(drawer: Drawer, opened: Alarm) {
  const { name, level, says, runbook: path, periodSeconds, periods, datapoints } = opened;
  const state = h("strong");
  const span = h("span");
  const verdict = h("p", {}, state, " ", span);
  const plot = h("div");
  const value = h("dd");
  const reason = h("dd");
  const history = h("ol", { class: "changes" });
  const minutes = periodSeconds / 60;
  const facts: [string, Node | string][] = [
    ["Now", value],
    [
      "Threshold",
      h(
        "dd",
        {},
        h("span", { "data-unit": unitOf(opened) }, limit(opened)),
        ` in ${datapoints} of ${things(periods, "period")} of ${minutes} min`,
      ),
    ],
    ...(level === "" ? [] : ([["Level", level]] as [string, string][])),
    ["Reason", reason],
    ["Name", h("dd", {}, name, " ", copyButton(name, "the name"))],
  ];
  const nodes = [
    verdict,
    h(
      "figure",
      {},
      h(
        "figcaption",
        {},
        h("span", {}, `Value over ${minutes} min, each minute`),
        h("span", { class: "key" }, "value"),
        h("span", { class: "key rejected" }, "threshold"),
      ),
      plot,
    ),
    h(
      "dl",
      { class: "facts" },
      ...facts.flatMap(([term, text]) => [h("dt", {}, term), text instanceof Node ? text : h("dd", {}, text)]),
    ),
    h("h3", {}, "Last changes"),
    history,
    h("h3", {}, "Runbook"),
    path.startsWith("/")
      ? runbook(drawer, path)
      : h("p", { class: "facts" }, path === "" ? "It has none." : h("a", { href: path, rel: "noreferrer" }, path)),
  ];
  let drawn: Alarm | undefined;
  const fill = (alarm: Alarm, now: number) => {
    setText(span, `for ${since(alarm, now)}. ${alarm.state === "ALARM" ? "" : "It goes off when: "}${says}`);
    if (drawn === alarm) return;
    drawn = alarm;
    setState(state, alarm.state, "");
    verdict.className = `verdict ${colourOf(alarm.state)}`;
    plot.replaceChildren(chart(alarm));
    setNow(value, alarm);
    setText(reason, alarm.reason);
    history.replaceChildren(
      ...alarm.history.map((change) =>
        h(
          "li",
          {},
          h("span", { class: "mono" }, change.at === null ? "" : time(change.at)),
          ` ${wordOf(change.from)} → ${wordOf(change.to)} `,
          h("span", { class: "hint" }, change.reason),
        ),
      ),
    );
    if (alarm.history.length === 0) history.replaceChildren(h("li", { class: "hint" }, "It has not changed yet."));
  };
  return { name, nodes, fill };
}
