import type { Landed } from "../model/pipeline.ts";
import type { Session } from "../model/session.ts";
import type { Store } from "../model/store.ts";
import type { Watched } from "../model/watch.ts";
import { byId, h, setText } from "./dom.ts";

export type Landing = {
  /** show is for when something was sent, see for when the pipeline said how it is. */
  show: () => void;
  see: (watched: Watched | null) => void;
};

/**
 * landing says below an answer what becomes of the event in a pipeline on this machine. By times alone: an object that
 * came after the answer has, as a rule, the event in it.
 */
export function landing(session: Session, open: (object: Landed) => void): Landing {
  const element = byId("result-landing");
  let watched: Watched | null = null;
  let offered: Landed | undefined;
  const show = () => {
    const sent = session.progress;
    const since = session.entries.findLast(({ words }) => words.accepted)?.at;
    const waiting = sent === null || sent.endedAt === null || sent.accepted === 0 || since === undefined;
    element.hidden = waiting || watched?.state !== "live";
    if (waiting || watched?.state !== "live") {
      offered = undefined;
      return;
    }
    const { objects, nextDelivery } = watched.hops;
    const object = objects.findLast(({ at }) => at >= since);
    if (object === undefined) {
      offered = undefined;
      setText(
        element,
        nextDelivery === null ? "On the way to the buffer." : "In the buffer; lands in S3 with the next delivery.",
      );
      return;
    }
    if (object.key === offered?.key) return;
    offered = object;
    const button = h("button", { type: "button", class: "link" }, "open the object");
    button.addEventListener("click", () => open(object));
    element.replaceChildren("Landed in S3: ", button);
  };
  return {
    show,
    see: (next) => {
      watched = next;
      show();
    },
  };
}

/** deployed says how to see the objects of a pipeline that is not on this machine. */
export function deployed(store: Store) {
  const show = () => {
    const bucket = store.local ? "" : (store.environment?.bucket ?? "");
    byId("deployed").hidden = bucket === "";
    if (!store.local) {
      byId("tab-objects").hidden = bucket === "";
      byId("objects-empty").hidden = true;
      if (bucket === "" && byId("tab-objects").getAttribute("aria-selected") === "true") byId("tab-answers").click();
    }
    byId("badge-objects").hidden = !store.local;
    setText(byId("deployed-commands"), `aws s3 ls --recursive s3://${bucket} | tail\naws s3 cp s3://${bucket}/KEY -`);
  };
  store.subscribe(show);
  show();
}
