import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, patience, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { inBrowser } from "./person.ts";
import { type Host, hostBlank } from "./servers.ts";

inBrowser("another page", () => {
  let browser: Browser;
  let pipeline: Pipeline;
  let other: Host;
  let bucket: string;
  beforeAll(async () => {
    browser = await startChromium();
    pipeline = await startIngest();
    other = await hostBlank();
    bucket = `${pipeline.aws}/api-kinesis-firehose-bucket-dev`;
  });
  afterAll(async () => {
    await browser?.close();
    await other?.stop();
    await pipeline?.stop();
  });

  async function put(key: string, body: string) {
    expect((await fetch(`${bucket}/${key}`, { method: "PUT", body })).status).toBe(200);
  }
  const get = async (path: string) => (await fetch(`${bucket}${path}`)).text();

  test("cannot change or read anything with requests that need no preflight", async () => {
    await put("events/kept", "kept");
    const { page } = await browser.open(other.url);
    const sent = await page.evaluate(async (at) => {
      const xml = "<Delete><Object><Key>events/kept</Key></Object></Delete>";
      const send = (url: string, body: BodyInit) => fetch(url, { method: "POST", mode: "no-cors", body });
      const answers = [
        await send(`${at}?delete`, xml),
        await send(`${at}?delete`, new URLSearchParams({ a: xml })),
        await send(`${at}/events/new?uploads`, ""),
        await send(`${at}/events/kept?uploadId=1`, new FormData()),
      ];
      const form = document.createElement("form");
      Object.assign(form, { method: "post", enctype: "text/plain", action: `${at}?delete`, target: "inside" });
      const frame = document.createElement("iframe");
      frame.name = "inside";
      document.body.append(frame, form);
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      form.submit();
      await loaded;
      const seen = await new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = `${at}/events/kept`;
        script.addEventListener("load", () => resolve("loaded"));
        script.addEventListener("error", () => resolve("refused"));
        document.body.append(script);
      });
      return [...answers.map((answer) => answer.type), seen];
    }, bucket);
    expect(sent).toEqual(["opaque", "opaque", "opaque", "opaque", "refused"]);
    expect(await get("/events/kept")).toBe("kept");
    expect(await get("?uploads")).not.toContain("<UploadId>");
    await page.context().close();
  });

  test("cannot have an event run as script", async () => {
    await put(
      "events/page",
      "<!doctype html><html data-ready><title>shown</title><script>document.title = 'ran'</script>",
    );
    const { page } = await browser.open(`${bucket}/events/page?response-content-type=text/html`);
    expect(await page.title()).toBe("shown");
    await page.context().close();
  });
});

inBrowser("a page of another origin, where text/plain is taken", () => {
  let browser: Browser;
  let pipeline: Pipeline;
  let other: Host;
  beforeAll(async () => {
    browser = await startChromium();
    pipeline = await startIngest({ env: "option-intake" });
    other = await hostBlank();
  });
  afterAll(async () => {
    await browser?.close();
    await other?.stop();
    await pipeline?.stop();
  });

  /** delivered is the text of every object of events. */
  async function delivered() {
    const bucket = `${pipeline.aws}/api-kinesis-firehose-bucket-option-intake`;
    const list = await (await fetch(`${bucket}?list-type=2&prefix=events/`)).text();
    const keys = Array.from(list.matchAll(/<Key>([^<]+)<\/Key>/g), ([, key = ""]) => key);
    return (await Promise.all(keys.map(async (key) => (await fetch(`${bucket}/${key}`)).text()))).join("");
  }

  test("submits events without a preflight, also when it is closed", async () => {
    const { page } = await browser.open(other.url);
    const sent = await page.evaluate(async (submit) => {
      const answer = await fetch(submit, { method: "POST", body: '{"event": "fetched"}' });
      addEventListener("pagehide", () => navigator.sendBeacon(submit, '{"event": "closed"}'));
      return { beacon: navigator.sendBeacon(submit, '{"event": "beacon"}'), answer: (await answer.json()).message };
    }, pipeline.submit);
    expect(sent).toEqual({ beacon: true, answer: "accepted" });
    await page.close({ runBeforeUnload: true });
    await expect
      .poll(async () => (await delivered()).split("\n").sort(), { timeout: patience, interval: 200 })
      .toEqual(["", '{"event": "beacon"}', '{"event": "closed"}', '{"event": "fetched"}']);
    const { api } = await (await fetch(`${pipeline.url}_local/status`)).json();
    expect(api.answers).toEqual({ 200: 3 });
    await page.context().close();
  });
});
