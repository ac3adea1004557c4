import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { choose, inBrowser, result, text, write } from "./person.ts";

const lines = (page: Page) => page.locator(".cm-line").allTextContents();

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

  test("keeps the view when a person skips to the event", async () => {
    const { page } = await browser.open(pipeline.url);
    await write(page, '{"kept": true}');
    await expect.poll(() => page.url()).toContain("#event=");
    const before = page.url();
    await page.locator(".skip").focus();
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("event-title");
    expect(page.url()).toBe(before);
    await page.reload();
    await page.waitForSelector("html[data-ready]");
    await expect.poll(() => lines(page)).toEqual(['{"kept": true}']);
    await page.context().close();
  });

  test("shows another view when a link is opened in the same tab, and the one before when a person goes back", async () => {
    const { page } = await browser.open(`${pipeline.url}#mode=many&count=7&compact=no`);
    await page.fill("#endpoint", `${pipeline.submit}/typed`);
    await expect.poll(() => page.url()).toContain("?endpoint=");
    await page.evaluate(() => {
      location.hash = "event=eyJhIjoxfQ&mode=repeat&every=9";
    });
    await expect.poll(() => lines(page)).toEqual(['{"a":1}']);
    expect(await page.isChecked("input[value=repeat]")).toBe(true);
    expect(await page.inputValue("#every")).toBe("9");
    expect(await page.isChecked("#compact")).toBe(true);
    expect(await page.inputValue("#endpoint")).toBe(`${pipeline.submit}/typed`);
    await page.goBack();
    await expect.poll(() => page.isChecked("input[value=many]")).toBe(true);
    expect(await page.inputValue("#count")).toBe("7");
    expect(await page.isChecked("#compact")).toBe(false);
    await page.context().close();
  });

  test("leaves neither a run nor a long event without a question, and nothing else with one", async () => {
    const { page, context } = await browser.open(pipeline.url);
    const asked: string[] = [];
    page.on("dialog", (dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    /**
     * reload reloads the page, and returns whether the browser asked. The page takes a moment to see the last change, by its own timers,
     * which a busy machine delays as it delays this one.
     */
    const reload = async () => {
      asked.length = 0;
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600)));
      await page.reload();
      await page.waitForSelector("html[data-ready]");
      return asked.length === 1;
    };
    await write(page, '{"event": "signup", "user_id": 7}');
    expect(await reload()).toBe(false);
    const long = JSON.stringify({ event: "signup", user_id: 7, note: "x".repeat(4100) });
    await write(page, long);
    expect(await reload()).toBe(true);

    await write(page, long);
    await page.click("details.samples summary");
    await page.fill("#sample-name", "long");
    await page.click("#sample-form button");
    expect(await reload(), "an event that a sample has").toBe(false);

    await choose(page, "Repeat");
    await page.fill("#every", "1");
    await page.click("#send");
    await expect.poll(() => text(page, "#figure-accepted")).not.toBe("0");
    expect(await reload(), "a run").toBe(true);
    await context.close();
  });
});
