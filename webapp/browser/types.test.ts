import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { inBrowser, result, text } from "./person.ts";

inBrowser("event types", () => {
  let browser: Browser;
  let pipeline: Pipeline;
  beforeAll(async () => {
    browser = await startChromium();
    pipeline = await startIngest({ env: "option-types" });
  });
  afterAll(async () => {
    await browser?.close();
    await pipeline?.stop();
  });

  test("each has a sample, which its schema allows at its own address", async () => {
    const { page, complaints } = await browser.open(pipeline.url);
    expect(await page.inputValue("#endpoint")).toBe(pipeline.submit);
    await page.fill("#access-key-id", "test");
    await page.fill("#secret-access-key", "test");
    for (const name of ["order", "page-view", "post"]) {
      await page.click(`#type-${name}`);
      expect(await page.inputValue("#endpoint")).toBe(`${pipeline.submit}/${name}`);
      expect(await page.getAttribute(`#type-${name}`, "aria-pressed")).toBe("true");
      await page.click("#send");
      await result(page, "200 In the stream");
    }
    await expect.poll(() => text(page, "#badge-answers")).toBe("3");
    expect(await text(page, "#target-notice")).toBe("");

    await page.click("#example-sensor");
    expect(await page.inputValue("#endpoint")).toBe(pipeline.submit);
    expect(await page.getAttribute("#example-sensor", "aria-pressed")).toBe("true");
    expect(await page.getAttribute("#type-post", "aria-pressed")).toBe("false");
    await page.click("#send");
    await expect.poll(() => text(page, "#badge-answers")).toBe("4");
    await result(page, "200 In the stream");
    expect(complaints).toEqual([]);
  });
});
