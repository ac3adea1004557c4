import "uplot/dist/uPlot.min.css";
import { readAddress, writeAddress } from "./model/address.ts";
import { type Config, readConfig } from "./model/config.ts";
import type { Figures } from "./model/figures.ts";
import { Samples } from "./model/samples.ts";
import { Session } from "./model/session.ts";
import { Store } from "./model/store.ts";
import { type Watched, watch } from "./model/watch.ts";
import { again } from "./view/again.ts";
import { alarms } from "./view/alarms.ts";
import { compose, samplesOf } from "./view/compose.ts";
import { byId, say, soon } from "./view/dom.ts";
import { Drawer } from "./view/drawer.ts";
import { figures } from "./view/figures.ts";
import { hops } from "./view/hops.ts";
import { deployed, landings } from "./view/landing.ts";
import { log } from "./view/log.ts";
import { objectOpener } from "./view/object.ts";
import { objects } from "./view/objects.ts";
import { recordOpener } from "./view/record.ts";
import { records } from "./view/records.ts";
import { samples, storage } from "./view/samples.ts";
import { sending } from "./view/sending.ts";
import { tabs } from "./view/tabs.ts";
import { target } from "./view/target.ts";

const drawMs = 250;
const tickMs = 1000;

const world = {
  fetch: (url: string, init: RequestInit) => fetch(url, init),
  now: () => performance.now(),
  time: () => Date.now(),
  random: () => Math.random(),
  online: () => navigator.onLine,
  visible: () => !document.hidden,
  sleep: (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    }),
};

async function loadConfig(): Promise<Config> {
  try {
    const response = await fetch("config.json", { cache: "no-cache" });
    return response.ok ? readConfig(await response.text()) : { environments: [], problem: "" };
  } catch {
    return { environments: [], problem: "" };
  }
}

async function start() {
  // Both are larger than all the rest. The parts that need neither work while they load.
  const editor = import("./view/editor.ts");
  const plots = import("./view/charts.ts");
  const config = await loadConfig();
  const page = new URL(location.href);
  const store = new Store(config, readAddress(page), page);
  const session = new Session(world, page.origin, () => draw());
  const drawer = new Drawer();
  const toRecord = recordOpener(
    drawer,
    (sequence, opened) => landed.follow(sequence, opened),
    (key) => stream.only(key),
  );
  const toPart = objectOpener(drawer, toRecord);
  const stream = records(toRecord);
  const bucket = objects(toPart);
  const landed = landings(session, toRecord, toPart);
  const send = sending(store, session);
  const resend = again(store, session, () => drawer.close());
  const parts = [
    figures(session),
    log(session, drawer, landed.follow, resend.buttons),
    send.show,
    resend.show,
    landed.show,
  ];
  const drawNow = () => {
    for (const show of parts) show();
  };
  const draw = soon(drawMs, drawNow);
  byId("clear").addEventListener("click", () => {
    session.clear();
    drawNow();
    say("Figures and answers cleared.");
  });
  target(store, config.problem);
  tabs(document.querySelector("[role=tablist]") as HTMLElement, (tab) => {
    byId("hide-accepted-label").hidden = tab.id !== "tab-answers";
    if (tab.id === "tab-records") stream.shown();
    if (tab.id === "tab-objects" && store.local) bucket.shown();
  });
  deployed(store);
  followAddress(store);
  watchLocal(store, hops(bucket.newest), stream.see, bucket.see, landed.see, send.see, alarms(drawer));
  const own = new Samples(storage());
  samples(store, own);
  const guard = keepFromLeaving(store, own, session);
  parts.push(guard);
  store.subscribe(soon(drawMs, guard));
  own.subscribe(guard);
  compose(store, own, (await editor).createEditor);
  drawEverySecond(session, (await plots).charts());
  document.documentElement.dataset.ready = "";
}

/** followAddress shows a link that is opened in this tab, and keeps the address where a link within the page would replace it. */
function followAddress(store: Store) {
  addEventListener("hashchange", () => store.open(readAddress(new URL(location.href))));
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    byId("event-title").focus();
  });
}

/**
 * keepFromLeaving has the browser ask before a person leaves a run, or an event that is too long for the address and in no sample. It
 * listens only then: some browsers keep no page for Back that listens.
 */
function keepFromLeaving(store: Store, own: Samples, session: Session): () => void {
  const ask = (event: Event) => event.preventDefault();
  return () => {
    const { settings, standard } = store;
    const isKept =
      !writeAddress(settings, standard).withoutEvent ||
      samplesOf(store, own).some(({ text }) => text === settings.event);
    if (session.running || !isKept) addEventListener("beforeunload", ask);
    else removeEventListener("beforeunload", ask);
  };
}

function drawEverySecond(session: Session, drawCharts: (figures: Figures, now: number) => void) {
  const showFigures = figures(session);
  const tick = () => {
    if (document.hidden) return;
    showFigures();
    drawCharts(session.figures, Date.now());
  };
  tick();
  setInterval(tick, tickMs);
}

/** watchLocal asks the page's own host for the pipeline's status while the endpoint is on that host. */
function watchLocal(store: Store, ...parts: ((watched: Watched | null) => void)[]) {
  const show = (watched: Watched | null) => {
    for (const part of parts) part(watched);
  };
  let watching: AbortController | null = null;
  const follow = () => {
    if (store.local && watching === null) {
      watching = new AbortController();
      void watch("_local/status", world, show, watching.signal);
    }
    if (!store.local && watching !== null) {
      watching.abort();
      watching = null;
      show(null);
    }
  };
  store.subscribe(follow);
  follow();
}

start().catch((error: unknown) => {
  const notice = byId("target-notice");
  notice.hidden = false;
  notice.textContent = `The page did not load completely (${error}). Reload it.`;
});
