import { expect, test } from "vitest";
import type { Environment } from "./config.ts";
import { examples } from "./examples.ts";
import { Store } from "./store.ts";

const page = new URL("https://events.example.com/try/");
const environment = (name: string, submitUrl: string, change: Partial<Environment> = {}): Environment => ({
  name,
  submitUrl,
  authorization: "none",
  region: "",
  header: "Authorization",
  event: "",
  types: [],
  local: false,
  batchUrl: "",
  testKeys: false,
  unlimited: false,
  bucket: "",
  stream: "",
  ...change,
});
const dev = environment("dev", "https://x/dev/submit");
const prod = environment("prod", "https://y/submit", { authorization: "lambda", header: "X-Client, X-Signature" });

function store(endpoint: string): Store {
  const made = new Store({ environments: [dev, prod], problem: "" }, {}, page);
  made.update({ endpoint });
  return made;
}

test.each([
  ["https://x/", "dev"],
  ["https://x/prod/submit", "dev"],
  ["https://x/dev/submits", "dev"],
  ["https://x/dev/submit/", undefined],
  ["https://x/dev/submit?a=b", undefined],
  ["https://x/dev/submit/batch", undefined],
  ["https://y/prod/submit", "prod"],
  ["https://z/dev/submit", undefined],
  ["https://", undefined],
  ["", undefined],
])("the environment that %j means", (endpoint, name) => {
  expect(store(endpoint).meant?.name).toBe(name);
});

test("tokens follow the environment's headers, and only tokens and an API key are forgotten", () => {
  const made = store("");
  made.choose(prod);
  made.setKeys({ apiKey: "key-1", accessKeyId: "AKIA1", tokens: { "x-client": " t-1 ", authorization: "other" } });
  expect(made.authorization).toEqual({
    kind: "lambda",
    headers: [
      { name: "X-Client", token: "t-1" },
      { name: "X-Signature", token: "" },
    ],
  });
  made.forget();
  expect(made.keys).toMatchObject({ apiKey: "", accessKeyId: "AKIA1", tokens: {} });
});

test("keys are sent without the spaces around them", () => {
  const made = store(dev.submitUrl);
  made.setKeys({ apiKey: " k ", accessKeyId: " AKIA1\n", secretAccessKey: "\ts ", sessionToken: " t " });
  made.update({ authorization: "api_key", region: " eu-west-1 " });
  expect(made.authorization).toEqual({ kind: "api_key", apiKey: "k" });
  made.update({ authorization: "iam" });
  expect(made.authorization).toEqual({
    ...{ kind: "iam", accessKeyId: "AKIA1", secretAccessKey: "s", sessionToken: "t", region: "eu-west-1" },
  });
  made.update({ authorization: "none" });
  expect(made.authorization).toEqual({ kind: "none" });
  made.update({ authorization: "cognito" });
  made.setKeys({ tokens: { authorization: " t\n" } });
  expect(made.authorization).toEqual({ kind: "cognito", headers: [{ name: "Authorization", token: "t" }] });
});

test("a typed region counts more than the host's", () => {
  const made = store("https://abc.execute-api.eu-west-1.amazonaws.com/dev/submit");
  expect(made.region).toBe("eu-west-1");
  made.update({ region: "us-east-1" });
  expect(made.region).toBe("us-east-1");
});

test("batches go to the environment's endpoint for them, or to that of the event type", () => {
  const order = { name: "order", submitUrl: "https://x/dev/submit/order", event: "" };
  const typed = { ...dev, types: [order], batchUrl: "https://x/dev/batches" };
  const made = new Store({ environments: [typed, prod], problem: "" }, {}, page);
  expect(made.batchUrl?.href).toBe("https://x/dev/batches");
  made.choose(typed, order.submitUrl);
  expect(made.batchUrl?.href).toBe("https://x/dev/submit/order/batch");
  for (const endpoint of [prod.submitUrl, "https://x/dev/elsewhere", "https://", ""]) {
    made.update({ endpoint });
    expect(made.batchUrl, endpoint).toBeNull();
  }
});

test("a page without environments begins with the first example and no endpoint", () => {
  const made = new Store({ environments: [], problem: "" }, {}, page);
  const { id, text } = examples[0]!;
  const standard = { endpoint: "", authorization: "none", region: "", header: "Authorization" };
  expect(made.settings).toMatchObject({ ...standard, example: id, event: text });
  expect(made.standard).toEqual(standard);
  expect(made.keys).toEqual({ apiKey: "", accessKeyId: "", secretAccessKey: "", sessionToken: "", tokens: {} });
  expect([made.foreign, made.environment, made.types, made.local]).toEqual(["", undefined, [], false]);
});

test("an environment whose endpoint the page cannot use takes no batches", () => {
  const far = environment("far", "http://192.168.1.7/submit", { batchUrl: "http://192.168.1.7/submit/batch" });
  expect(new Store({ environments: [far], problem: "" }, {}, page).batchUrl).toBeNull();
});

test("an endpoint of one of two environments on a host is right", () => {
  const second = environment("second", "https://x/second/submit");
  const made = new Store({ environments: [dev, second, prod], problem: "" }, {}, page);
  for (const [endpoint, meant] of [
    ["https://x/second/submit?a=b", undefined],
    ["https://x/third/submit", "dev"],
  ]) {
    made.update({ endpoint: endpoint ?? "" });
    expect(made.meant?.name).toBe(meant);
  }
});

test("a page of a pipeline on this machine is local at its own host alone", () => {
  const own = environment("own", "http://127.0.0.1:8080/dev/submit", { local: true });
  const made = new Store({ environments: [own, dev], problem: "" }, {}, new URL("http://127.0.0.1:8080/"));
  expect(made.local).toBe(true);
  for (const endpoint of [dev.submitUrl, "http://127.0.0.1:8081/dev/submit", ""]) {
    made.update({ endpoint });
    expect(made.local, endpoint).toBe(false);
  }
});

test("listeners hear of settings and keys, and the last environment is known", () => {
  const made = store(dev.submitUrl);
  const heard: string[] = [];
  made.subscribe(() => heard.push(`${made.settings.endpoint} ${made.keys.apiKey}`));
  made.setKeys({ apiKey: "k" });
  made.update({ endpoint: "https://elsewhere/submit" });
  made.update({ endpoint: "https://elsewhere/submit/" });
  expect(heard).toEqual([`${dev.submitUrl} k`, "https://elsewhere/submit k", "https://elsewhere/submit/ k"]);
  expect(made.last).toBe("dev");
});

test("a page begins with its environment's event, or the event type's", () => {
  const types = ["a", "b"].map((name) => ({ name, submitUrl: `https://x/dev/submit/${name}`, event: `"${name}"` }));
  types.push({ name: "c", submitUrl: "https://x/dev/submit/c", event: "" });
  const config = { environments: [{ ...dev, event: '"any"', types }, prod], problem: "" };
  const begun = (endpoint?: string) => new Store(config, endpoint === undefined ? {} : { endpoint }, page).settings;
  expect(begun()).toMatchObject({ endpoint: dev.submitUrl, event: '"any"', example: "" });
  expect(begun(types[1]?.submitUrl)).toMatchObject({ event: '"b"', example: "" });
  expect(begun(types[2]?.submitUrl)).toMatchObject({ event: '"any"', example: "" });
  expect(begun(prod.submitUrl)).toMatchObject({ event: examples[0]?.text, example: examples[0]?.id });
});

/** withKey is a store at dev with a key for its host. */
function withKey(): Store {
  const made = store(dev.submitUrl);
  made.setKeys({ apiKey: "key-1", accessKeyId: "AKIA1", tokens: { authorization: "t-1" } });
  return made;
}

test("a key stays while a person types, and on its host", () => {
  const made = withKey();
  for (const endpoint of ["https://", "https://elsewhere/submit", "https://x/dev/submit?a=b"])
    made.update({ endpoint });
  expect(made.keys.apiKey).toBe("key-1");
  made.settle();
  expect(made.keys).toMatchObject({ apiKey: "key-1", tokens: { authorization: "t-1" } });
});

test.each(["https://elsewhere/submit", "https://x:8443/dev/submit", "https://xx/dev/submit", "https://", "x", ""])(
  "a key for https://x does not go to %j",
  (endpoint) => {
    const made = withKey();
    made.update({ endpoint });
    made.settle();
    expect(made.keys).toMatchObject({ apiKey: "", accessKeyId: "AKIA1", tokens: {} });
    made.update({ endpoint: dev.submitUrl });
    made.settle();
    expect(made.keys.apiKey).toBe("");
  },
);

test.each<[string, (made: Store) => void]>([
  ["another environment", (made) => made.choose(prod)],
  ["a link", (made) => made.open({ endpoint: prod.submitUrl })],
])("a key for the endpoint of %s does not go to the one before", (_, go) => {
  const made = withKey();
  go(made);
  expect(made.keys.apiKey).toBe("");
  made.setKeys({ apiKey: "key-2" });
  made.settle();
  expect(made.keys.apiKey).toBe("key-2");
  made.update({ endpoint: dev.submitUrl });
  made.settle();
  expect(made.keys.apiKey).toBe("");
});

test("a typed endpoint of an environment has its settings, and one that did not change keeps a person's", () => {
  const made = store(dev.submitUrl);
  made.update({ authorization: "api_key" });
  made.settle();
  expect(made.settings.authorization).toBe("api_key");
  made.update({ endpoint: ` ${prod.submitUrl} ` });
  made.settle();
  expect(made.settings).toMatchObject({ endpoint: prod.submitUrl, authorization: "lambda", header: prod.header });
});

test("a sample of an event type keeps the authorisation and the key that a person chose", () => {
  const order = { name: "order", submitUrl: "https://x/dev/submit/order", event: "{}" };
  const made = new Store({ environments: [{ ...dev, types: [order] }, prod], problem: "" }, {}, page);
  made.update({ authorization: "api_key" });
  made.setKeys({ apiKey: "key-1" });
  made.update({ endpoint: order.submitUrl, event: order.event, example: "" });
  made.settle();
  expect(made.settings).toMatchObject({ endpoint: order.submitUrl, authorization: "api_key" });
  expect(made.keys.apiKey).toBe("key-1");
});

test("an event type's endpoint belongs to its environment, and a link to it begins with its event", () => {
  const order = { name: "order", submitUrl: "https://x/dev/submit/order", event: '{"total": 1}' };
  const typed = { ...dev, event: '{"any": 1}', types: [order] };
  const made = new Store({ environments: [typed], problem: "" }, { endpoint: order.submitUrl }, page);
  expect(made.environment).toBe(typed);
  expect(made.foreign).toBe("");
  expect(made.settings).toMatchObject({ endpoint: order.submitUrl, event: order.event, example: "" });
  expect(made.types).toEqual([order]);
  made.choose(typed, order.submitUrl);
  expect(made.settings.endpoint).toBe(order.submitUrl);
  made.choose(typed);
  expect(made.settings.endpoint).toBe(typed.submitUrl);
});

test("another address sets every setting anew, and a key does not go with it to another endpoint", () => {
  const made = new Store({ environments: [dev, prod], problem: "" }, { mode: "many", count: 7 }, page);
  made.setKeys({ apiKey: "key-1" });
  made.open({ compact: false });
  expect(made.settings).toMatchObject({ endpoint: dev.submitUrl, mode: "one", count: 500, compact: false });
  expect(made.keys.apiKey).toBe("key-1");
  made.open({ endpoint: prod.submitUrl });
  expect(made.settings).toMatchObject({ authorization: "lambda", compact: true });
  expect(made.keys.apiKey).toBe("");
});
