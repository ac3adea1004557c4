import { spread } from "../model/config.ts";
import type { Entry, Session } from "../model/session.ts";
import type { Store } from "../model/store.ts";
import { byId, h, say } from "./dom.ts";
import { sendAgain } from "./sending.ts";

/** Again makes the buttons that use an answer's event again, and shows those below the last result. */
export type Again = { show: () => void; buttons: (entry: Entry) => HTMLElement };

/** again closes the drawer before it acts, so that a person sees the result or the editor. */
export function again(store: Store, session: Session, close: () => void): Again {
  const use = (act: (body: string) => void) => (entry: Entry | undefined) => {
    const body = entry && session.bodyOf(entry);
    if (typeof body !== "string") return;
    close();
    act(body);
  };
  const resend = use((body) => {
    sendAgain(store, session, body);
    byId("result").scrollIntoView({ block: "nearest" });
  });
  const edit = use((body) => {
    // The editor's Compact makes the same bytes of the lines.
    store.update({ event: (store.settings.compact && spread(body)) || body, example: "" });
    byId("event-title").focus();
    say("The event is in the editor.");
  });
  byId("result-resend").addEventListener("click", () => resend(session.entries.at(-1)));
  byId("result-edit").addEventListener("click", () => edit(session.entries.at(-1)));
  return {
    show: () => {
      const last = session.entries.at(-1);
      byId("result-again").hidden =
        session.progress?.planned !== 1 || last === undefined || session.bodyOf(last) === null;
    },
    buttons: (entry) => {
      if (session.bodyOf(entry) === null)
        return h(
          "p",
          { class: "hint" },
          "The page keeps only the beginning of a long event, so it cannot send this one again.",
        );
      const send = h("button", { type: "button" }, "Send again");
      send.addEventListener("click", () => resend(entry));
      const open = h("button", { type: "button" }, "Open in the editor");
      open.addEventListener("click", () => edit(entry));
      return h("p", { class: "row" }, send, open);
    },
  };
}
