import { writeAddress } from "../model/address.ts";
import type { AuthorizationKind, Environment } from "../model/config.ts";
import { regionOf } from "../model/endpoint.ts";
import { headerProblem } from "../model/header.ts";
import { type Keys, tokenField, tokenNames } from "../model/request.ts";
import type { Store } from "../model/store.ts";
import { byId, copy, h, say, setText, soon } from "./dom.ts";

/** target shows the bar at the top: where events go and with which keys. */
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
      store.forget();
      store.choose(chosen);
    } else {
      endpoint.focus();
      endpoint.select();
    }
  });
  endpoint.addEventListener("input", () => store.update({ endpoint: endpoint.value }));
  endpoint.addEventListener("change", () => store.settle());
  authorization.addEventListener("change", () =>
    store.update({ authorization: authorization.value as AuthorizationKind }),
  );
  region.addEventListener("input", () => store.update({ region: region.value }));
  const header = byId<HTMLInputElement>("header");
  header.addEventListener("input", () => store.update({ header: header.value }));
  for (const [id, name] of keyInputs) {
    const input = byId<HTMLInputElement>(id);
    input.addEventListener("input", () => store.setKeys({ [name]: input.value }));
  }
  byId("back").addEventListener("click", () => {
    const home = homeOf(store);
    if (home === undefined) return;
    store.choose(home);
    endpoint.focus();
  });
  byId("test-keys").addEventListener("click", () => {
    store.setKeys({ accessKeyId: "test", secretAccessKey: "test", sessionToken: "" });
    byId("send").focus();
    say("The keys test and test are entered.");
  });
  byId("target").addEventListener("submit", (event) => event.preventDefault());

  const show = () => {
    const { settings } = store;
    environment.value = store.environment?.name ?? "";
    if (endpoint.value !== settings.endpoint) endpoint.value = settings.endpoint;
    authorization.value = settings.authorization;
    if (region.value !== settings.region) region.value = settings.region;
    if (header.value !== settings.header) header.value = settings.header;
    region.placeholder = regionOf(store.endpoint.url) || "us-east-1";
    for (const [id, name] of keyInputs) {
      const input = byId<HTMLInputElement>(id);
      if (input.value !== store.keys[name]) input.value = store.keys[name];
    }
    byId("keys").hidden = settings.authorization === "none";
    for (const field of byId("keys").querySelectorAll<HTMLElement>("[data-for]"))
      field.hidden = !field.dataset.for?.split(" ").includes(settings.authorization);
    byId("test-keys").hidden = !offersTestKeys(store);
    showName(store);
    showBack(store);
    showTokens(store);
    notice(store, configProblem);
  };
  store.subscribe(show);
  show();
  share(store);
}

/** offersTestKeys says whether the pipeline on this machine accepts the keys that ingest up accepts by default, and others are set. */
function offersTestKeys({ local, environment, settings, keys }: Store): boolean {
  const set = keys.accessKeyId === "test" && keys.secretAccessKey === "test" && keys.sessionToken === "";
  return local && environment?.testKeys === true && settings.authorization === "iam" && !set;
}

/** homeOf is the environment to go back to from an endpoint that is in no environment. */
function homeOf({ environment, environments, last }: Store): Environment | undefined {
  return environment ? undefined : (environments.find(({ name }) => name === last) ?? environments[0]);
}

function showBack(store: Store) {
  const home = homeOf(store);
  byId("back").hidden = home === undefined;
  if (home) setText(byId("back"), `Back to ${home.name}’s endpoint`);
}

/** showName shows which environment the endpoint belongs to, unless the choice of environments does. */
function showName({ environment, environments }: Store) {
  const name = environment?.name ?? "";
  document.title = name === "" ? "ingest" : `${name} · ingest`;
  setText(byId("environment-name"), environments.length > 1 ? "" : name);
}

const keyInputs: readonly [string, Exclude<keyof Keys, "tokens">][] = [
  ["api-key", "apiKey"],
  ["access-key-id", "accessKeyId"],
  ["secret-access-key", "secretAccessKey"],
  ["session-token", "sessionToken"],
];

/** showTokens shows a field for each header that carries a token. */
function showTokens(store: Store) {
  const { authorization, keys, local } = store;
  const names = tokenNames(authorization).filter((name) => headerProblem(name) === "");
  const fields = byId("tokens");
  if (fields.dataset.names !== names.join()) {
    fields.dataset.names = names.join();
    fields.replaceChildren(...names.map((name) => tokenInput(store, name, names.length === 1 ? "Token" : name)));
  }
  for (const name of names) {
    const input = byId<HTMLInputElement>(tokenField(name));
    const token = keys.tokens[name.toLowerCase()] ?? "";
    if (input.value !== token) input.value = token;
  }
  setText(byId("token-hint"), tokenHint(authorization.kind, names) + (local ? unverified : ""));
}

function tokenInput(store: Store, name: string, label: string): HTMLElement {
  const id = tokenField(name);
  const input = h("input", { id, type: "password", autocomplete: "off", spellcheck: "false" });
  input.setAttribute("aria-describedby", "token-hint");
  input.addEventListener("input", () =>
    store.setKeys({ tokens: { ...store.keys.tokens, [name.toLowerCase()]: input.value } }),
  );
  return h("div", { class: "field" }, h("label", { for: id }, label), input);
}

const unverified = " Nothing on this machine verifies it, so you can leave it empty.";

function tokenHint(kind: AuthorizationKind, names: string[]): string {
  if (kind === "cognito")
    return "A token of the user pool: an identity token, or an access token where the environment requires scopes.";
  const query =
    "Put a query parameter that the function reads into the endpoint (?NAME=VALUE). The link then contains it.";
  return names.length === 0
    ? `This authorizer reads no header, so you need no token. ${query}`
    : `Sent exactly as you type it. Include Bearer where the function expects that. ${query}`;
}

function notice(store: Store, configProblem: string) {
  const element = byId("target-notice");
  const isEmpty = store.settings.endpoint.trim() === "";
  const problem = [isEmpty ? configProblem : "", store.endpoint.problem].filter(Boolean).join(" ");
  const foreign =
    store.foreign !== "" && store.settings.endpoint === store.foreign && !store.local
      ? "This endpoint comes from the link that you opened. Find out who owns it before you enter keys or send events."
      : "";
  const meant = problem || foreign ? undefined : store.meant;
  const text = problem || foreign || (meant ? `Events of ${meant.name} go to ${meant.submitUrl}. ` : configProblem);
  if (element.textContent !== text + (meant ? useIt : "")) {
    element.replaceChildren(text);
    if (meant) element.append(useButton(store, meant));
  }
  element.hidden = text === "";
  byId("endpoint").setAttribute("aria-invalid", String(problem !== "" && !isEmpty));
}

const useIt = "Use it";

function useButton(store: Store, meant: Environment): HTMLElement {
  const button = h("button", { type: "button", class: "link" }, useIt);
  button.addEventListener("click", () => {
    store.choose(meant);
    byId("endpoint").focus();
  });
  return button;
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
    const without = ", without the event (over 4 KB)";
    setText(button, withoutEvent ? `${copied ? "Copied" : text}${without}` : text);
    say(withoutEvent ? `${text}. The event is over 4 KB, so the link does not contain it.` : text);
    setTimeout(() => setText(button, "Copy link"), 2500);
  });
}
