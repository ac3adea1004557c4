import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, patience, startChromium } from "./chromium.ts";
import { type Pipeline, type Stack, startIngest } from "./ingest.ts";
import { choose, inBrowser, paste, result, setEndpoint, text, write } from "./person.ts";

inBrowser("sending, as a person repeats it", () => {
  let browser: Browser;
  let dev: Pipeline;
  beforeAll(async () => {
    browser = await startChromium();
    dev = await startIngest();
  });
  afterAll(async () => {
    await browser?.close();
    await dev?.stop();
  });

  test("an event is sent again byte for byte, from the result and from the list, and opened in the editor", async () => {
    const { page, complaints } = await browser.open(dev.url);
    const bodies: (string | null)[] = [];
    page.on("request", (request) => request.method() === "POST" && bodies.push(request.postData()));
    expect(await page.locator("#result-again").isVisible()).toBe(false);
    await write(page, '{"event": "signup", "user_id": {{n}}, "id": "{{uuid}}"}');
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.click("#result-resend");
    await expect.poll(() => text(page, "#badge-answers")).toBe("2");
    await page.locator("#rows button").last().click();
    await page.click("#drawer-body button:has-text('Send again')");
    await expect.poll(() => text(page, "#badge-answers")).toBe("3");
    expect(await page.locator("#drawer").isVisible()).toBe(false);
    expect(bodies[0]).toMatch(/^\{"event":"signup","user_id":1,"id":"[0-9a-f-]{36}"\}$/);
    expect(bodies).toEqual([bodies[0], bodies[0], bodies[0]]);

    await page.locator("#rows button").last().click();
    await page.click("#drawer-body button:has-text('Open in the editor')");
    await expect.poll(async () => (await page.locator(".cm-line").allTextContents())[1]).toBe('  "event": "signup",');
    await page.click("#send");
    await expect.poll(() => bodies.length).toBe(4);
    expect(bodies[3]).toBe(bodies[0]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("a key that is held down sends once, in the editor, on the button and in a field", async () => {
    const { page } = await browser.open(dev.url);
    const posts: string[] = [];
    page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
    const hold = async (selector: string, key: string, sent: number) => {
      await page.locator(selector).focus();
      for (let times = 0; times < 5; times++) {
        await page.keyboard.down(key); // from the second time on, the browser is told that the key is held
        await expect.poll(() => text(page, "#badge-answers")).toBe(String(sent));
        await expect.poll(() => page.getAttribute("#send", "aria-disabled")).toBe("false");
      }
      await page.keyboard.up(key);
      expect(posts).toHaveLength(sent);
    };
    await page.keyboard.down("ControlOrMeta");
    await hold(".cm-content", "Enter", 1);
    await page.keyboard.up("ControlOrMeta");
    await hold("#send", "Enter", 2);
    await hold("#retry", "Enter", 3);
    await hold("#result-resend", "Enter", 4);
    await page.context().close();
  });

  test("the list says of a long event that it has the beginning, and of no other", async () => {
    const { page } = await browser.open(dev.url);
    const headings = page.locator("#drawer-body h3");
    await write(page, '{"event": "signup", "name": "José"}');
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.click("#rows button");
    await expect.poll(() => headings.first().textContent()).toBe("Sent (33 bytes)");
    await page.keyboard.press("Escape");
    await paste(page, `{"event":"signup","note":"${"é".repeat(20_000)}"}`);
    await page.click("#send");
    await expect.poll(() => text(page, "#badge-answers")).toBe("2");
    await page.locator("#rows button").first().click();
    await expect.poll(() => headings.first().textContent()).toBe("Sent (40.0 kB, the beginning of it)");
    await page.context().close();
  });

  test("samples of one's own are saved, used, renamed and deleted, and stay in this browser", async () => {
    const { page, context } = await browser.open(dev.url);
    await write(page, '{"event": "mine"}');
    await page.click(".samples summary");
    await page.fill("#sample-name", "First");
    await page.keyboard.press("Enter");
    expect(await page.getAttribute("#own-0", "aria-pressed")).toBe("true");
    await page.selectOption("#authorization", "api_key");
    await page.fill("#api-key", "secret-key");
    await page.click("#example-order");
    await page.click("#sample-form button");
    expect(await text(page, "#sample-note")).toBe("Enter a name for the sample.");

    await page.reload();
    await page.waitForSelector("html[data-ready]");
    await page.click("#own-0");
    await expect.poll(() => page.locator(".cm-line").allTextContents()).toEqual(['{"event": "mine"}']);
    await page.click(".samples summary");
    await page.fill("#own-samples input", "Second");
    await page.locator("#own-samples input").blur();
    await expect.poll(() => text(page, "#own-0")).toBe("Second");
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).toBe(
      JSON.stringify({ "ingest.samples": '[{"name":"Second","text":"{\\"event\\": \\"mine\\"}"}]' }),
    );
    await page.click("#own-samples button");
    await expect.poll(() => page.locator("#own-0").count()).toBe(0);
    await context.close();
  });

  test("a new name that is typed in one tab stays while another tab saves a sample, and its field keeps the focus", async () => {
    const { page, context } = await browser.open(dev.url);
    const other = await context.newPage();
    await other.goto(dev.url);
    await other.waitForSelector("html[data-ready]");
    const save = async (tab: Page, name: string) => {
      await tab.fill("#sample-name", name);
      await tab.evaluate(() => (document.getElementById("sample-form") as HTMLFormElement).requestSubmit());
    };
    for (const tab of [page, other]) await tab.click(".samples summary");
    await save(page, "First");
    await page.locator("#own-samples input").press("End");
    await page.keyboard.type(" of all");
    await save(other, "Second");
    await expect.poll(() => page.locator("#own-samples input").count()).toBe(2);
    expect(await page.inputValue("#own-samples input >> nth=0")).toBe("First of all");
    await page.keyboard.press("Enter");
    await expect.poll(() => text(other, "#own-0")).toBe("First of all");
    expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe("Name of the sample First of all");
    await other.close();
    await context.close();
  });

  test("the event that the schema allows is a sample, named after its type", async () => {
    const own = await startIngest({ env: "option-types" });
    const { page } = await browser.open(own.url);
    expect(await text(page, "#schema-example")).toBe("other");
    expect(await page.getAttribute("#schema-example", "aria-pressed")).toBe("true");
    await page.click("#example-order");
    await page.click("#test-keys");
    await page.click("#schema-example");
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.context().close();
    await own.stop();
  });

  test("the keys that ingest up accepts by default are offered, and not when it accepts others", async () => {
    const own = await startIngest({ env: "staging" });
    const { page } = await browser.open(own.url);
    await page.click("#test-keys");
    expect(await page.locator("#test-keys").isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("send");
    await page.keyboard.press("Enter");
    await result(page, "200 In the stream");
    await page.context().close();
    await own.stop();
    const other = await startIngest({ env: "staging", flags: ["--access-key", "mine:s3cret"] });
    const { page: without } = await browser.open(other.url);
    expect(await without.locator("#access-key-id").isVisible()).toBe(true);
    expect(await without.locator("#test-keys").isVisible()).toBe(false);
    await without.context().close();
    await other.stop();
  });

  test("the page names its environment, and leads back to its endpoint", async () => {
    const { page } = await browser.open(dev.url);
    expect(await page.title()).toBe("dev · ingest");
    expect(await text(page, "#environment-name")).toBe("dev");
    expect(await page.locator("#back").isVisible()).toBe(false);
    await setEndpoint(page, "https://events.example.com/prod/submit");
    expect(await page.title()).toBe("ingest");
    expect(await text(page, "#environment-name")).toBe("");
    expect(await text(page, "#back")).toBe("Back to dev’s endpoint");
    await page.click("#back");
    expect(await page.inputValue("#endpoint")).toBe(dev.submit);
    expect(await page.title()).toBe("dev · ingest");
    expect(await page.locator("#back").isVisible()).toBe(false);
    await page.context().close();
  });

  test("the page explains why bytes of the stream and of the objects differ, with the keyboard too", async () => {
    const { page } = await browser.open(dev.url);
    await page.focus("[popovertarget=bytes-why]");
    expect(await page.locator("#bytes-why").isVisible()).toBe(false);
    await page.keyboard.press("Enter");
    expect(await text(page, "#bytes-why")).toMatch(/partition key.*newline.*compression/s);
    await page.keyboard.press("Escape");
    expect(await page.locator("#bytes-why").isVisible()).toBe(false);
    await page.context().close();
  });

  test("a run pauses while the pipeline is gone, rejects nothing, and goes on when it is back", async () => {
    const own = await startIngest();
    const { page } = await browser.open(own.url);
    await choose(page, "Send many");
    await page.fill("#count", "100");
    await page.fill("#rate", "20");
    await page.click("#send");
    await expect.poll(async () => Number(await text(page, "#figure-accepted"))).toBeGreaterThan(5);
    const port = Number(new URL(own.url).port);
    await own.stop();
    await expect.poll(() => text(page, "#result-title"), { timeout: patience }).toMatch(/^Paused: \d+ of 100 events$/);
    expect(await text(page, "#result-text")).toMatch(
      /^The pipeline on this machine does not answer\. \d+ events not sent yet\. .* 0 rejected/,
    );
    const again = await startIngest({ port });
    await result(page, "Done: 100 of 100 events");
    expect(await text(page, "#figure-rejected")).toBe("0");
    const count = async (id: string) => Number(await text(page, id));
    expect((await count("#figure-accepted")) + (await count("#figure-unknown"))).toBe(100);
    expect(await count("#figure-unknown")).toBeLessThanOrEqual(6);
    await again.stop();

    await page.click("#send");
    await expect.poll(() => text(page, "#result-title"), { timeout: patience }).toBe("Paused: 0 of 100 events");
    await page.click("#stop");
    await result(page, "Stopped: 0 of 100 events");
    expect(await text(page, "#result-text")).toContain("100 not sent");
    await page.context().close();
  });
});

inBrowser("the page keeps its parts apart", () => {
  let browser: Browser;
  let pipeline: Pipeline;
  beforeAll(async () => {
    browser = await startChromium();
    pipeline = await startIngest({ change: manyShards });
  });
  afterAll(async () => {
    await browser?.close();
    await pipeline?.stop();
  });

  function manyShards(stack: Stack) {
    const [stream] = Object.values(stack.resource.aws_kinesis_stream) as Stack[];
    stream.shard_count = 4;
  }

  test.each([
    ["light", 1280, 800],
    ["dark", 1280, 800],
    ["light", 360, 740],
    ["dark", 360, 740],
  ] as const)("large figures neither overlap nor are cut off: %s, %i × %i", async (colorScheme, width, height) => {
    const { page } = await browser.open(pipeline.url, { colorScheme, width, height });
    await page.evaluate(() => {
      const set = (selector: string, value: string) => {
        for (const element of document.querySelectorAll(selector)) element.textContent = value;
      };
      for (const id of ["tile-unknown", "key-unknown"]) document.getElementById(id)?.removeAttribute("hidden");
      set(".tiles dd", "1,464,000 ms");
      set(".hop .figure strong", "123,456,789");
      set("#hop-answers", "1,234,567 × 200 · 12,345 × 400 · 12,345 × 413 · 12,345 × 429 · 12,345 × 502");
      set(
        "#hop-shards",
        "1,234.5 MB · 4 shards: 123,456,789, 123,456,789, 123,456,789, 123,456,789 · 12,345 throttled",
      );
      set("#hop-objects", "12,345 objects · 1,234.5 MB · open the newest");
    });
    const found = await boxes(page);
    expect(found).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.context().close();
  });

  test.each([
    [8, 1280, 800],
    [8, 360, 740],
    [40, 1280, 800],
    [40, 360, 740],
  ])("the last of %i lines is seen at %i × %i", async (lines, width, height) => {
    const { page } = await browser.open(pipeline.url, { width, height });
    const fields = Array.from({ length: lines - 2 }, (_, at) => `  "field_${at}": ${at}`);
    await write(page, `{\n${fields.join(",\n")}\n}`);
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.locator(".cm-content").click();
    await page.keyboard.press("ControlOrMeta+End");
    const editor = await page.locator("#editor").boundingBox();
    if (editor === null) throw new Error("the editor has no box");
    // The editor scrolls when the browser draws next.
    await expect
      .poll(async () => {
        const last = await page.locator(".cm-line").last().boundingBox();
        return last !== null && last.y >= editor.y && last.y + last.height <= editor.y + editor.height;
      })
      .toBe(true);
    if (lines === 8) {
      // All lines, without scrolling.
      const first = await page.locator(".cm-line").first().boundingBox();
      expect(first?.y).toBeGreaterThanOrEqual(editor.y);
    }
    if (width === 1280) {
      const send = await page.locator("#send").boundingBox();
      expect((send?.y ?? height) + (send?.height ?? 0), "Send is seen without scrolling").toBeLessThanOrEqual(height);
    }
    await page.context().close();
  });
});

/** boxes names texts that are wider than their box, and figures whose boxes overlap. */
function boxes(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const textOf = (element: Element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getBoundingClientRect();
    };
    for (const element of document.querySelectorAll(".tiles dt, .tiles dd, .hop .figure, .hop .small")) {
      const box = element.getBoundingClientRect();
      const written = textOf(element);
      if (box.width > 0 && (written.right > box.right + 1 || written.bottom > box.bottom + 2))
        found.push(`cut off: ${element.textContent}`);
    }
    const tiles = [...document.querySelectorAll(".tiles > div, .hop")].map((element) => ({
      name: element.textContent ?? "",
      box: element.getBoundingClientRect(),
    }));
    for (const [at, a] of tiles.entries())
      for (const b of tiles.slice(at + 1)) {
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (across > 1 && down > 1) found.push(`overlap: ${a.name} and ${b.name}`);
      }
    return found;
  });
}
