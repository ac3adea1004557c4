import { expect, test } from "vitest";
import { maxEventBytes, readAddress, writeAddress } from "./address.ts";
import { examples } from "./examples.ts";
import { Store } from "./store.ts";

const page = new URL("https://events.example.com/try/");
const config = {
  environments: [
    {
      name: "dev",
      submitUrl: "https://x/dev/submit",
      authorization: "none" as const,
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
    },
    {
      name: "prod",
      submitUrl: "https://y/prod/submit",
      authorization: "iam" as const,
      region: "eu-west-1",
      header: "Authorization",
      event: "",
      types: [],
      local: false,
      batchUrl: "",
      testKeys: false,
      unlimited: false,
      bucket: "",
      stream: "",
    },
  ],
  problem: "",
};

/** again opens a store's link in another browser. */
function again(store: Store): Store {
  const { search, hash } = writeAddress(store.settings, store.standard);
  return new Store(config, readAddress(new URL(search + hash, page)), page);
}

test("the address of the page's initial state is empty", () => {
  const store = new Store(config, {}, page);
  expect(writeAddress(store.settings, store.standard)).toEqual({ search: "", hash: "", withoutEvent: false });
});

test("an address restores the whole view", () => {
  const store = new Store(config, {}, page);
  store.choose(config.environments[1]!);
  store.update({ mode: "many", count: 7, rate: 0.5, concurrency: 3, compact: false, retry: false });
  store.update({ example: "", event: '{"größe": "😀 & #"}\n' });
  expect(again(store).settings).toEqual({ ...store.settings, every: 2 });
  store.update({ example: "order", event: examples[2]!.text, mode: "repeat", every: 30 });
  expect(again(store).settings).toMatchObject({
    example: "order",
    event: examples[2]!.text,
    mode: "repeat",
    every: 30,
  });
});

test("an endpoint in the query has its environment's authorisation", () => {
  const shared = readAddress(new URL("?endpoint=https://y/prod/submit", page));
  const store = new Store(config, shared, page);
  expect(store.settings).toMatchObject({
    endpoint: "https://y/prod/submit",
    authorization: "iam",
    region: "eu-west-1",
    header: "Authorization",
  });
  expect(store.foreign).toBe("");
});

test("an endpoint that config.json does not have is foreign, and uses the link's authorisation", () => {
  const store = new Store(config, readAddress(new URL("?endpoint=https://z/submit#auth=api_key", page)), page);
  expect(store.foreign).toBe("https://z/submit");
  expect(store.settings.authorization).toBe("api_key");
});

test("a link's authorisation and region count more than the environment's", () => {
  const iam = "?endpoint=https://y/prod/submit";
  expect(readAddress(new URL(`${iam}#auth=none&mode=one`, page))).toMatchObject({ authorization: "none", mode: "one" });
  const store = new Store(config, readAddress(new URL(iam, page)), page);
  expect(writeAddress(store.settings, store.standard).hash, "what the environment has").toBe("");
  store.update({ region: "us-west-2" });
  expect(again(store).settings).toMatchObject({ authorization: "iam", region: "us-west-2" });
  store.update({ authorization: "none" });
  expect(writeAddress(store.settings, store.standard).hash).toBe("#auth=none");
  expect(again(store).settings.authorization).toBe("none");
});

test("a link has the numbers of its own mode alone", () => {
  const store = new Store(config, {}, page);
  const hashOf = (mode: "one" | "many" | "repeat") => {
    store.update({ mode, count: 7, batch: 3, every: 30 });
    return writeAddress(store.settings, store.standard).hash;
  };
  expect(hashOf("one")).toBe("");
  expect(hashOf("many")).toBe("#mode=many&count=7&batch=3");
  expect(again(store).settings).toMatchObject({ mode: "many", count: 7, batch: 3 });
  expect(hashOf("repeat")).toBe("#mode=repeat&every=30");
});

test("a token's header is in an address if it differs from the environment's, and never one that a page cannot send", () => {
  const store = new Store(config, {}, page);
  store.update({ authorization: "lambda" });
  expect(writeAddress(store.settings, store.standard).hash).toBe("#auth=lambda");
  store.update({ header: "X-Client, X-Signature" });
  expect(again(store).settings).toMatchObject({ authorization: "lambda", header: "X-Client, X-Signature" });
  store.update({ authorization: "cognito" });
  expect(again(store).settings).toMatchObject({ authorization: "cognito", header: "X-Client, X-Signature" });
  store.update({ authorization: "none" });
  expect(writeAddress(store.settings, store.standard).hash).toBe("");
  expect(readAddress(new URL(`#header=${"y".repeat(200)}`, page)).header).toHaveLength(200);
  expect(readAddress(new URL(`#header=${"y".repeat(201)}`, page)).header).toBeUndefined();
  for (const name of ["Cookie", "X Client:", `X-${"y".repeat(200)}`])
    expect(readAddress(new URL(`#auth=lambda&header=${encodeURIComponent(name)}`, page)).header).toBeUndefined();
});

test("no key and no password is in an address", () => {
  const store = new Store(config, {}, page);
  const tokens = { authorization: "token-2" };
  store.setKeys({
    apiKey: "key-1",
    accessKeyId: "AKIA1",
    secretAccessKey: "secret-1",
    sessionToken: "token-1",
    tokens,
  });
  store.update({ authorization: "cognito" });
  expect(writeAddress(store.settings, store.standard)).toMatchObject({ search: "", hash: "#auth=cognito" });
});

test.each([
  "https://me:secret@x/submit",
  "  https://me:secret@x/submit",
  "https://:secret@x/submit",
  "https://me@x/submit",
  "https:///me:secret@x/submit",
  "https:/me:secret@x/submit",
  "https:me:secret@x/submit",
  "https:\\\\me:secret@x/submit",
  "HTTPS://me:sec/ret@x/submit",
  "https://me:sec?ret@x/submit",
  "https://me:sec#ret@x/submit",
  "me:secret@x/submit",
  "ftp://me:secret@x/submit",
  "secret@",
])("a link has no endpoint with a password, nor one that is not an address yet: %s", (endpoint) => {
  const store = new Store(config, {}, page);
  store.update({ authorization: "api_key", endpoint });
  expect(writeAddress(store.settings, store.standard)).toMatchObject({ search: "", hash: "#auth=api_key" });
});

test.each(["https://x/submit?client=me@example.com", "https://x/@me/submit", "x/submit", "https://x:80x/submit"])(
  "a link has an endpoint without a user: %s",
  (endpoint) => {
    const store = new Store(config, {}, page);
    store.update({ endpoint });
    expect(again(store).settings.endpoint).toBe(endpoint);
  },
);

test("an event that is too long is left out and reported", () => {
  const store = new Store(config, {}, page);
  store.update({ example: "", event: `"${"x".repeat(maxEventBytes)}"` });
  expect(writeAddress(store.settings, store.standard)).toEqual({ search: "", hash: "", withoutEvent: true });
});

test.each([
  [4096, false],
  [4097, true],
])("an event of %i bytes in UTF-8: the link is without it is %s", (bytes, withoutEvent) => {
  const event = "ü".repeat((bytes - (bytes % 2)) / 2) + "x".repeat(bytes % 2);
  const store = new Store(config, {}, page);
  store.update({ example: "", event });
  expect(writeAddress(store.settings, store.standard)).toMatchObject({ withoutEvent });
  if (!withoutEvent) expect(again(store).settings.event).toBe(event);
});

test("a link spells an event without characters that an address changes", () => {
  const store = new Store(config, {}, page);
  store.update({ example: "", event: '"~~~ÿÿÿ>>>???"' });
  expect(btoa(String.fromCharCode(...new TextEncoder().encode(store.settings.event)))).toMatch(/\+.*\/|\/.*\+/);
  expect(writeAddress(store.settings, store.standard).hash).toMatch(/^#event=[\w-]+$/);
  expect(again(store).settings.event).toBe(store.settings.event);
});

test("an event in a link that is not UTF-8 is ignored", () => {
  expect(readAddress(new URL("#event=_w", page))).toEqual({});
});

test("an event in a link has its line breaks as the editor has them, in which faults have their places", () => {
  const { event } = readAddress(new URL(`#event=${btoa('{\r\n"a":\r1,\n}')}`, page));
  expect(event).toBe('{\n"a":\n1,\n}');
});

test("an event in a link is bounded, because anybody may write one", () => {
  const eventOf = (chars: number) => readAddress(new URL(`#event=${"QUFB".repeat(chars / 4)}`, page)).event;
  expect(eventOf(8192)).toHaveLength(6144);
  expect(eventOf(8196)).toBeUndefined();
  expect(eventOf(800_000)).toBeUndefined();
});

test("wrong values in an address are ignored", () => {
  const shared = readAddress(
    new URL("#auth=root&region=eu west&example=none&event=%25%25&mode=fast&count=-5&rate=1e9&concurrency=x", page),
  );
  expect(shared).toEqual({ count: 1, rate: 10_000, concurrency: 6 });
});
