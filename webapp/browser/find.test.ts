import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Browser, patience, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { inBrowser, text } from "./person.ts";
import { putRecords } from "./records.ts";

const many = 100_000;
const wanted = {
  key: "customer-needle",
  data: '{"event":"refund","note":"the Zürich invoice","amount":12345678901234567890}',
};

inBrowser(`one event among ${many}`, () => {
  let browser: Browser;
  let pipeline: Pipeline;
  /** When the wanted event arrived, as the page's user would know it from a log. */
  let arrivedAt: string;
  beforeAll(async () => {
    browser = await startChromium();
    pipeline = await startIngest({ flags: ["--unlimited"] });
    const other = (n: number) => ({ key: `customer-${n % 5000}`, data: `{"event":"order","n":${n}}` });
    await putRecords(pipeline, many / 2, other);
    await nextSecond();
    arrivedAt = new Date().toISOString().slice(0, 19);
    await putRecords(pipeline, 1, () => wanted);
    await nextSecond();
    await putRecords(pipeline, many / 2 - 1, (n) => other(n + many / 2));
    await vi.waitUntil(async () => (await delivered(pipeline)) === many, { timeout: patience, interval: 200 });
  });
  afterAll(async () => {
    await browser?.close();
    await pipeline?.stop();
  });

  test.each([
    ["key", "CUSTOMER-NEEDLE"],
    ["text", "zürich invoice"],
  ])("is found by its %s, in the stream and in its object, with three clicks", async (_, typed) => {
    const { page, complaints, origins } = await browser.open(pipeline.url);
    const click = clicks(page, 3);
    await click("#tab-records");
    await page.fill("#records-search", typed);
    await expect
      .poll(() => text(page, "#records-said"), { timeout: patience })
      .toContain("Searched: 1 record found in");
    expect(await page.locator("#records tbody tr button").count()).toBe(1);
    await click("#records tbody tr button");
    await showsRecord(page);
    await click(".landing button");
    await showsLine(page);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(pipeline.url).origin]);
    await page.context().close();
  });

  test("is found by its time, in the stream and in its object, with three clicks", async () => {
    const { page } = await browser.open(pipeline.url);
    const click = clicks(page, 3);
    await click("#tab-records");
    await page.fill("#records-from", `${arrivedAt}Z`);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("#records tbody tr .partition-key").first().textContent()).toBe(wanted.key);
    await click("#records tbody tr button >> nth=0");
    await showsRecord(page);
    await click(".landing button");
    await showsLine(page);
    await page.context().close();
  });

  test.each(["records", "objects"])("a start that is no time says nothing of the %s", async (list) => {
    const { page } = await browser.open(pipeline.url);
    await page.click(`#tab-${list}`);
    for (const [start, isEmpty] of [
      ["2999-01-01", true],
      ["now", false],
    ] as const) {
      await page.fill(`#${list}-from`, start);
      await page.keyboard.press("Enter");
      await expect.poll(() => page.isVisible(`#${list}-empty`)).toBe(isEmpty);
      await expect.poll(() => page.locator(`#${list}-said.bad`).count()).toBe(isEmpty ? 0 : 1);
    }
    await page.context().close();
  });

  test("is found by its text in the bucket, and from there in the stream, with three clicks", async () => {
    const { page } = await browser.open(pipeline.url);
    const click = clicks(page, 3);
    await click("#tab-objects");
    await page.fill("#objects-search", "zürich INVOICE");
    await expect
      .poll(() => text(page, "#objects-said"), { timeout: patience })
      .toContain("Searched: 1 record found in");
    await click("#objects-found tbody tr button");
    await showsLine(page);
    await click(".lines [aria-current] button");
    await showsRecord(page);
    await page.context().close();
  });

  test("new records appear at the top, also in a search, and then are in an object", async () => {
    const { page } = await browser.open(pipeline.url);
    await page.click("#tab-records");
    const first = () => page.locator("#records tbody tr .partition-key").first().textContent();
    await expect.poll(first).toMatch(/^customer-\d+$/);
    await putRecords(pipeline, 1, () => ({ key: "customer-live", data: '{"event":"live"}' }));
    await expect.poll(first, { timeout: patience }).toBe("customer-live");
    await expect
      .poll(() => page.locator("#records tbody tr .where").first().textContent(), { timeout: patience })
      .toMatch(/^object, \d+$/);
    await page.fill("#records-search", "customer-li");
    await expect.poll(() => text(page, "#records-said"), { timeout: patience }).toContain("1 record found");
    await putRecords(pipeline, 2, (n) => ({ key: `customer-lively-${n}`, data: "{}" }));
    await expect.poll(() => page.locator("#records tbody tr button").count(), { timeout: patience }).toBe(3);
    await page.click("#records-live");
    await page.fill("#records-search", "");
    await expect.poll(first).toMatch(/^customer-lively-/);
    await putRecords(pipeline, 1, () => ({ key: "customer-later", data: "{}" }));
    await expect.poll(() => text(page, "#records-said"), { timeout: patience }).toBe("1 new");
    await page.click("#records-live");
    await expect.poll(first).toBe("customer-later");
    await page.context().close();
  });

  test("the list has few rows in the document, names each by its number, and reaches rows far below", async () => {
    const { page, complaints } = await browser.open(pipeline.url);
    await page.click("#tab-records");
    await expect.poll(() => page.locator("#records tbody tr[aria-rowindex]").count()).toBeGreaterThan(5);
    expect(await page.getAttribute("#records", "aria-rowcount")).toBe("-1");
    const last = () =>
      page.evaluate(() =>
        Number([...document.querySelectorAll("#records tbody tr[aria-rowindex]")].at(-1)?.ariaRowIndex),
      );
    for (let rows = await last(); rows < 1200; ) {
      await page.locator("#records-panel").evaluate((panel) => {
        panel.scrollTop = panel.scrollHeight;
      });
      const before = rows;
      await expect.poll(async () => (rows = await last())).toBeGreaterThan(before);
    }
    expect(await page.locator("#records tbody tr").count()).toBeLessThan(120);
    expect(await page.locator("#records tbody tr[aria-rowindex] button").last().textContent()).toMatch(
      /\d\d:\d\d:\d\d\.\d{3}$/,
    );

    await page.locator("#records tbody tr[aria-rowindex] button").last().focus();
    const at = await focusedRow(page);
    await page.keyboard.press("ArrowUp");
    expect(await focusedRow(page)).toBe(at - 1);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#drawer .landing");
    await page.keyboard.press("Escape");
    expect(await focusedRow(page), "the focus returns to its row").toBe(at - 1);

    // The focused row is not in the document any more.
    await page.keyboard.press("Home");
    const focused = () => page.evaluate(() => document.activeElement?.id);
    await expect.poll(focused).toBe("records-panel");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator("#records-panel").evaluate((panel) => panel.scrollTop)).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

async function delivered({ url }: Pipeline): Promise<number> {
  const { deliveries } = await (await fetch(`${url}_local/status`)).json();
  return deliveries[0].deliveredRecords;
}

/** nextSecond waits until the clock shows another second, so that an event is alone in its own. */
async function nextSecond() {
  const second = Math.floor(Date.now() / 1000);
  await vi.waitUntil(() => Math.floor(Date.now() / 1000) > second, { timeout: patience, interval: 20 });
}

/** clicks fails the test at one click more than allowed. */
function clicks(page: Page, allowed: number) {
  let done = 0;
  return async (selector: string) => {
    expect(++done, `clicks, with the one on ${selector}`).toBeLessThanOrEqual(allowed);
    await page.click(selector);
  };
}

async function showsRecord(page: Page) {
  await expect.poll(() => text(page, "#drawer .facts")).toContain(wanted.key);
  expect(await text(page, "#drawer .block")).toContain('"amount": 12345678901234567890');
}

async function showsLine(page: Page) {
  await expect.poll(() => page.locator("#drawer .lines [aria-current] code").textContent()).toBe(wanted.data);
  expect(await page.locator("#drawer .lines [aria-current]").evaluate(visible), "the line is on the screen").toBe(true);
}

function visible(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  const list = (element.parentElement as Element).getBoundingClientRect();
  return top >= list.top - 1 && bottom <= list.bottom + 1;
}

function focusedRow(page: Page): Promise<number> {
  return page.evaluate(() => Number(document.activeElement?.closest("tr")?.ariaRowIndex));
}
