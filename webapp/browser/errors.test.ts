import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, patience, startChromium, type Watched } from "./chromium.ts";
import { type Pipeline, type Stack, startIngest } from "./ingest.ts";
import { choose, inBrowser, paste, result, setEndpoint, text, unexpected, write } from "./person.ts";
import { type Host, hostAnswers } from "./servers.ts";

inBrowser("what goes wrong is said in words that a person can act on", () => {
  let browser: Browser;
  let dev: Pipeline;
  let staging: Pipeline;
  let tight: Pipeline;
  let answers: Host;
  beforeAll(async () => {
    browser = await startChromium();
    answers = await hostAnswers();
    dev = await startIngest();
    staging = await startIngest({ env: "staging", flags: ["--access-key", "test:test"] });
    tight = await startIngest({ change: throttle });
  });
  afterAll(async () => {
    await browser?.close();
    for (const one of [answers, dev, staging, tight]) await one?.stop();
  });

  /** throttle allows one request a second, in bursts of five: a busy machine sends faster, too. */
  function throttle(stack: Stack) {
    const [settings] = Object.values(stack.resource.aws_api_gateway_method_settings) as Stack[];
    settings.settings.throttling_rate_limit = 1;
    settings.settings.throttling_burst_limit = 5;
  }

  /** sendTo opens a page, sends once, and checks that the browser complained only about the request. */
  async function sendTo(
    url: string,
    title: string | RegExp,
    prepare?: (watched: Watched) => Promise<void>,
  ): Promise<string> {
    const watched = await browser.open(dev.url);
    await setEndpoint(watched.page, url);
    await prepare?.(watched);
    await watched.page.click("#send");
    const said = await result(watched.page, title);
    expect(unexpected(watched.complaints)).toEqual([]);
    await watched.page.context().close();
    return said;
  }

  test("400 with the rule that the event breaks", async () => {
    const { page, complaints } = await browser.open(dev.url);
    await write(page, "{}");
    await expect.poll(() => text(page, "#check")).toBe("Valid JSON, but the API usually refuses an empty object.");
    await page.click("#send");
    await result(page, /^400 Breaks the rule: an object has 0 members and must have at least 1 /);
    await page.click("#rows button");
    expect(await text(page, "#drawer-body")).toContain("object has too few properties");
    expect(unexpected(complaints)).toEqual([]);
    await page.context().close();
  });

  test("400 for a text that is not JSON, which the editor underlines and links to", async () => {
    const { page } = await browser.open(dev.url);
    await write(page, '{\n  "type": "signup",\n}');
    await expect.poll(() => text(page, "#check")).toBe("Line 3, column 1 Remove the comma before this }.");
    await page.locator(".cm-wrong").waitFor();
    await page.click("#check button");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Backspace");
    await expect.poll(() => text(page, "#check")).toMatch(/^Valid JSON/);
    await page.keyboard.insertText(",,");
    await page.click("#send");
    expect(await result(page, "400 The event is not JSON")).toBe("Fix what the editor underlines, then send again.");
    await page.context().close();
  });

  test("400 of Kinesis for more than 1 MiB", async () => {
    const said = await sendTo(dev.submit, "400 Over 1 MiB", async ({ page }) => {
      // In characters it is short enough.
      await paste(page, `{"long": "${"é".repeat(550_000)}"}`);
      await expect
        .poll(() => text(page, "#check"))
        .toBe("1.1 MB with its white space: Kinesis accepts at most 1 MiB, and the answer to more is 400.");
    });
    expect(said).toBe("Kinesis accepts records of at most 1 MiB; this one has 1,100,011 bytes.");
  });

  test("413 for a body over 10 MB", async () => {
    await sendTo(dev.submit, "413 The body is too large", async ({ page }) => {
      await paste(page, `{"long": "${"x".repeat(11_000_000)}"}`);
      await expect
        .poll(() => text(page, "#check"))
        .toBe("11.0 MB with its white space: API Gateway accepts at most 10 MB, and answers 413 to more.");
    });
  });

  test("403 where the API requires a signature and gets none", async () => {
    const { page } = await browser.open(staging.url);
    expect(await page.inputValue("#authorization")).toBe("iam");
    await page.click("#send");
    expect(await result(page, "Not sent")).toBe(
      "Enter an access key id and its secret, or choose None below Authorisation.",
    );
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("access-key-id");
    await page.selectOption("#authorization", "none");
    await page.click("#send");
    expect(await result(page, "403 The API requires a signature, or the path is wrong")).toContain("Choose IAM keys");
    await page.context().close();
  });

  test("403 for wrong keys, and 200 with the right ones, which the page keeps nowhere", async () => {
    const { page, complaints } = await browser.open(staging.url);
    await page.fill("#access-key-id", "test");
    await page.fill("#secret-access-key", "wrong-secret");
    await page.click("#send");
    expect(await result(page, "403 The signature does not match")).toContain("secret access key");
    await page.fill("#access-key-id", "unknown");
    await page.click("#send");
    await result(page, "403 AWS does not know the access key");
    await page.fill("#access-key-id", "test");
    await page.fill("#secret-access-key", "test");
    await page.fill("#region", "eu-west-9");
    await page.click("#send");
    await result(page, "403 Signed for another region");
    await page.fill("#region", "us-east-1");
    await write(page, '{"user": "größe 😀"}');
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.fill("#secret-access-key", "another-secret");
    await page.click("#share");
    expect(page.url()).not.toMatch(/secret|another/);
    const stored = await page.evaluate(async () => [
      localStorage.length,
      sessionStorage.length,
      document.cookie,
      (await indexedDB.databases()).length,
    ]);
    expect(stored).toEqual([0, 0, "", 0]);
    expect(unexpected(complaints)).toEqual([]);
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    expect(await page.inputValue("#secret-access-key")).toBe("");
    await page.context().close();
  });

  test("429 is retried until every event is accepted", async () => {
    const { page } = await browser.open(tight.url);
    await choose(page, "Send many");
    await page.fill("#count", "9");
    await page.fill("#rate", "500");
    await page.fill("#batch", "1");
    await page.click("#send");
    await result(page, "Done: 9 of 9 events", patience);
    expect(await text(page, "#figure-accepted")).toBe("9");
    expect(Number(await text(page, "#figure-retries"))).toBeGreaterThan(0);
    expect(await text(page, "#result-text")).toMatch(/^9 accepted · 0 rejected · \d+ retr(y|ies) of 429 · /);
    await page.context().close();
  });

  test("429 without retries is rejected, with its limit and its wait", async () => {
    const { page } = await browser.open(tight.url);
    await page.uncheck("#retry");
    await choose(page, "Send many");
    await page.fill("#count", "60");
    await page.fill("#rate", "1000");
    await page.fill("#batch", "1");
    await page.click("#send");
    await result(page, "Done: 60 of 60 events");
    const rejected = Number(await text(page, "#figure-rejected"));
    expect(rejected).toBeGreaterThan(0);
    expect(Number(await text(page, "#figure-accepted")) + rejected).toBe(60);
    expect(await text(page, "#result-text")).toContain(
      "Throttled at the API's request limit. Too many events at once. Wait 1 s.",
    );
    await page.check("#hide-accepted");
    expect(await page.locator("#rows tr:visible").count()).toBe(rejected);
    await page.context().close();
  });

  test.each([
    ["415", "415 The endpoint refuses the content type"],
    ["500", "500 API Gateway could not call the stream"],
    ["502", "502 The stream did not accept the event"],
    ["504", "504 The stream did not answer in time"],
    ["redirect", "The endpoint redirects"],
  ])("%s", async (path, title) => {
    expect(await sendTo(`${answers.url}/${path}`, title)).not.toBe("");
  });

  test("an endpoint that does not allow the page, and one that does not answer", async () => {
    expect(await sendTo(`${answers.url}/cors`, "CORS: this page may not read the answer")).toContain(
      `does not allow ${new URL(dev.url).origin}.`,
    );
    const port = await freePort();
    expect(await sendTo(`http://127.0.0.1:${port}/dev/submit`, `Cannot reach 127.0.0.1:${port}`)).toContain("make up");
  });

  test("a request that is stopped", async () => {
    const { page } = await browser.open(dev.url);
    await setEndpoint(page, `${answers.url}/slow`);
    await choose(page, "Repeat");
    await page.click("#send");
    await expect.poll(() => text(page, "#figure-in-flight")).toBe("1");
    await page.click("#stop");
    expect(await result(page, "Stopped: 1 event")).toMatch(
      /^0 accepted · 0 rejected · 1 unknown · .* Stopped\. You stopped the run before the answer came, so the event may or may not be in the stream\.$/,
    );
    expect(await text(page, "#figure-rejected")).toBe("0");
    expect(await text(page, "#figure-unknown")).toBe("1");
    await page.context().close();
  });

  test("repeats that fail and then succeed keep no old advice", async () => {
    const { page } = await browser.open(dev.url);
    await setEndpoint(page, `${answers.url}/recovers`);
    await choose(page, "Repeat");
    await page.fill("#every", "1");
    await page.click("#send");
    await expect
      .poll(() => text(page, "#result-text"))
      .toContain("Send it again; rarely, the stream then has it twice.");
    await expect
      .poll(() => text(page, "#result-text"))
      .toMatch(
        /per second\. Events are accepted again\. The last one that was not, at \d\d:\d\d:\d\d: The stream did not accept the event\.$/,
      );
    expect(await page.getAttribute("#result", "data-kind")).toBe("plain");
    await page.click("#stop");
    await page.context().close();
  });

  test("a text that is not JSON is not sent many times", async () => {
    const { page } = await browser.open(dev.url);
    await write(page, '{"a": 1,}');
    for (const mode of ["Send many", "Repeat"] as const) {
      await choose(page, mode);
      await page.click("#send");
      expect(await result(page, "Not sent")).toBe(
        "The event is not JSON: Remove the comma before this }. Fix what the editor underlines. Send one sends it unchanged.",
      );
    }
    expect(await text(page, "#badge-answers")).toBe("0");
    await page.context().close();
  });

  test("what was not sent has neither the place nor the buttons of the event before", async () => {
    const { page } = await browser.open(dev.url);
    const [landing, again] = [page.locator("#result-landing"), page.locator("#result-again")];
    await page.click("#send");
    await result(page, "200 In the stream");
    await landing.waitFor();
    await setEndpoint(page, "example.com");
    await page.click("#result-resend");
    await result(page, "Not sent");
    expect([await landing.isVisible(), await again.isVisible()], "it can be sent again").toEqual([false, true]);
    await setEndpoint(page, dev.submit);
    await page.click("#result-resend");
    await result(page, "200 In the stream");
    await landing.waitFor();
    await choose(page, "Send many");
    await write(page, "{");
    await page.click("#send");
    await result(page, "Not sent");
    expect([await landing.isVisible(), await again.isVisible()]).toEqual([false, false]);
    await page.waitForResponse(/_local\/status/); // which shows the place anew
    expect([await landing.isVisible(), await again.isVisible()]).toEqual([false, false]);
    await page.context().close();
  });

  test("an event of another API has no place in this pipeline's stream", async () => {
    const { page } = await browser.open(dev.url);
    await setEndpoint(page, `${answers.url}/200`);
    await page.click("#send");
    await result(page, "200 In the stream");
    await setEndpoint(page, dev.submit);
    await page.waitForResponse(/_local\/status/);
    await page.waitForResponse(/_local\/status/); // the page has shown the first
    expect(await page.locator("#result-landing").isVisible()).toBe(false);
    await page.click("#rows button");
    expect(await page.locator("#drawer .landing").isVisible()).toBe(false);
    await page.context().close();
  });

  test("a number out of its bounds gets a note", async () => {
    const { page } = await browser.open(dev.url);
    await choose(page, "Send many");
    await page.fill("#count", "2000000");
    await page.locator("#count").blur();
    expect(await page.inputValue("#count")).toBe("1000000");
    expect(await text(page, "#numbers-note")).toBe(
      "Events takes a whole number from 1 to 1,000,000. The page uses 1,000,000.",
    );
    await page.fill("#count", "0");
    await page.click("#send"); // the note must not have moved the button
    await result(page, "200 In the stream");
    await page.fill("#count", "2");
    expect(await page.locator("#numbers-note").isVisible()).toBe(false);
    await page.context().close();
  });

  test.each(["records", "objects"])("a search in %s that fails says why, to a screen reader too", async (list) => {
    const { page } = await browser.open(dev.url);
    await page.click(`#tab-${list}`);
    await page.route(/_local\/(records|delivered)\?/, (route) =>
      route.fulfill({ status: 400, json: { message: "text is too long" } }),
    );
    await page.fill(`#${list}-search`, "x");
    await expect.poll(() => text(page, `#${list}-said`)).toBe("text is too long");
    await expect.poll(() => text(page, "#say")).toBe("text is too long");
    await page.context().close();
  });

  test("an event that is nested too deeply to be pretty-printed opens as it is", async () => {
    const own = await startIngest();
    const deep = `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`;
    const headers = { "Content-Type": "application/json" };
    expect((await fetch(own.submit, { method: "POST", headers, body: deep })).status).toBe(200);
    const { page, complaints } = await browser.open(own.url);
    await page.click("#tab-records");
    await page.click("#records tbody button >> nth=0");
    await expect.poll(() => text(page, "#drawer .block")).toBe(deep);
    await page.keyboard.press("Escape");
    await page.click("#tab-objects");
    await page.click("#objects tbody button >> nth=0");
    await page.click("#drawer label:has-text('Pretty-printed')");
    await expect.poll(() => page.locator(".lines code").allTextContents()).toContain(deep);
    expect(await page.locator(".lines [aria-current]").count(), "the list of objects asks for no record").toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
    await own.stop();
  });

  test("the page offers the right endpoint for a wrong path", async () => {
    const { page } = await browser.open(dev.url);
    for (const path of ["/", "/dev", "/prod/submit", "/dev/submits"]) {
      await setEndpoint(page, new URL(path, dev.url).href);
      expect(await text(page, "#target-notice"), path).toBe(`Events of dev go to ${dev.submit}. Use it`);
    }
    await page.click("#target-notice button");
    expect(await page.inputValue("#endpoint")).toBe(dev.submit);
    for (const right of [dev.submit, `${dev.submit}?x=1`, `${dev.submit}/batch`, answers.url]) {
      await setEndpoint(page, right);
      expect(await page.locator("#target-notice").isVisible(), right).toBe(false);
    }
    await page.context().close();
  });

  test("an endpoint that the page cannot send to is refused before it sends", async () => {
    const { page, complaints } = await browser.open(dev.url);
    await setEndpoint(page, "http://example.com/dev/submit");
    expect(await text(page, "#target-notice")).toBe(
      "This page uses http only for 127.0.0.1 and localhost. Use https for other hosts.",
    );
    await page.click("#send");
    await result(page, "Not sent");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("endpoint");
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

/** freePort is a port on which nothing listens. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
