// A view's state in its address. The endpoint is in the query, as documented. Everything else is in the fragment, which no
// browser sends anywhere. Settings has no keys, so none can get into an address.

import { byteLength } from "./answer.ts";
import { authorizationKinds } from "./config.ts";
import { mayNameUser } from "./endpoint.ts";
import { examples } from "./examples.ts";
import { headerNames, headerProblem } from "./header.ts";
import { bounds, type Mode, type Settings, within } from "./settings.ts";

/** The most bytes of an event's text in a link. Longer addresses break in chats and mail. */
export const maxEventBytes = 4096;

/** The most characters of header names in an address. */
const maxHeaderChars = 200;

/** The settings in an address; those that it leaves out are undefined. */
export type Shared = Partial<Settings>;

/** readAddress reads the valid settings in an address and ignores the others. */
export function readAddress(url: URL): Shared {
  const hash = new URLSearchParams(url.hash.slice(1));
  const shared: Shared = {};
  const endpoint = url.searchParams.get("endpoint");
  if (endpoint) shared.endpoint = endpoint;
  const authorization = authorizationKinds.find((kind) => kind === hash.get("auth"));
  if (authorization) shared.authorization = authorization;
  const region = hash.get("region");
  if (region && /^[a-z0-9-]{1,32}$/.test(region)) shared.region = region;
  const header = hash.get("header");
  if (header !== null && header.length <= maxHeaderChars && !headerNames(header).some(headerProblem))
    shared.header = header;
  const example = examples.find(({ id }) => id === hash.get("example"));
  if (example) {
    shared.example = example.id;
    shared.event = example.text;
  }
  const event = decodeText(hash.get("event"));
  if (event !== null) {
    shared.example = "";
    shared.event = event;
  }
  const mode = hash.get("mode");
  if (mode === "one" || mode === "many" || mode === "repeat") shared.mode = mode as Mode;
  for (const name of ["count", "rate", "concurrency", "batch", "every"] as const) {
    const text = hash.get(name);
    if (text !== null) shared[name] = within(name, text);
  }
  if (hash.get("compact") === "no") shared.compact = false;
  if (hash.get("retry") === "no") shared.retry = false;
  return shared;
}

/** The page's own choices; an address leaves out such values. */
export type Standard = Pick<Settings, "endpoint" | "authorization" | "region" | "header">;

export type Address = { search: string; hash: string /** The event is too long to be in it. */; withoutEvent: boolean };

export function writeAddress(settings: Settings, standard: Standard): Address {
  const query = new URLSearchParams();
  if (settings.endpoint !== standard.endpoint && !mayNameUser(settings.endpoint))
    query.set("endpoint", settings.endpoint);
  const hash = new URLSearchParams();
  if (settings.authorization !== standard.authorization) hash.set("auth", settings.authorization);
  if (settings.authorization === "iam" && settings.region !== standard.region) hash.set("region", settings.region);
  const takesToken = settings.authorization === "cognito" || settings.authorization === "lambda";
  if (takesToken && settings.header !== standard.header) hash.set("header", settings.header);
  let withoutEvent = false;
  if (settings.example === "") {
    withoutEvent = byteLength(settings.event) > maxEventBytes;
    if (!withoutEvent) hash.set("event", encodeText(settings.event));
  } else if (settings.example !== examples[0]?.id) hash.set("example", settings.example);
  if (settings.mode !== "one") hash.set("mode", settings.mode);
  if (settings.mode !== "one")
    for (const name of settings.mode === "many"
      ? (["count", "rate", "concurrency", "batch"] as const)
      : (["every"] as const))
      if (settings[name] !== bounds[name].standard) hash.set(name, String(settings[name]));
  if (!settings.compact) hash.set("compact", "no");
  if (!settings.retry) hash.set("retry", "no");
  const search = query.toString();
  const fragment = hash.toString();
  return { search: search && `?${search}`, hash: fragment && `#${fragment}`, withoutEvent };
}

/** encodeText writes text as base64url, which is shorter than percent-encoding for JSON. */
function encodeText(text: string): string {
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decodeText(encoded: string | null): string | null {
  if (encoded === null || encoded.length > maxEventBytes * 2) return null;
  try {
    const binary = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(binary, (char) => char.charCodeAt(0)),
    );
    return text.replace(/\r\n?/g, "\n"); // as the editor writes line breaks: the places of faults are in its text
  } catch {
    return null; // a truncated link; the page starts with its example
  }
}
