import { type Landed, landingOf } from "../model/pipeline.ts";
import type { Session } from "../model/session.ts";
import type { Store } from "../model/store.ts";
import type { Watched } from "../model/watch.ts";
import { byId, copyButton, h, setText } from "./dom.ts";

export type Landings = {
  /** show is for when something was sent, see for when the pipeline said how it is. */
  show: () => void;
  see: (watched: Watched | null) => void;
  /** follow makes a text that says what became of the event with an answer, for as long as it is on the page. */
  follow: (answeredAt: number) => HTMLElement;
};

const words = {
  coming: "On the way to the buffer.",
  buffered: "In the buffer; lands in S3 with the next delivery.",
  earlier:
    "The pipeline was started again since this answer and lists only what landed after that; look for the event in the bucket's folder.",
  unlisted: "Landed in S3, in an older object than are listed here.",
};

/** landings say what becomes of events in a pipeline on this machine: below an answer, and where one is followed. */
export function landings(session: Session, open: (object: Landed) => void): Landings {
  let watched: Watched | null = null;
  let followed: { element: HTMLElement; answeredAt: number } | undefined;

  const link = (object: Landed, text: string) => {
    const button = h("button", { type: "button", class: "link" }, text);
    button.addEventListener("click", () => open(object));
    return button;
  };
  const short = (object: Landed) => [link(object, "open the object")];
  const long = (object: Landed) => [link(object, object.key), " ", copyButton(object.key, "the key")];

  const fill = (
    element: HTMLElement,
    answeredAt: number | undefined,
    content: (object: Landed) => (Node | string)[],
  ) => {
    const hops = watched?.state === "live" ? watched.hops : null;
    element.hidden = hops === null || answeredAt === undefined;
    if (hops === null || answeredAt === undefined) return;
    const landing = landingOf(hops, answeredAt);
    const key = landing.state === "landed" ? landing.object.key : "";
    if (landing.state !== "landed") setText(element, words[landing.state]);
    else if (element.dataset.key !== key) element.replaceChildren("Landed in S3: ", ...content(landing.object));
    element.dataset.key = key;
  };

  const show = () => {
    const sent = session.progress;
    const waiting = sent === null || sent.endedAt === null || sent.accepted === 0;
    const last = waiting ? undefined : session.entries.findLast(({ words }) => words.fate === "accepted");
    fill(byId("result-landing"), last?.at, short);
    if (followed?.element.isConnected) fill(followed.element, followed.answeredAt, long);
  };
  return {
    show,
    see: (next) => {
      watched = next;
      show();
    },
    follow: (answeredAt) => {
      const element = h("p", { class: "landing" });
      followed = { element, answeredAt };
      fill(element, answeredAt, long);
      return element;
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
