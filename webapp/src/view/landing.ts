import { ask, type Part, type Row, readRow } from "../model/records.ts";
import type { Entry, Session } from "../model/session.ts";
import type { Store } from "../model/store.ts";
import type { Watched } from "../model/watch.ts";
import { byId, h, setText } from "./dom.ts";
import { button, placeOf } from "./record.ts";

export type Landings = {
  /** show is called after an event was sent, see with each status of the pipeline. */
  show: () => void;
  see: (watched: Watched | null) => void;
  /** follow makes a text that says where an event is. It is updated while it is on the page. A record that is open is given too. */
  follow: (sequenceNumber: string, opened?: Row) => HTMLElement;
};

/** sequenceHere is the sequence number of an event in this pipeline's stream: another API answers with one of another stream. */
export function sequenceHere({ url, sequenceNumber }: Entry): string {
  return url.startsWith(`${location.origin}/`) ? sequenceNumber : "";
}

type Followed = { element: HTMLElement; sequence: string; isOpen: boolean };

/** landings says where events are in a pipeline on this machine: below an answer, and in the drawer. */
export function landings(
  session: Session,
  toRecord: (sequence: string) => void,
  toPart: (part: Part) => void,
): Landings {
  let isLive = false;
  let followed: Followed[] = [];

  const put = ({ element, sequence, isOpen }: Followed, row: Row | undefined) => {
    const text = row === undefined ? ["The stream does not have it any more."] : placeOf(row, toPart);
    if (row === undefined || row.parts.length > 0) element.dataset.done = sequence;
    const focused = element.contains(document.activeElement);
    element.replaceChildren(
      ...text,
      ...(row === undefined || isOpen ? [] : [" · ", button("open its record", () => toRecord(sequence))]),
    );
    if (focused) element.querySelector("button")?.focus();
  };
  const fill = async (one: Followed) => {
    const { element, sequence } = one;
    element.hidden = !isLive || sequence === "";
    if (element.hidden || element.dataset.done === sequence) return;
    if (element.dataset.sequence !== sequence) element.replaceChildren("In the stream.");
    element.dataset.sequence = sequence;
    let row: Row | undefined;
    try {
      row = (await ask("records", { sequence, limit: "1", most: "1" }, readRow, AbortSignal.timeout(10_000))).rows[0];
    } catch {
      return; // the next status tries again
    }
    if (element.dataset.sequence !== sequence) return;
    put(one, row);
  };

  const show = () => {
    const sent = session.progress;
    const waiting = sent === null || sent.endedAt === null || sent.accepted === 0;
    const last = waiting ? undefined : session.entries.findLast(({ sequenceNumber }) => sequenceNumber !== "");
    void fill({ element: byId("result-landing"), sequence: last ? sequenceHere(last) : "", isOpen: false });
    // What is behind another in the drawer is not on the page, until a person goes back.
    for (const one of followed) if (one.element.isConnected) void fill(one);
  };
  return {
    show,
    see: (watched) => {
      isLive = watched?.state === "live";
      show();
    },
    follow: (sequence, opened) => {
      const one = { element: h("p", { class: "landing" }), sequence, isOpen: opened !== undefined };
      followed = [...followed.filter(({ element }) => !element.dataset.done), one];
      if (opened) {
        one.element.dataset.sequence = sequence;
        put(one, opened);
      } else void fill(one);
      return one.element;
    },
  };
}

/** deployed shows the commands that list the objects of a deployed pipeline. */
export function deployed(store: Store) {
  const show = () => {
    const bucket = store.local ? "" : (store.environment?.bucket ?? "");
    byId("deployed").hidden = bucket === "";
    if (!store.local) {
      if (byId("tab-records").ariaSelected === "true") byId("tab-answers").click();
      byId("tab-objects").hidden = bucket === "";
      if (bucket === "" && byId("tab-objects").ariaSelected === "true") byId("tab-answers").click();
    }
    for (const id of ["badge-objects", "objects-filters", "objects-panel"]) byId(id).hidden = !store.local;
    setText(byId("deployed-commands"), `aws s3 ls --recursive s3://${bucket} | tail\naws s3 cp s3://${bucket}/KEY -`);
  };
  store.subscribe(show);
  show();
}
