import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { choose, copies, inBrowser, result, text, write } from "./person.ts";
import { type Host, hostPage } from "./servers.ts";

inBrowser("a page on a host of static files", () => {
  let browser: Browser;
  let dev: Pipeline;
  let staging: Pipeline;
  let page1: Host;
  let bare: Host;
  beforeAll(async () => {
    browser = await startChromium();
    dev = await startIngest();
    staging = await startIngest({ env: "staging", flags: ["--access-key", "test:test"] });
    page1 = await hostPage({
      dev: { submit_url: dev.submit, authorization: "none", bucket_name: "api-kinesis-firehose-bucket-dev" },
      staging: { submit_url: staging.submit, authorization: "iam", region: "us-east-1" },
    });
    bare = await hostPage();
  });
  afterAll(async () => {
    await browser?.close();
    for (const one of [dev, staging, page1, bare]) await one?.stop();
  });

  test("sends across origins to the environments of its config.json, and requests no other host", async () => {
    const { page, complaints, origins } = await browser.open(`${page1.url}/try/`);
    expect(await page.locator("#environment option").allTextContents()).toEqual(["dev", "staging", "another"]);
    await page.click("#send");
    await result(page, "200 In the stream");
    expect(await page.locator("#pipeline").isVisible()).toBe(false);
    await page.click("#tab-objects");
    expect(await text(page, "#deployed-commands")).toContain(
      "aws s3 ls --recursive s3://api-kinesis-firehose-bucket-dev",
    );

    await page.selectOption("#environment", "staging");
    expect(await page.inputValue("#endpoint")).toBe(staging.submit);
    expect(await page.locator("#tab-objects").isVisible()).toBe(false);
    await page.fill("#access-key-id", "test");
    await page.fill("#secret-access-key", "test");
    await page.fill("#session-token", "");
    await page.click("#send");
    await result(page, "200 In the stream");
    expect(complaints).toEqual([]);
    expect([...origins].sort()).toEqual([page1.url, new URL(dev.submit).origin, new URL(staging.submit).origin].sort());
    expect(page1.asked.filter((request) => request.includes("_local"))).toEqual([]);
    await page.context().close();
  });

  test("without config.json asks for an endpoint, and uses the one in the address", async () => {
    const { page } = await browser.open(`${bare.url}/try/`);
    expect(await page.inputValue("#endpoint")).toBe("");
    expect(await text(page, "#target-notice")).toMatch(/^Enter the address to post events to/);
    await page.goto(`${bare.url}/try/?endpoint=${encodeURIComponent(dev.submit)}`);
    await page.waitForSelector("html[data-ready]");
    expect(await page.inputValue("#endpoint")).toBe(dev.submit);
    expect(await text(page, "#target-notice")).toMatch(/^This endpoint comes from the link that you opened\./);
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.context().close();
  });

  test("says what is wrong with config.json", async () => {
    const wrong = await hostPage([]);
    const { page } = await browser.open(`${wrong.url}/try/`);
    expect(await text(page, "#target-notice")).toMatch(
      /^config\.json beside this page has no stacks\. .*\. Enter the address to post events to/,
    );
    await page.context().close();
    await wrong.stop();
  });

  test("a view is shared by its link", async () => {
    const { page, context } = await browser.open(`${page1.url}/try/`);
    await page.selectOption("#environment", "staging");
    await page.fill("#access-key-id", "AKIAEXAMPLE");
    await write(page, '{"shared": "größe 😀 {{n}}"}');
    await page.uncheck("#compact");
    await choose(page, "Send many");
    await page.fill("#count", "42");
    await page.fill("#rate", "7.5");
    await page.locator("#rate").blur();
    await copies(page, "#share", /^Link copied$/);
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).not.toContain("AKIA");
    await context.close();

    const { page: other } = await browser.open(link);
    await expect.poll(() => other.locator(".cm-line").allTextContents()).toEqual(['{"shared": "größe 😀 {{n}}"}']);
    expect(await other.inputValue("#endpoint")).toBe(staging.submit);
    expect(await other.inputValue("#environment")).toBe("staging");
    expect(await other.inputValue("#authorization")).toBe("iam");
    expect(await other.inputValue("#count")).toBe("42");
    expect(await other.inputValue("#rate")).toBe("7.5");
    expect(await other.isChecked("#compact")).toBe(false);
    expect(await other.isChecked("input[value=many]")).toBe(true);
    expect(await other.inputValue("#access-key-id")).toBe("");
    await other.context().close();
  });

  test("an example is shared by its name, and an event over 4 KB is not in the link", async () => {
    const { page } = await browser.open(`${page1.url}/try/#example=order`);
    expect(await page.getAttribute("#example-order", "aria-pressed")).toBe("true");
    await write(page, `{"long": "${"x".repeat(5000)}"}`);
    await copies(page, "#share", /^Copied, without the event \(over 4 KB\)$/);
    // As over http from another machine, where a browser has no clipboard for a page.
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await expect.poll(() => text(page, "#share")).toBe("Copy link");
    await copies(page, "#share", /^Copy it from the address bar, without the event \(over 4 KB\)$/);
    expect(page.url()).toBe(`${page1.url}/try/`);
    await page.context().close();
  });
});
