import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, patience, startChromium } from "./chromium.ts";
import { startIngest } from "./ingest.ts";
import { choose, inBrowser, result, text, write } from "./person.ts";

inBrowser("many events by batch", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  test("20,000 events at 5,000 per second, without limits", async () => {
    const own = await startIngest({ flags: ["--unlimited"] });
    const { page, complaints } = await browser.open(own.url);
    await choose(page, "Send many");
    await page.fill("#count", "20000");
    await page.fill("#rate", "5000");
    expect(await page.getAttribute("#batch", "placeholder")).toBe("250");
    expect(await text(page, "#plan-hint")).toMatch(/^80 batches of up to 250 events\. /);
    const requests: string[] = [];
    page.on("request", (request) => request.method() === "POST" && requests.push(new URL(request.url()).pathname));
    await page.click("#send");
    const said = await result(page, "Done: 20,000 of 20,000 events");
    console.log(said);
    expect(said).toMatch(/^20,000 accepted · 0 rejected · /);
    expect(said).not.toContain("429");
    expect(await text(page, "#figure-accepted")).toBe("20,000");
    expect(requests).toHaveLength(80);
    expect(new Set(requests)).toEqual(new Set(["/dev/submit/batch"]));
    await expect.poll(() => text(page, "#hop-records"), { timeout: patience }).toBe("20,000");
    await expect.poll(() => text(page, "#hop-delivered"), { timeout: patience }).toBe("20,000");
    expect(complaints).toEqual([]);
    await page.context().close();
    await own.stop();
  });

  test("with one shard, throttled events are sent again, and the page says what limits the rate", async () => {
    const own = await startIngest();
    const { page } = await browser.open(own.url);
    await choose(page, "Send many");
    await page.fill("#count", "5000");
    await page.fill("#rate", "5000");
    await expect
      .poll(() => text(page, "#plan-limits"))
      .toContain(
        "One shard takes 1,000 events per second. The stream answers the rest with 429, and the page sends it again.",
      );
    await page.click("#send");
    const said = await result(page, "Done: 5,000 of 5,000 events");
    console.log(said);
    expect(said).toMatch(
      /^5,000 accepted · 0 rejected · .* of 429 · .* per second\. Planned 5,000 per second, reached [\d,]+\. The stream is at its write limit\. One shard takes 1,000 events per second\.$/,
    );
    await expect.poll(() => text(page, "#hop-records"), { timeout: patience }).toBe("5,000");
    await page.context().close();
    await own.stop();
  });

  test("a batch with an event that breaks the schema is refused as a whole, and one event a request is still possible", async () => {
    const own = await startIngest();
    const { page } = await browser.open(own.url);
    await choose(page, "Send many");
    await write(page, "{}");
    await page.fill("#count", "6");
    await page.fill("#batch", "3");
    await page.click("#send");
    expect(await result(page, "Done: 6 of 6 events")).toMatch(
      /^0 accepted · 6 rejected · .* Breaks the rule: .*none of its events is in the stream\.$/,
    );
    await write(page, '{"event": "signup", "user_id": {{n}}}');
    await page.fill("#batch", "1");
    const paths = new Set<string>();
    page.on("request", (request) => request.method() === "POST" && paths.add(new URL(request.url()).pathname));
    await page.click("#send");
    expect(await result(page, "Done: 6 of 6 events")).toMatch(/^6 accepted/);
    expect([...paths]).toEqual(["/dev/submit"]);
    await page.context().close();
    await own.stop();
  });

  test("without a batch route, the page says before and during a run what limits it", async () => {
    const own = await startIngest({
      env: "staging",
      flags: ["--unlimited"],
    });
    const { page } = await browser.open(own.url);
    await choose(page, "Send many");
    expect(await page.locator("#batch-field").isVisible()).toBe(false);
    await page.fill("#rate", "5000");
    const limits =
      /Six connections of a browser carry about [\d,]+ events per second at [\d,]+ ms an answer\. This environment takes no batches \(API\.Batch\)\./;
    expect(await text(page, "#plan-limits")).toMatch(limits);
    await page.fill("#access-key-id", "test");
    await page.fill("#secret-access-key", "test");
    await page.fill("#count", "20000");
    await page.click("#send");
    await expect
      .poll(() => text(page, "#result-text"))
      .toMatch(new RegExp(`Planned 5,000 per second, reached [\\d,]+\\. ${limits.source}`));
    expect(await text(page, "#result-title")).toMatch(/^Sending: /);
    await page.click("#stop");
    await result(page, "Stopped: ");
    expect(await text(page, "#result-text")).toMatch(/ not sent · /);
    await page.context().close();
    await own.stop();
  });
});
