import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, patience, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { inBrowser, text } from "./person.ts";
import { putRecords } from "./records.ts";

/** How many records the stream gets. */
const many = Number(process.env.RECORDS);

type Frames = { rows: number; seconds: number; ms: number[]; elements: number };

inBrowser("a list of very many records", () => {
  let browser: Browser;
  let pipeline: Pipeline;
  beforeAll(async () => {
    browser = await startChromium();
    pipeline = await startIngest({ flags: ["--unlimited"] });
    await putRecords(pipeline, many, (n) => ({
      key: `customer-${n % 5000}`,
      data: `{"event":"order","n":${n},"text":"${"x".repeat(80)}"}`,
    }));
  });
  afterAll(async () => {
    await browser?.close();
    await pipeline?.stop();
  });

  // It needs minutes, and its figures belong to the machine: docs/benchmarks.md has some.
  test("scrolls from end to end, and its frames are measured", async () => {
    const { page } = await browser.open(pipeline.url);
    await page.click("#tab-records");
    await expect.poll(() => page.locator("#records tbody tr[aria-rowindex]").count()).toBeGreaterThan(5);
    const down = await page.evaluate(scroll, { toEnd: true, rows: many });
    report("down, as fast as the rows come", down);
    expect(down.rows).toBe(many);
    report("up again in 600 frames", await page.evaluate(scroll, { toEnd: false, rows: many }));
    await page.fill("#records-search", `"n":${Math.floor(many / 3)},`);
    const began = performance.now();
    await expect
      .poll(() => text(page, "#records-said"), { timeout: patience })
      .toContain("Searched: 1 record found in");
    console.log(`a search through all of them: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await page.context().close();
  });
});

function report(name: string, { seconds, ms, elements }: Frames) {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(1);
  const slow = ms.filter((one) => one > 50).length;
  console.log(
    `${name}: ${seconds.toFixed(1)} s; ${ms.length} frames, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms, over 50 ms ${slow}; at most ${elements} elements`,
  );
}

/** scroll runs in the page. It scrolls to an end in each frame, and measures the time between frames. */
function scroll({ toEnd, rows }: { toEnd: boolean; rows: number }): Promise<Frames> {
  const panel = document.querySelector("#records-panel") as HTMLElement;
  const last = () =>
    Number([...document.querySelectorAll("#records tbody tr[aria-rowindex]")].at(-1)?.ariaRowIndex) - 1;
  const step = panel.scrollHeight / 600;
  const ms: number[] = [];
  const began = performance.now();
  let before = began;
  let elements = 0;
  return new Promise((resolve) => {
    const frame = (now: number) => {
      ms.push(now - before);
      before = now;
      elements = Math.max(elements, document.getElementsByTagName("*").length);
      if (toEnd) panel.scrollTop = panel.scrollHeight;
      else panel.scrollTop -= step;
      const done = toEnd ? last() === rows : panel.scrollTop === 0;
      if (!done) return requestAnimationFrame(frame);
      resolve({ rows: last(), seconds: (performance.now() - began) / 1000, ms: ms.slice(1), elements });
    };
    requestAnimationFrame(frame);
  });
}
