import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, patience, startChromium } from "./chromium.ts";
import { type Pipeline, type Stack, startIngest } from "./ingest.ts";
import { choose, copies, inBrowser, result, text, write } from "./person.ts";

const screenshots = resolve(import.meta.dirname, "../../docs/screenshots");
const maxScreenshot = 200_000;

inBrowser("a person's path on a pipeline of this machine", () => {
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

  test("open, edit, send, see the answer, see the object land and read its line", async () => {
    const { page, complaints, origins } = await browser.open(pipeline.url);
    expect(await page.inputValue("#endpoint")).toBe(pipeline.submit);
    await write(page, '{\n  "type": "signup",\n  "user": "reader-1",\n  "big": 12345678901234567890\n}');
    await expect.poll(() => text(page, "#check")).toBe("Valid JSON · 62 bytes · one line of the object");
    await page.click("#send");
    await result(page, /^200 In the stream in \d/);
    expect(await text(page, "#result-shard")).toBe("shardId-000000000000");
    const sequence = await text(page, "#result-sequence");
    expect(sequence).toMatch(/^\d{56}$/);

    const row = page.locator("#rows tr").first();
    expect((await row.locator("td").allTextContents()).map((cell) => cell.trim())).toEqual([
      "1",
      expect.stringMatching(/^\d\d:\d\d:\d\d$/),
      "200 In the stream",
      expect.stringMatching(/ms$/),
      "shardId-000000000000",
      sequence,
    ]);

    await page.click(toObject("#result-landing"), { timeout: patience });
    await expect
      .poll(() => page.locator(".lines li[aria-current] code").allTextContents())
      .toEqual(['{"type":"signup","user":"reader-1","big":12345678901234567890}']);
    await page.keyboard.press("Escape");
    expect(await page.locator("#drawer").isVisible()).toBe(false);

    await page.click("#rows button");
    await copies(page, ".facts .copy >> nth=0");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(sequence);
    await page.click(".landing button:text('open its record')");
    await expect.poll(() => text(page, "#drawer-title")).toBe("Record");
    await expect.poll(() => text(page, ".facts")).toContain(`Sequence number${sequence}`);
    expect(await text(page, ".block")).toBe(
      '{\n  "type": "signup",\n  "user": "reader-1",\n  "big": 12345678901234567890\n}',
    );
    await page.click(".row:has(h3) .tick");
    await expect
      .poll(() => text(page, ".block"))
      .toBe('{"type":"signup","user":"reader-1","big":12345678901234567890}');
    await page.click(toObject(".landing"));
    await expect
      .poll(() => text(page, ".facts"))
      .toMatch(/Keyevents\/year=.*1 record, 6\d bytes with their delimiters/);
    await page.click(".facts .copy");
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^events\/year=/);
    await page.click(".lines li button");
    await expect.poll(() => text(page, "#drawer-title")).toBe("Record");
    await page.keyboard.press("Escape");

    await page.click("#tab-objects");
    const objects = page.locator("#objects tbody tr[aria-rowindex]");
    await expect.poll(() => objects.count()).toBe(1);
    expect(await objects.locator("td").allTextContents()).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3}$/),
      expect.stringMatching(/^events\/year=.*\/$/),
      expect.stringMatching(/^api-kinesis-firehose-dev-1-/),
      "1",
      expect.stringMatching(/^6\d bytes$/),
    ]);
    await expect.poll(() => text(page, "#hop-requests")).toBe("1");
    expect(await text(page, "#hop-answers")).toBe("1 × 200");
    expect(await text(page, "#hop-delivered")).toBe("1");
    expect(await text(page, "#hop-records-unit")).toBe("record since the start");
    for (const badge of ["records", "objects"]) expect(await text(page, `#badge-${badge}`)).toBe("1 new");
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([new URL(pipeline.url).origin]);
    await page.context().close();
  });

  test("without compact, sends the typed text to the byte", async () => {
    const { page } = await browser.open(pipeline.url);
    await page.uncheck("#compact");
    await write(page, '{\n  "a" : 1.0,\n  "user": "lines"\n}');
    await expect.poll(() => text(page, "#check")).toBe("Valid JSON · 34 bytes · 4 lines of the object");
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.click(toObject("#result-landing"), { timeout: patience });
    await expect
      .poll(() => page.locator(".lines li code").allTextContents())
      .toEqual(['{\n  "a" : 1.0,\n  "user": "lines"\n}']);
    await page.context().close();
  });

  test("send 500, see the progress, the figures and the charts, and find 500 events that differ", async () => {
    const own = await startIngest();
    const { page, complaints } = await browser.open(own.url);
    await choose(page, "Send many");
    await page.fill("#count", "500");
    await page.fill("#rate", "200");
    await page.fill("#batch", "1");
    const worked = await work(page);
    const shown = await progress(page);
    await page.click("#send");
    await expect.poll(() => text(page, "#result-title"), { timeout: patience }).toBe("Done: 500 of 500 events");
    const seen = await shown();
    expect(seen.size, `progress was at ${[...seen]}`).toBeGreaterThan(4);
    const seconds = await worked();
    console.log(`500 events took ${seconds.toFixed(2)} s of the page's main thread`);
    expect(await text(page, "#figure-accepted")).toBe("500");
    expect(await text(page, "#figure-rejected")).toBe("0");
    expect(await text(page, "#figure-in-flight")).toBe("0");
    for (const figure of ["p50", "p95", "p99"]) expect(await text(page, `#figure-${figure}`)).toMatch(/ m?s$/);
    expect(await page.locator("#rows tr").count()).toBe(500);
    await expect
      .poll(() => page.getAttribute("#rate-chart", "aria-label"))
      .toMatch(/at most \d+\. In all 500 accepted, 0 rejected\.$/);
    expect(await page.getAttribute("#latency-chart", "aria-label")).toMatch(
      /^Latency of the last 500 answers: half within /,
    );
    expect(await pixels(page, "#rate-chart", "--accent")).toBeGreaterThan(100);
    expect(await pixels(page, "#latency-chart", "--accent")).toBeGreaterThan(10);
    await page.click("#as-table summary");
    await expect.poll(() => page.locator("#series tr").count()).toBeGreaterThan(1);

    await expect.poll(() => text(page, "#hop-delivered"), { timeout: patience }).toBe("500");
    const lines = await page.evaluate(async () => {
      const { deliveries } = await (await fetch("_local/status")).json();
      const texts = deliveries[0].lastObjects.map(async ({ bucket, key }: { bucket: string; key: string }) =>
        (await fetch(`_local/objects/${bucket}/${key}`)).text(),
      );
      return (await Promise.all(texts)).join("").trim().split("\n");
    });
    expect(new Set(lines.map((line) => JSON.parse(line).id)).size).toBe(500);
    expect(complaints).toEqual([]);
    await page.context().close();
    await own.stop();
  });

  test("a list of answers that is empty says why", async () => {
    const { page } = await browser.open(pipeline.url);
    await page.check("#hide-accepted");
    await expect.poll(() => text(page, "#answers-empty")).toMatch(/^Every answer is listed here/);
    await page.click("#send");
    await result(page, "200 In the stream");
    await expect
      .poll(() => text(page, "#answers-empty"))
      .toBe("Every answer here is accepted: Hide accepted hides it.");
    expect(await page.isVisible("#log")).toBe(false);
    await write(page, "{}");
    await page.click("#send");
    await result(page, /^400 /);
    await expect.poll(() => page.locator("#rows tr:visible").count()).toBe(1);
    expect(await page.isVisible("#answers-empty")).toBe(false);
    await page.uncheck("#hide-accepted");
    expect(await page.locator("#rows tr:visible").count()).toBe(2);
    await page.context().close();
  });

  test("a record that is opened before it lands says when it has, and leads to its object", async () => {
    const own = await startIngest({ flags: ["--buffer-interval", "4s"] });
    const { page, complaints } = await browser.open(own.url);
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.click("#rows button");
    await page.click(".landing button:text('open its record')");
    await expect.poll(() => text(page, "#drawer-title")).toBe("Record");
    await page.click(toObject("#drawer .landing"));
    await expect.poll(() => text(page, "#drawer-title")).toBe("Object");
    for (const title of ["Record", /^Event 1$/]) {
      await page.click("#drawer-back");
      await expect.poll(() => text(page, "#drawer-title")).toMatch(title);
      await page.waitForSelector(toObject("#drawer .landing"));
    }
    expect(complaints).toEqual([]);
    await page.context().close();
    await own.stop();
  });

  test("repeat until it is stopped", async () => {
    const { page } = await browser.open(pipeline.url);
    await choose(page, "Repeat");
    await page.fill("#every", "0.2");
    await page.click("#send");
    await expect.poll(async () => Number(await text(page, "#figure-accepted"))).toBeGreaterThanOrEqual(3);
    await page.click("#stop");
    await result(page, /^Stopped: \d+ events?$/);
    const accepted = await text(page, "#figure-accepted");
    await page.waitForTimeout(600);
    expect(await text(page, "#figure-accepted")).toBe(accepted);
    await page.click("#clear");
    await expect.poll(() => text(page, "#figure-accepted")).toBe("0");
    expect(await page.locator("#rows tr").count()).toBe(0);
    await page.context().close();
  });

  test("the page shows a compressed object, and names the time zone of its key", async () => {
    const own = await startIngest({
      change: (stack) => {
        for (const delivery of Object.values(stack.resource.aws_kinesis_firehose_delivery_stream) as Stack[])
          Object.assign(delivery.extended_s3_configuration, {
            compression_format: "GZIP",
            custom_time_zone: "Asia/Tokyo",
            file_extension: ".json.gz",
          });
      },
    });
    const { page, complaints } = await browser.open(own.url);
    await write(page, '{"packed": "größe"}');
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.click(toObject("#result-landing"), { timeout: patience });
    await expect.poll(() => page.locator(".lines li code").allTextContents()).toEqual(['{"packed":"größe"}']);
    await expect.poll(() => text(page, ".facts:has(a)")).toContain("Dates in the keyAsia/Tokyo");
    const download = page.waitForEvent("download");
    await page.click(".facts a");
    expect((await download).suggestedFilename()).toMatch(/\.json\.gz$/);
    expect(complaints).toEqual([]);
    await page.context().close();
    await own.stop();
  });

  test("the curl command sends the same as the page", async () => {
    const { page } = await browser.open(pipeline.url);
    await write(page, `{"user": "it's \\" me", "big": 12345678901234567890}`);
    await page.click("#curl-details summary");
    await expect
      .poll(() => text(page, "#curl"))
      .toBe(
        `curl -sS -X POST ${pipeline.submit} \\\n  -H 'Content-Type: application/json' \\\n  --data-raw '{"user":"it'\\''s \\" me","big":12345678901234567890}'`,
      );
    await copies(page, "#copy-curl");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await text(page, "#curl"));
    await page.context().close();
  });

  test("the page says that a pipeline ended, keeps its figures, and finds it again", async () => {
    const own = await startIngest({ flags: ["--buffer-interval", "900s"] });
    const { page } = await browser.open(own.url);
    await page.click("#send");
    await result(page, "200 In the stream");
    await expect.poll(() => text(page, "#hop-records")).toBe("1");
    const port = Number(new URL(own.url).port);
    await own.stop();
    await expect
      .poll(() => text(page, "#pipeline-ended"), { timeout: patience })
      .toMatch(/^The pipeline has ended; these figures are from \d\d:\d\d:\d\d\. /);
    expect(await text(page, "#hop-records")).toBe("1");
    expect(await page.locator("#pipeline.stale").count()).toBe(1);
    expect(await text(page, "#hop-due")).toBe("unknown while the pipeline is down");
    const again = await startIngest({ port });
    await expect.poll(() => page.locator("#pipeline-ended").isVisible(), { timeout: patience }).toBe(false);
    await expect.poll(() => text(page, "#result-landing")).toBe("The stream does not have it any more.");
    await again.stop();
    await page.click("#send");
    expect(await result(page, /^Cannot reach /)).toContain("make up");
    await page.context().close();
  });

  test("the lists are as new as a pipeline that restarted, also where it has counted as many as before", async () => {
    const one = await startIngest();
    const { page } = await browser.open(one.url);
    const port = Number(new URL(one.url).port);
    /** see opens both lists when the event has landed, and returns what they show of it. */
    const see = async () => {
      await expect.poll(() => text(page, "#badge-objects"), { timeout: patience }).toBe("1 new");
      await page.click("#tab-objects");
      await expect.poll(() => page.locator("#objects tbody button").count()).toBe(1);
      const name = await page.locator("#objects tbody td").nth(3).getAttribute("title");
      await page.click("#tab-records");
      await expect.poll(() => page.locator("#records tbody button").count()).toBe(1);
      const time = await page.locator("#records tbody button").textContent();
      await page.click("#tab-answers");
      return { name, time };
    };
    await page.click("#send");
    await result(page, "200 In the stream");
    const first = await see();
    await one.stop();
    const two = await startIngest({ port });
    await expect.poll(() => text(page, "#hop-delivered"), { timeout: patience }).toBe("0");
    await fetch(two.submit, { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"n":2}' });
    const second = await see();
    expect(second.name).not.toBe(first.name);
    expect(second.time).not.toBe(first.time);
    await page.context().close();
    await two.stop();
  });

  if (process.env.UPDATE_SCREENSHOTS === "1")
    test("screenshots for the README", async () => {
      mkdirSync(screenshots, { recursive: true });
      for (const colorScheme of ["light", "dark"] as const) {
        const own = await startIngest();
        const { page } = await browser.open(own.url, { colorScheme });
        await choose(page, "Send many");
        await page.fill("#count", "500");
        await page.fill("#rate", "60");
        await page.click("#send");
        await result(page, "Done: 500 of 500 events", patience);
        await choose(page, "Send one");
        await page.click("#send");
        await result(page, "200 In the stream");
        await page.waitForTimeout(1200);
        await shoot(page, colorScheme);
        if (colorScheme === "light") {
          await page.waitForSelector(toObject("#result-landing"), { timeout: patience });
          await page.click("#example-sensor");
          await choose(page, "Send many");
          await page.fill("#count", "12");
          await page.click("#send");
          await result(page, "Done: 12 of 12 events");
          await page.click(toObject("#result-landing"), { timeout: patience });
          await page.waitForSelector(".lines li");
          await shoot(page.locator("#drawer"), "object");
        }
        await page.context().close();
        await own.stop();
      }
    });
});

/** toObject selects the button that opens the object of an event. */
const toObject = (place: string) => `${place} button:has-text("open the object")`;

async function shoot(shown: Page | Locator, name: string) {
  const png = await shown.screenshot();
  expect(png.length).toBeLessThan(maxScreenshot);
  writeFileSync(resolve(screenshots, `${name}.png`), png);
}

/** work begins to measure the page's main thread. The function that it returns says how many seconds it has worked since. */
async function work(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  // In the thread's own time, so the machine's other load does not matter.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  const before = await read();
  return async () => (await read()) - before;
}

/**
 * progress begins to record the bar's values. The function that it returns has all values since. The page itself records them,
 * because the test would look too rarely on a busy machine.
 */
async function progress(page: Page): Promise<() => Promise<Set<number>>> {
  const shown = await page.locator("#progress").evaluateHandle((bar: HTMLProgressElement) => {
    const values: number[] = [];
    new MutationObserver(() => values.push(bar.value)).observe(bar, { attributes: true });
    return values;
  });
  return async () => new Set(await shown.jsonValue());
}

/** pixels counts a chart's pixels in one of the style sheet's colours. */
function pixels(page: Page, chart: string, property: string): Promise<number> {
  return page.evaluate(
    ([chart, property]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`${chart} canvas`);
      const context = canvas?.getContext("2d");
      if (!canvas || !context) return 0;
      const color = getComputedStyle(document.documentElement)
        .getPropertyValue(property ?? "")
        .trim();
      const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count++;
      return count;
    },
    [chart, property],
  );
}
