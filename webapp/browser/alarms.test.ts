import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { check, inBrowser, text } from "./person.ts";

const raisedAt = Date.now() - 3_900_000;

/** raised is the file of a data folder in which some alarms of prod are in ALARM. States outlive a process. */
function raised(...ids: string[]): Record<string, string> {
  const at = new Date(raisedAt).toISOString();
  const reason = "Threshold Crossed: 3 out of the last 3 datapoints were greater than the threshold (5.0).";
  const standing = (alarm: string) => ({
    ...{ state: "ALARM", reason, updated: at, changed: at, configured: at },
    history: [{ alarm, at, from: "OK", to: "ALARM", reason, data: "{}", before: "", dataBefore: "" }],
  });
  const names = ids.map((id) => `api-kinesis-prod-${id}`);
  return { "cloudwatch/alarms.json": JSON.stringify(Object.fromEntries(names.map((name) => [name, standing(name)]))) };
}

const rowOf = (page: Page, id: string) =>
  page.locator("#alarms tr").filter({ has: page.getByRole("button", { name: id, exact: true }) });

inBrowser("the alarms", () => {
  let browser: Browser;
  let prod: Pipeline;
  beforeAll(async () => {
    browser = await startChromium();
    prod = await startIngest({ env: "prod", files: raised("api-4xx", "stream-age") });
  });
  afterAll(async () => {
    await browser?.close();
    await prod?.stop();
  });

  test("are listed with their states, and their number in ALARM beside the other lists", async () => {
    const { page, complaints } = await browser.open(prod.url);
    await expect.poll(() => text(page, "#badge-alarms")).toBe("2 of 12 in ALARM");
    await page.click("#tab-alarms");
    await expect.poll(() => page.locator("#alarms tr").count()).toBe(12);
    const row = rowOf(page, "api-4xx");
    expect(await row.locator(".status").textContent()).toBe("ALARM");
    expect(await row.locator(".says").textContent()).toBe(
      "An unusual share of the requests is refused with 400 to 429.",
    );
    expect(await row.locator("td").nth(3).textContent()).toBe("> 5");
    const unit = (element: Element) => getComputedStyle(element, "::after").content;
    expect(await row.locator("td").nth(3).evaluate(unit)).toBe('"\u00a0%"');
    expect(await page.locator("#alarms tr button").first().textContent()).toBe("api-4xx");
    expect(await page.locator("#alarms tr button").nth(1).textContent()).toBe("stream-age");
    expect(await row.locator("td").nth(5).textContent()).toMatch(/^1 h \d+ min$/);
    expect(await row.locator("svg").getAttribute("aria-label")).toMatch(/ now, (.*, )?threshold 5, 3 hours$/);
    expect(await rowOf(page, "api-5xx").locator(".status").textContent()).not.toBe("ALARM");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("open with the keyboard, with the reason, the changes and the runbook, whose links lead to others and back", async () => {
    const { page, complaints } = await browser.open(prod.url);
    await page.click("#tab-answers");
    await page.waitForSelector("#tab-alarms:not([hidden])");
    await page.keyboard.press("End");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("tab-alarms");
    await page.waitForSelector("#alarms tr");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("panel-alarms");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await text(page, "#drawer-title")).toBe("Alarm api-4xx");
    const body = page.locator("#drawer-body");
    expect(await body.locator(".verdict").textContent()).toMatch(/^ALARM for 1 h \d+ min\. An unusual share/);
    expect(await body.locator(".facts").textContent()).toContain("> 5 in 3 of 3 periods of 5 min");
    expect(await body.locator(".facts").textContent()).toContain("Threshold Crossed: 3 out of the last 3");
    expect(await body.locator(".changes li").textContent()).toContain("OK → ALARM");
    await page.waitForSelector(".runbook h4");
    expect(await body.locator(".runbook h4").allTextContents()).toContain("Look first");
    expect(await body.locator(".runbook pre").first().textContent()).toContain('ask "$ACCESS"');
    await check(page, "with an alarm open");
    await page.click(".runbook button:has-text('stream-throttled')");
    expect(await text(page, "#drawer-title")).toBe("Runbook stream-throttled");
    await page.waitForSelector(".runbook h4");
    await page.click("#drawer-back");
    expect(await text(page, "#drawer-title")).toBe("Alarm api-4xx");
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("api-4xx");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test.each([1280, 360])("have nothing that axe-core finds, light or dark: %i pixels wide", async (width) => {
    const { page } = await browser.open(prod.url, { width });
    await page.click("#tab-alarms");
    await page.waitForSelector("#alarms svg");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await check(page, "with the alarms listed");
    await rowOf(page, "stream-age").click();
    await page.waitForSelector(".runbook h4");
    await check(page, "with an alarm open");
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/drawer-${width}.png` });
    await page.keyboard.press("Escape");
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/list-${width}.png` });
    await page.context().close();
  });

  test("are not there where the stack declares none", async () => {
    const pipeline = await startIngest();
    const { page } = await browser.open(pipeline.url);
    await page.waitForSelector("#tab-objects:not([hidden])");
    expect(await page.locator("#tab-alarms").isVisible()).toBe(false);
    await page.context().close();
    await pipeline.stop();
  });

  test("name the drill that is in force, and tell a screen reader what goes off", async () => {
    const { page } = await browser.open(prod.url);
    await page.click("#tab-alarms");
    await page.waitForSelector("#alarms tr");
    expect(await page.locator("#alarms-fault").isVisible()).toBe(false);
    const fault = `${prod.url}_local/faults/disk-slow`;
    expect((await fetch(`${fault}?lease=5m`, { method: "PUT" })).status).toBe(200);
    await expect
      .poll(() => text(page, "#alarms-fault"))
      .toMatch(/^A drill is in force: disk-slow, until \d\d:\d\d:\d\d\.$/);
    await page.route("**/_local/status", async (route) => {
      const response = await route.fetch();
      const status = await response.json();
      for (const alarm of status.alarms) if (alarm.name.endsWith("-api-5xx")) alarm.state = "ALARM";
      await route.fulfill({ response, json: status });
    });
    await expect.poll(() => text(page, "#say")).toBe("Alarm api-kinesis-prod-api-5xx: ALARM.");
    expect(await text(page, "#badge-alarms")).toBe("3 of 12 in ALARM");
    await check(page, "with a drill in force");
    expect((await fetch(fault, { method: "DELETE" })).status).toBe(200);
    await expect.poll(() => page.locator("#alarms-fault").isVisible()).toBe(false);
    await page.context().close();
  });

  test("draw the values that the pipeline measures, and keep the focus and the place while they change", async () => {
    const pipeline = await startIngest({ env: "option-partitions" });
    const { page, complaints } = await browser.open(pipeline.url, { height: 700 });
    await page.click("#tab-alarms");
    await page.waitForSelector("#alarms tr");
    // Some of them have no data in the first minute, and all have a value when it has ended.
    const row = rowOf(page, "api-4xx");
    expect(await row.locator("td").nth(2).textContent()).toBe("no data");
    expect(await row.locator("path").nth(1).getAttribute("d")).toBe("");
    const headers = { "Content-Type": "application/json" };
    for (let n = 0; n < 100; n++) {
      const answer = await fetch(pipeline.submit, { method: "POST", headers, body: "oops" });
      expect(answer.status).toBe(400);
    }
    await rowOf(page, "stream-unread").getByRole("button").focus();
    const place = () => page.evaluate(() => document.getElementById("panel-alarms")?.scrollTop);
    const before = await place();
    expect(before).toBeGreaterThan(0);
    await expect.poll(() => row.locator("td").nth(2).textContent()).toBe("100");
    expect(await row.locator("path").nth(1).getAttribute("d")).toMatch(/^M17\d \d/);
    expect(await row.locator("svg").getAttribute("aria-label")).toBe("100 now, at most 100, threshold 5, 3 hours");
    await expect.poll(() => row.locator(".status").textContent()).toBe("OK");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("stream-unread");
    expect(await place()).toBe(before);
    expect(complaints).toEqual([]);
    await page.context().close();
    await pipeline.stop();
  });
});
