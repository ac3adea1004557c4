import { standardHeader, tokenHeaders } from "./header.ts";

/** How a request identifies its sender. */
export const authorizationKinds = ["none", "api_key", "iam", "cognito", "lambda"] as const;
export type AuthorizationKind = (typeof authorizationKinds)[number];

/** An environment that config.json names. */
export type Environment = {
  name: string;
  submitUrl: string;
  authorization: AuthorizationKind;
  /** Region that a signature names; "" if unknown. */
  region: string;
  /** Headers that carry tokens, separated by commas; "" where a Lambda authorizer reads none. */
  header: string;
  /** The event of the output curl, which the environment's schema allows; "" where it is the first event of every environment. */
  event: string;
  /** The environment's event types. */
  types: EventType[];
  /** Where up to 500 events at once are posted; "" if nowhere. */
  batchUrl: string;
  /** Whether the page is served by the pipeline itself, on one machine. */
  local: boolean;
  /** Whether that pipeline accepts the access key test with the secret test. */
  testKeys: boolean;
  /** Whether that pipeline has no rate limits. */
  unlimited: boolean;
  bucket: string;
  stream: string;
};

/** labelOf names the event of the output curl after its type; "" where the built-in examples suit. */
export function labelOf({ name, event }: Environment): string {
  if (event === "") return "";
  const json: unknown = JSON.parse(event);
  const { event: one, type } = isObject(json) ? json : {};
  return (stringOf(one) || stringOf(type) || name).slice(0, 40);
}

/** An event type of an environment: a path with a schema of its own, and an event that the schema allows. */
export type EventType = { name: string; submitUrl: string; event: string };

/** firstEvent is what the output curl sends wherever the environment's schema allows it. */
const firstEvent = '{"event": "signup", "user_id": 123}';

export type Config = { environments: Environment[]; problem: string };

/**
 * readConfig reads the file that `cdktf output --outputs-file config.json` writes: an object of outputs per stack. It
 * ignores outputs that it does not know.
 */
export function readConfig(text: string): Config {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Many hosts answer with a page when a file is missing.
    const isPage = /^\s*</.test(text);
    return {
      environments: [],
      problem: isPage ? "" : "config.json beside this page is not JSON. Write it with cdktf output --outputs-file.",
    };
  }
  if (!isObject(json))
    return {
      environments: [],
      problem: "config.json beside this page has no stacks. Write it with cdktf output --outputs-file.",
    };
  const environments: Environment[] = [];
  const without: string[] = [];
  for (const [name, outputs] of Object.entries(json)) {
    if (!isObject(outputs) || typeof outputs.submit_url !== "string") {
      without.push(name);
      continue;
    }
    const authorization = kindOf(outputs.authorization);
    environments.push({
      name,
      submitUrl: outputs.submit_url,
      authorization,
      region: stringOf(outputs.region),
      header: headerOf(authorization, stringOf(outputs.curl)),
      event: eventOf(stringOf(outputs.curl)),
      types: typesOf(outputs),
      batchUrl: stringOf(outputs.batch_url),
      local: outputs.local === "true" || outputs.local === true,
      testKeys: outputs.local_test_keys === "true",
      unlimited: outputs.local_unlimited === "true",
      bucket: stringOf(outputs.bucket_name),
      stream: stringOf(outputs.stream_name),
    });
  }
  const problem =
    without.length === 0 ? "" : `config.json: ${without.join(", ")} has no output submit_url, so the page ignores it.`;
  return { environments, problem };
}

function kindOf(value: unknown): AuthorizationKind {
  const text = typeof value === "string" ? value.toLowerCase() : "";
  if (text === "aws_iam") return "iam";
  return authorizationKinds.find((kind) => kind === text) ?? "none";
}

/** eventOf reads the event that the output curl sends. It is empty where every environment's first event is meant. */
function eventOf(curl: string): string {
  const text = bodyOf(curl);
  return text === firstEvent ? "" : spread(text);
}

/**
 * bodyOf reads the body that a curl command sends: its last argument, or what a printf before it writes to it over several
 * lines. A quote is '\'' in both.
 */
function bodyOf(curl: string): string {
  const lines = /^printf %s '((?:[^']|'\\'')*)' \| curl /.exec(curl)?.[1]?.replaceAll("\n", "");
  const word = lines ?? / -d '((?:[^']|'\\'')*)'$/.exec(curl)?.[1] ?? "";
  return word.replaceAll("'\\''", "'");
}

/** typesOf reads the event types from their output of addresses, and an event of each from its output curl_TYPE. */
function typesOf(outputs: Record<string, unknown>): EventType[] {
  const urls = outputs.event_type_urls;
  if (!isObject(urls)) return [];
  return Object.keys(urls).map((name) => ({
    name,
    submitUrl: stringOf(urls[name]),
    event: spread(bodyOf(stringOf(outputs[`curl_${name}`]))),
  }));
}

/** spread writes JSON over several lines, unless that would spell a number in it another way. */
export function spread(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return JSON.stringify(value) === json ? JSON.stringify(value, null, 2) : json;
  } catch {
    return "";
  }
}

/** headerOf reads the headers from the output curl, which has one argument for each header that carries a token. */
function headerOf(authorization: AuthorizationKind, curl: string): string {
  const names = tokenHeaders(curl);
  return names.length === 0 && (authorization !== "lambda" || curl === "") ? standardHeader : names.join(", ");
}

function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
