import { writeAddress } from "../model/address.ts";
import type { AuthorizationKind } from "../model/config.ts";
import { regionOf } from "../model/endpoint.ts";
import type { Keys } from "../model/request.ts";
import type { Store } from "../model/store.ts";
import { byId, copy, h, say, setText, soon } from "./dom.ts";

/** target is where events go and with which keys: the bar at the top. */
export function target(store: Store, configProblem: string) {
  const environment = byId<HTMLSelectElement>("environment");
  const endpoint = byId<HTMLInputElement>("endpoint");
  const authorization = byId<HTMLSelectElement>("authorization");
  const region = byId<HTMLInputElement>("region");

  byId("environment-field").hidden = store.environments.length < 2;
  environment.append(
    ...store.environments.map(({ name }) => h("option", { value: name }, name)),
    h("option", { value: "" }, "another"),
  );
  environment.addEventListener("change", () => {
    const chosen = store.environments.find(({ name }) => name === environment.value);
    if (chosen) {
      forgetApiKey(store);
      store.choose(chosen);
    } else {
      endpoint.focus();
      endpoint.select();
    }
  });
  endpoint.addEventListener("input", () => store.update({ endpoint: endpoint.value }));
  // A key goes to the host that it was typed for, and to no other.
  let host = store.endpoint.url?.host;
  endpoint.addEventListener("change", () => {
    if (store.endpoint.url?.host !== host) forgetApiKey(store);
    host = store.endpoint.url?.host;
    const known = store.environment;
    if (known) store.choose(known);
  });
  authorization.addEventListener("change", () =>
    store.update({ authorization: authorization.value as AuthorizationKind }),
  );
  region.addEventListener("input", () => store.update({ region: region.value }));
  for (const [id, name] of keyInputs) {
    const input = byId<HTMLInputElement>(id);
    input.addEventListener("input", () => store.setKeys({ [name]: input.value }));
  }
  byId("target").addEventListener("submit", (event) => event.preventDefault());

  const show = () => {
    const { settings } = store;
    environment.value = store.environment?.name ?? "";
    if (endpoint.value !== settings.endpoint) endpoint.value = settings.endpoint;
    authorization.value = settings.authorization;
    if (region.value !== settings.region) region.value = settings.region;
    region.placeholder = regionOf(store.endpoint.url) || "us-east-1";
    for (const [id, name] of keyInputs) {
      const input = byId<HTMLInputElement>(id);
      if (input.value !== store.keys[name]) input.value = store.keys[name];
    }
    byId("keys").hidden = settings.authorization === "none";
    for (const field of byId("keys").querySelectorAll<HTMLElement>("[data-for]"))
      field.hidden = field.dataset.for !== settings.authorization;
    notice(store, configProblem);
  };
  store.subscribe(show);
  show();
  share(store);
}

const keyInputs: readonly [string, keyof Keys][] = [
  ["api-key", "apiKey"],
  ["access-key-id", "accessKeyId"],
  ["secret-access-key", "secretAccessKey"],
  ["session-token", "sessionToken"],
];

function forgetApiKey(store: Store) {
  if (store.keys.apiKey !== "") store.setKeys({ apiKey: "" });
}

function notice(store: Store, configProblem: string) {
  const element = byId("target-notice");
  const { problem } = store.endpoint;
  const foreign =
    store.foreign !== "" && store.settings.endpoint === store.foreign && !store.local
      ? "This endpoint came with the link that you opened. Make sure that you know whose it is before you enter keys or send events."
      : "";
  const text = problem || foreign || configProblem;
  setText(element, text);
  element.hidden = text === "";
  byId("endpoint").setAttribute("aria-invalid", String(problem !== "" && store.settings.endpoint !== ""));
}

/** share keeps the address up to date and copies it. */
function share(store: Store) {
  const write = () => {
    const { search, hash } = writeAddress(store.settings, store.standard);
    const next = store.page.pathname + search + hash;
    if (next !== location.pathname + location.search + location.hash) history.replaceState(null, "", next);
  };
  store.subscribe(soon(300, write));
  const button = byId("share");
  button.addEventListener("click", async () => {
    write();
    const { withoutEvent } = writeAddress(store.settings, store.standard);
    const copied = await copy(location.href);
    const text = copied ? "Link copied" : "Copy it from the address bar";
    setText(button, text);
    say(withoutEvent ? `${text}. The event is over 4 KB and not in it.` : text);
    if (withoutEvent) setText(button, "Copied, without the event (over 4 KB)");
    setTimeout(() => setText(button, "Copy link"), 2500);
  });
}
