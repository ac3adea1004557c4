import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { inBrowser, text, write } from "./person.ts";
import { putRecords } from "./records.ts";

inBrowser("in every window", () => {
  let browser: Browser;
  let prod: Pipeline;
  beforeAll(async () => {
    browser = await startChromium();
    prod = await startIngest({ env: "prod" });
    await putRecords(prod, 100, (n) => ({ key: `${n}-`.padEnd(256, "W"), data: `{"n":${n}}` }));
  });
  afterAll(async () => {
    await browser?.close();
    await prod?.stop();
  });

  test.each([
    [320, 568],
    [640, 400],
    [768, 1024],
    [900, 800],
    [1024, 768],
    [1100, 700],
    [1280, 400],
    [1280, 720],
  ])("of %i by %i pixels the lists have their own place, and each column has room", async (width, height) => {
    const { page } = await browser.open(prod.url, { width, height });
    for (const name of ["records", "objects", "alarms"]) {
      await page.click(`#tab-${name}`);
      await page.waitForSelector(`#panel-${name} tbody button`);
      const { panel, lists, figures, columns, scrolled } = await page.evaluate(measure, name);
      expect(panel.bottom, `${name}: the rows end with the section`).toBeLessThanOrEqual(lists.bottom + 1);
      expect(panel.bottom - panel.top, `${name}: some rows are on the screen`).toBeGreaterThan(100);
      const above = figures.bottom <= lists.top || figures.top >= lists.bottom;
      expect(above, `${name}: the figures are above or below`).toBe(true);
      expect(Math.min(...columns), `${name}: columns of ${columns} pixels`).toBeGreaterThan(50);
      expect(scrolled, name).toBeLessThanOrEqual(width);
    }
    await page.context().close();
  });

  test("long names are cut off", async () => {
    const { page } = await browser.open(prod.url, { width: 320 });
    await write(page, '{"mine": true}');
    await page.click(".samples summary");
    await page.fill("#sample-name", "W".repeat(40));
    await page.keyboard.press("Enter");
    await page.click("#tab-records");
    await page.click("#records tbody button >> nth=0");
    await page.click(".facts button:text('records of this key')");
    await expect.poll(() => text(page, "#records-key")).toMatch(/^Key \d+-W/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await page.context().close();
  });

  test("a key that is written from right to left leaves what is beside it in its place", async () => {
    const { page } = await browser.open(prod.url);
    await putRecords(prod, 1, () => ({ key: "\u202eabc", data: "{}" }));
    await page.click("#tab-records");
    await page.fill("#records-search", "\u202e");
    await expect.poll(() => text(page, "#records-said")).toContain("1 record found");
    await page.click("#records tbody button");
    const left = (name: string) =>
      page
        .locator(`.facts button:text-is("${name}")`)
        .first()
        .evaluate((one) => one.getBoundingClientRect().left);
    expect(await left("Copy")).toBeLessThan(await left("records of this key"));
    await page.click(".facts button:text-is('records of this key')");
    await expect.poll(() => text(page, "#records-key")).toBe("Key \u202eabc ×");
    await page.context().close();
  });

  test("forced colours leave visible what is selected, what the charts' colours mean, and which record is sought", async () => {
    const { page } = await browser.open(prod.url, { forcedColors: "active" });
    const style = (selector: string, property: string, pseudo = "") =>
      page
        .locator(selector)
        .first()
        .evaluate((one, [property, pseudo]) => getComputedStyle(one, pseudo).getPropertyValue(property), [
          property,
          pseudo,
        ] as const);
    const colours = async (property: string, pseudo: string, ...selectors: string[]) =>
      new Set(await Promise.all(selectors.map((selector) => style(selector, property, pseudo)))).size;
    expect(await colours("background-color", "::before", ".key.accepted", ".key.rejected", ".figures")).toBe(3);
    await page.click("#tab-records");
    expect(await colours("border-bottom-color", "", "[role=tab][aria-selected=true]", "#tab-answers")).toBe(2);
    expect(await colours("background-color", "", "#example-sensor", "#records-live")).toBe(2);
    await page.click("#records-live");
    expect(await colours("background-color", "", "#example-sensor", "#records-live")).toBe(1);
    expect(await colours("background-color", "", ".modes span", ".modes label:last-child span")).toBe(2);
    await page.fill("#records-search", '{"n":50}');
    await expect.poll(() => text(page, "#records-said")).toContain("1 record found");
    await expect.poll(() => text(page, "#records tbody .where")).toMatch(/^object/); // an open record is not drawn anew
    await page.click("#records tbody button");
    await page.click(".landing button:has-text('open the object')");
    await expect.poll(() => text(page, ".lines [aria-current=true] code")).toBe('{"n":50}');
    expect(await page.locator(".lines [aria-current]").count()).toBe(1);
    expect(await style(".lines [aria-current]", "outline-style")).toBe("solid");
    await page.context().close();
  });

  test("only what is open scrolls where the whole page fits", async () => {
    const { page } = await browser.open(prod.url, { height: 720 });
    for (const summary of await page.locator(".compose summary").all()) await summary.click();
    expect(await scrolls(page, ".compose")).toBe(true);
    expect(await scrolls(page, "html")).toBe(false);
    await page.context().close();
  });
});

function measure(name: string) {
  const box = (selector: string) => {
    const { top, bottom } = (document.querySelector(selector) as Element).getBoundingClientRect();
    return { top, bottom };
  };
  const heads = document.querySelectorAll<HTMLElement>(`#panel-${name} table:not([hidden]) th`);
  return {
    panel: box(`#panel-${name}.panel, #panel-${name} .panel`),
    lists: box(".lists"),
    figures: box(".figures"),
    columns: Array.from(heads, (head) => head.offsetWidth).filter((wide) => wide > 0),
    scrolled: document.documentElement.scrollWidth,
  };
}

const scrolls = (page: Page, selector: string) =>
  page.locator(selector).evaluate((element) => element.scrollHeight > element.clientHeight);
