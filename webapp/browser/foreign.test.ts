import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
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
