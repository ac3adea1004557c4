// The actions of a person on the page, and what they see.

import axe, { type RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, describe, expect } from "vitest";
import { howToHaveIt, patience, program } from "./chromium.ts";
import { stopAll } from "./ingest.ts";

/** inBrowser is a describe that needs Chromium. Without one it is skipped, and in CI it fails. */
export function inBrowser(name: string, tests: () => void) {
  if (program === undefined && !process.env.CI) {
    console.warn(`skipped: ${howToHaveIt}`);
    describe.skip(name, tests);
    return;
  }
  describe(name, () => {
    if (program === undefined) throw new Error(howToHaveIt);
    afterAll(stopAll);
    tests();
  });
}

/** focused is the id of the element that has the focus. */
export const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);

/** write replaces the editor's text by typing. */
export async function write(page: Page, text: string) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(text);
}

/** paste replaces the editor's text with one that is too long to type. */
export async function paste(page: Page, text: string) {
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.locator(".cm-content").evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

export async function setEndpoint(page: Page, url: string) {
  await page.fill("#endpoint", url);
  await page.locator("#endpoint").blur();
}

/** result waits for an answer in words. */
export async function result(page: Page, title: string | RegExp, timeout = patience): Promise<string> {
  await expect
    .poll(() => page.textContent("#result-title"), { timeout })
    .toMatch(typeof title === "string" ? new RegExp(`^${quoted(title)}`) : title);
  return (await page.textContent("#result-text")) ?? "";
}

/**
 * sees does something, and waits for what an element then says for a moment only. The page itself looks, because the test would look
 * too rarely on a busy machine.
 */
export async function sees(page: Page, selector: string, said: RegExp, act: () => Promise<unknown>) {
  const seen = await page.locator(selector).evaluateHandle((element, said) => {
    const promise = new Promise<void>((resolve) => {
      const look = () => said.test(element.textContent ?? "") && resolve();
      new MutationObserver(look).observe(element, { childList: true, characterData: true, subtree: true });
    });
    return { promise };
  }, said);
  await act();
  await seen.evaluate(({ promise }) => promise);
}

/** copies clicks a button that copies, and waits until it says that it has: only then the clipboard has the text. */
export const copies = (page: Page, button: string, said = /^Copied$/) =>
  sees(page, button, said, () => page.click(button));

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** choose selects one of the ways to send. */
export async function choose(page: Page, mode: "Send one" | "Send many" | "Repeat") {
  await page.locator(".modes label", { hasText: mode }).click();
}

/** text reads an element, with its hidden parts. */
export async function text(page: Page, selector: string): Promise<string> {
  return (await page.textContent(selector)) ?? "";
}

/** The browser's own messages about refused and failed requests, which tests of errors cause. */
export function unexpected(complaints: string[]): string[] {
  return complaints.filter((complaint) => !/Failed to load resource|blocked by CORS policy|net::ERR_/.test(complaint));
}

const ofAll: RunOptions = { resultTypes: ["violations"] };

/** In the dark scheme nothing but the colours is different. By its tag, axe would also run the rule of level AAA that it leaves out. */
const ofColours: RunOptions = {
  ...ofAll,
  runOnly: { type: "tag", values: ["cat.color"] },
  rules: { "color-contrast-enhanced": { enabled: false } },
};

/**
 * check runs axe-core on the page, or on the part that a state changes: all rules in the light scheme, and then those of colours in the
 * dark one. As a script element the page's policy would refuse axe.
 */
export async function check(page: Page, state: string, part = "html") {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  expect(await findings(page, part, ofAll), state).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await findings(page, part, ofColours), `${state}, in the dark scheme`).toEqual([]);
  await page.emulateMedia({ colorScheme: "light" });
}

function findings(page: Page, part: string, options: RunOptions): Promise<string[]> {
  return page.evaluate(
    async ([part, options]) => {
      const { axe } = window as unknown as { axe: typeof import("axe-core") };
      const { violations } = await axe.run(part, options);
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
      );
    },
    [part, options] as const,
  );
}
