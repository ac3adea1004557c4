import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, patience, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { check, choose, focused, inBrowser, result, sees, setEndpoint, text, write } from "./person.ts";

inBrowser("the page for everybody", () => {
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

  test.each([1280, 360])("has nothing that axe-core finds, light or dark: %i pixels wide", async (width) => {
    const { page, complaints } = await browser.open(pipeline.url, { width });
    await check(page, "at the start");

    await choose(page, "Send many");
    await page.fill("#count", "3");
    await page.click("#send");
    await result(page, "Done: 3 of 3 events");
    await page.click("#as-table summary");
    await page.click("#curl-details summary");
    await page.click(".help:not(.samples) summary");
    await check(page, "after events, with everything unfolded");

    await page.click('#result-landing button:has-text("open the object")', { timeout: patience });
    await page.waitForSelector(".lines li");
    await check(page, "with an object open");
    await page.keyboard.press("Escape");
    await page.click("#tab-objects");
    await page.waitForSelector("#objects tbody button");
    await check(page, "with the objects listed");
    await page.fill("#objects-search", "a");
    await expect.poll(() => text(page, "#objects-said")).toContain("Searched: ");
    await check(page, "after a search in the objects");
    await page.click("#tab-records");
    await page.waitForSelector("#records tbody button");
    await check(page, "with the records listed");
    await page.fill("#records-search", "nowhere to be found");
    await expect.poll(() => text(page, "#records-said")).toContain("Searched: 0 records found in");
    await check(page, "after a search that found nothing");
    await page.fill("#records-search", "");
    await page.click("#records tbody button >> nth=0");
    await page.waitForSelector("#drawer .block");
    await check(page, "with a record open");
    await page.keyboard.press("Escape");
    await page.click("#tab-answers");

    await page.fill("#rate", "5000");
    await page.click(".samples summary");
    await page.fill("#sample-name", "mine");
    await page.click("#sample-form button");
    await page.click("#sample-form button");
    await expect.poll(() => text(page, "#sample-note")).not.toBe("");
    await check(page, "with a sample of one's own, a note about it, and what limits a rate");
    await page.click("[popovertarget=bytes-why]");
    await check(page, "with the bytes explained");
    await page.keyboard.press("Escape");
    await page.selectOption("#authorization", "iam");
    expect(await page.locator("#test-keys").isVisible()).toBe(true);
    await check(page, "with the keys of this machine offered");
    await page.selectOption("#authorization", "none");

    await choose(page, "Send one");
    await write(page, "{}");
    await page.click("#send");
    await result(page, "400 Breaks the rule");
    await write(page, '{"a": "{{oh}}"}');
    await expect.poll(() => text(page, "#check")).toContain("is not a placeholder");
    await check(page, "after a refusal, with a note");
    await page.locator("#rows button").first().click();
    await check(page, "with a refusal open");
    await page.keyboard.press("Escape");

    await page.route("**/submit", () => {}); // never answered
    await choose(page, "Repeat");
    await page.fill("#every", "0");
    await page.click("#send");
    await page.click("#stop");
    await result(page, "Stopped: ");
    await setEndpoint(page, `${pipeline.submit}s`);
    await check(page, "with an event of which nobody knows, a number out of bounds and an endpoint that is offered");
    await choose(page, "Send one");

    await write(page, '{"a": ');
    await expect.poll(() => text(page, "#check")).toContain("is missing");
    for (const kind of ["api_key", "iam", "cognito", "lambda"]) {
      await page.selectOption("#authorization", kind);
      await page.fill("#endpoint", "ftp://x");
      await page.click("#send");
      await check(page, `with ${kind} and an endpoint that is none`, "#target");
    }
    await check(page, "with a token, an endpoint that is none and an event that is none");
    expect(complaints.filter((complaint) => !complaint.includes("status of 400"))).toEqual([]);
    await page.context().close();
  });

  test("works with the keyboard alone: examples, into the editor and out of it, sending, tabs, an object", async () => {
    const { page } = await browser.open(pipeline.url);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("skip");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("example-signup");
    for (let times = 0; times < 3; times++) await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("example-sensor");
    await page.keyboard.press("Enter");
    expect(await page.getAttribute("#example-sensor", "aria-pressed")).toBe("true");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("editor");
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ControlOrMeta+Enter");
    await result(page, "200 In the stream");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("compact");
    await page.keyboard.press("Shift+Tab");
    expect(await focused(page)).toBe("editor");

    await page.focus("#tab-answers");
    await page.keyboard.press("ArrowRight");
    expect(await focused(page)).toBe("tab-records");
    await page.keyboard.press("ArrowRight");
    expect(await focused(page)).toBe("tab-objects");
    await page.waitForSelector("#objects tbody button", { timeout: patience });
    for (const place of ["objects-search", "objects-prefix", "objects-from", "objects-panel"]) {
      await page.keyboard.press("Tab");
      expect(await focused(page)).toBe(place);
    }
    await page.keyboard.press("Tab");
    const inRow = () => page.evaluate(() => document.activeElement?.closest("#objects tr")?.ariaRowIndex);
    expect(await inRow()).toBe("2");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".lines li");
    expect(await focused(page)).toBe("drawer-title");
    await page.keyboard.press("Escape");
    expect(await inRow()).toBe("2");
    await page.context().close();
  });

  test("tells a screen reader the result", async () => {
    const { page } = await browser.open(pipeline.url);
    expect(await page.getAttribute("#say", "aria-live")).toBe("polite");
    // It then hears of the object that lands.
    await sees(page, "#say", /^200 In the stream in .* ms\./, () => page.click("#send"));
    await page.context().close();
  });

  test.each([320, 1920])("does not scroll sideways at any width, also when it was %i pixels wide", async (first) => {
    const { page } = await browser.open(pipeline.url, { width: first });
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.selectOption("#authorization", "iam");
    await page.click("#curl-details summary");
    await page.waitForSelector("#result-landing button:has-text('open the object')"); // it has a long name
    for (const width of [first, 320, 360, 768, 1024, 1280, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      // The charts take their new width a moment after the page's.
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth), { message: `${width} pixels wide` })
        .toBeLessThanOrEqual(width);
    }
    await page.context().close();
  });

  test("is readable at twice the text size", async () => {
    const { page } = await browser.open(pipeline.url, { width: 640, height: 400 });
    await page.click("#send");
    await result(page, "200 In the stream");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(640);
    await page.context().close();
  });
});
