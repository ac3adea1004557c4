import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
import { inBrowser } from "./person.ts";
import { type Host, hostBlank } from "./servers.ts";

inBrowser("a tab that the tests share", () => {
  let browser: Browser;
  let blank: Host;
  beforeAll(async () => {
    browser = await startChromium();
    blank = await hostBlank();
  });
  afterAll(async () => {
    await browser?.close();
    await blank?.stop();
  });

  test("shows the next test nothing of the one before", async () => {
    const before = await browser.open(`${blank.url}/#before`, { colorScheme: "dark", width: 360 });
    const asked: string[] = [];
    before.page.on("request", (request) => asked.push(request.url()));
    await before.page.route("**/answer", () => {}); // never answered
    await before.page.evaluate(() => Object.assign(window, { before: true }));
    await before.context.close();

    const { page, complaints } = await browser.open(`${blank.url}/#after`);
    expect(page).toBe(before.page);
    expect(await page.evaluate(() => "before" in window)).toBe(false);
    expect(await page.evaluate(() => matchMedia("(prefers-color-scheme: light)").matches)).toBe(true);
    expect(await page.evaluate(() => innerWidth)).toBe(1280);
    await page.evaluate(async () => {
      await fetch("/answer");
      console.error("said");
    });
    await expect.poll(() => complaints).toEqual([expect.stringMatching(/^said /)]);
    expect(before.complaints).toEqual([]);
    expect(asked).toEqual([]);
    await page.context().close();
  });

  test("keeps nothing of a page for the next test", async () => {
    const before = await browser.open(blank.url);
    await before.page.evaluate(async () => {
      localStorage.setItem("a", "1");
      sessionStorage.setItem("a", "1");
      Object.assign(document, { cookie: "a=1" });
      await new Promise((resolve) => Object.assign(indexedDB.open("a"), { onsuccess: resolve }));
    });
    await before.context.close();

    const { page, context } = await browser.open(blank.url);
    expect(page).toBe(before.page);
    const kept = () =>
      page.evaluate(async () => [
        localStorage.length,
        sessionStorage.length,
        document.cookie,
        (await indexedDB.databases()).length,
      ]);
    await expect.poll(kept).toEqual([0, 0, "", 0]);
    await context.close();
  });
});
