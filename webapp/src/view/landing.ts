import { type Landed, landingOf } from "../model/pipeline.ts";
import type { Session } from "../model/session.ts";
import type { Store } from "../model/store.ts";
import type { Watched } from "../model/watch.ts";
import { byId, copyButton, h, setText } from "./dom.ts";

export type Landings = {
  /** show is called after an event was sent, see with each status of the pipeline. */
  show: () => void;
  see: (watched: Watched | null) => void;
  /** follow makes a text that says where an answered event is. It is updated while it is on the page. */
  follow: (answeredAt: number) => HTMLElement;
};

const words = {
  coming: "On the way to the buffer.",
  buffered: "In the buffer. The next delivery writes it to S3.",
  earlier:
    "The pipeline has restarted since this answer, and lists only newer objects. Look for the event in the bucket's folder.",
  partition: "In S3, or in the buffer of its partition. The objects show the folder of each partition.",
  unlisted: "Landed in S3, in an object that is too old for this list.",
};

/** landings says where events are in a pipeline on this machine: below an answer, and in the drawer. */
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

/** deployed shows the commands that list the objects of a deployed pipeline. */
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
