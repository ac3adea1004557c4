import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { inBrowser, result, text } from "./person.ts";

inBrowser("the page's address", () => {
  let browser: Browser;
  let pipeline: Pipeline;
  beforeAll(async () => {
    browser = await startChromium();
    pipeline = await startIngest();
  });
  afterAll(async () => {
    await browser?.close();
    await pipeline?.stop();
  });

  test("may have another name of this machine: the page still shows its own pipeline", async () => {
    const other = pipeline.url.replace("127.0.0.1", "localhost");
    const { page, complaints, origins } = await browser.open(other);
    expect(await page.inputValue("#endpoint")).toBe(pipeline.submit.replace("127.0.0.1", "localhost"));
    await page.click("#send");
    await result(page, "200 In the stream");
    await expect.poll(() => text(page, "#hop-requests")).not.toBe("0");
    await page.click("#tab-objects");
    await page.waitForSelector("#objects tbody button");
    expect(await page.locator("#deployed").isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(other).origin]);
    await page.context().close();
  });
});
