import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, startChromium } from "./chromium.ts";
import { type Pipeline, startIngest } from "./ingest.ts";
import { choose, copies, focused, inBrowser, result, setEndpoint, text, unexpected } from "./person.ts";
import { type Host, hostAnswers, hostPage } from "./servers.ts";

inBrowser("who may submit: API keys and tokens", () => {
  let browser: Browser;
  let keys: Pipeline;
  let cognito: Pipeline;
  let lambda: Pipeline;
  let answers: Host;
  beforeAll(async () => {
    browser = await startChromium();
    answers = await hostAnswers();
    keys = await startIngest({ env: "option-keys" });
    cognito = await startIngest({ env: "option-cognito", flags: ["--allow-unverified"] });
    lambda = await startIngest({ env: "option-lambda", flags: ["--allow-unverified"] });
  });
  afterAll(async () => {
    await browser?.close();
    for (const one of [answers, keys, cognito, lambda]) await one?.stop();
  });

  test("403 with a wrong API key, and 200 with one of the pipeline's, for one event and many", async () => {
    const { page, complaints } = await browser.open(keys.url);
    expect(await page.inputValue("#authorization")).toBe("api_key");
    await page.click("#send");
    expect(await result(page, "Not sent")).toBe("Enter the API key, or choose None below Authorisation.");
    expect(await focused(page)).toBe("api-key");
    await page.fill("#api-key", "wrong");
    await page.click("#send");
    expect(await result(page, "403 The API refuses the key")).toContain("usage plan");
    const key = keys.keys["api-kinesis-option-keys-web"] ?? "";
    expect(key).not.toBe("");
    await page.fill("#api-key", key);
    await page.click("#send");
    await result(page, "200 In the stream");
    await choose(page, "Send many");
    await page.fill("#count", "3");
    await page.click("#send");
    await result(page, "Done: 3 of 3 events");
    expect(await text(page, "#figure-accepted")).toBe("4");
    await expectNowhere(page, key);
    expect(unexpected(complaints)).toEqual([]);
    await page.context().close();
  });

  test("a Cognito token goes in Authorization, for one event, many and repeats, and is nowhere else", async () => {
    const { page, complaints } = await browser.open(cognito.url);
    const sent = tokensOf(page, "authorization");
    expect(await page.inputValue("#authorization")).toBe("cognito");
    expect(await page.inputValue("#header")).toBe("Authorization");
    expect(await text(page, "#token-hint")).toMatch(/verifies it, so you can leave it empty\.$/);
    await page.fill("#token-authorization", "eyJ.for-my-eyes.sig");
    await page.click("#send");
    await result(page, "200 In the stream");
    await choose(page, "Send many");
    await page.fill("#count", "2");
    await page.click("#send");
    await result(page, "Done: 2 of 2 events");
    await choose(page, "Repeat");
    await page.fill("#every", "0.1");
    await page.click("#send");
    await expect.poll(async () => Number(await text(page, "#figure-accepted"))).toBeGreaterThanOrEqual(5);
    await page.click("#stop");
    await result(page, /^Stopped: /);
    expect(sent.length).toBeGreaterThanOrEqual(5);
    expect(new Set(sent)).toEqual(new Set(["eyJ.for-my-eyes.sig"]));
    await page.locator("#rows button").first().click();
    expect(await text(page, "#drawer-body")).toContain("Cognito token in Authorization");
    await page.keyboard.press("Escape");
    expect(await text(page, "#curl")).toContain('-H "Authorization: $TOKEN"');
    await expectNowhere(page, "for-my-eyes");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("a page of another origin may send the header that a Lambda authorizer reads", async () => {
    const curl = `curl -sS -X POST ${lambda.submit} -H "X-Client: $TOKEN" -d '{"event": "signup", "user_id": 123}'`;
    const host = await hostPage({ dev: { submit_url: lambda.submit, authorization: "lambda", curl } });
    const { page, complaints } = await browser.open(`${host.url}/try/`);
    const sent = tokensOf(page, "x-client");
    expect(await page.inputValue("#header")).toBe("X-Client");
    await page.click("#send");
    expect(await result(page, "Not sent")).toBe("Enter the token for X-Client, or choose None below Authorisation.");
    expect(await focused(page)).toBe("token-x-client");
    await page.fill("#token-x-client", "client-1");
    await page.click("#send");
    await result(page, "200 In the stream");
    expect(sent).toEqual(["client-1"]);
    expect(await text(page, "#curl")).toContain('-H "X-Client: $TOKEN"');
    await expectNowhere(page, "client-1");
    expect(complaints).toEqual([]);
    await page.context().close();
    await host.stop();
  });

  test("401 and 403 of an authorizer, for one event, for many and in the list", async () => {
    const host = await hostPage({
      answers: { submit_url: `${answers.url}/token`, authorization: "lambda", curl: 'curl -H "X-Client: $TOKEN"' },
    });
    const { page, complaints } = await browser.open(`${host.url}/try/`);
    await page.fill("#token-x-client", "Bearer unknown");
    await page.click("#send");
    expect(await result(page, "401 The token is missing or refused")).toContain("(the page sent X-Client)");
    await page.fill("#token-x-client", "Bearer denied");
    await choose(page, "Send many");
    await page.fill("#count", "3");
    await page.click("#send");
    await result(page, "Done: 3 of 3 events");
    expect(await text(page, "#result-text")).toContain("3 rejected");
    expect(await text(page, "#result-text")).toContain("The authorizer's policy denies it.");
    expect(await page.locator("#rows tr").first().textContent()).toContain("403 The authorizer's policy denies it");
    await page.fill("#token-x-client", "Bearer right");
    await choose(page, "Send one");
    await page.click("#send");
    await result(page, "200 In the stream");
    await page.fill("#header", "Cookie");
    await page.click("#send");
    expect(await result(page, "Not sent")).toBe("Browsers let no page send the header Cookie. Use the curl command.");
    await page.selectOption("#authorization", "none");
    await page.click("#send");
    await result(page, "401 The API requires a token");
    expect(unexpected(complaints)).toEqual([]);
    await page.context().close();
    await host.stop();
  });

  test("a key and a token are forgotten when the endpoint's host changes", async () => {
    const { page } = await browser.open(cognito.url);
    await page.fill("#token-authorization", "for this host alone");
    await page.selectOption("#authorization", "api_key");
    await page.fill("#api-key", "for this host alone");
    await setEndpoint(page, `${cognito.submit}?x=1`);
    expect(await page.inputValue("#api-key")).toBe("for this host alone");
    await setEndpoint(page, `${answers.url}/key`);
    expect(await page.inputValue("#api-key")).toBe("");
    await page.selectOption("#authorization", "cognito");
    expect(await page.inputValue("#token-authorization")).toBe("");

    await page.fill("#token-authorization", "for that host alone");
    const sent = tokensOf(page, "authorization");
    await page.fill("#endpoint", `${answers.url.replace("127.0.0.1", "localhost")}/200`);
    await page.keyboard.press("ControlOrMeta+Enter"); // while the endpoint's field has the focus
    expect(await result(page, "Not sent")).toContain("Enter the token for Authorization");
    expect(sent).toEqual([]);
    await page.context().close();
  });
});

/** tokensOf collects the values of a header with which events are sent. */
function tokensOf(page: Page, header: string): (string | undefined)[] {
  const sent: (string | undefined)[] = [];
  page.on("request", (request: Request) => {
    if (request.method() === "POST") sent.push(request.headers()[header]);
  });
  return sent;
}

/** expectNowhere checks that a secret is not in the address, in the storage or in the page's text. */
async function expectNowhere(page: Page, secret: string) {
  await copies(page, "#share", /^Link copied$/);
  expect(page.url()).not.toContain(secret);
  expect(await page.evaluate(() => navigator.clipboard.readText())).not.toContain(secret);
  const kept = await page.evaluate(async () => [
    JSON.stringify([localStorage, sessionStorage, document.cookie, history.state]),
    String((await indexedDB.databases()).length),
    document.documentElement.outerHTML,
  ]);
  expect(kept[0]).toBe('[{},{},"",null]');
  expect(kept[1]).toBe("0");
  expect(kept[2]?.includes(secret), "the secret is in the page").toBe(false);
}
