import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { type BrowserContext, chromium, type Browser as Launched, type Page } from "playwright-core";

const places = process.env.CHROMIUM
  ? [process.env.CHROMIUM]
  : ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser's program; undefined if there is none. */
export const program = places.find((place) => {
  try {
    accessSync(place, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

export const howToHaveIt = "no Chromium: apt-get install chromium, or CHROMIUM=/path/to/chromium";

/** Milliseconds after which a test gives up waiting: far more than a machine under load needs. */
export const patience = 300_000;

export type Options = {
  colorScheme?: "light" | "dark";
  /** Whether the operating system replaces the page's colours, as the contrast themes of Windows do. */
  forcedColors?: "active" | "none";
  width?: number;
  height?: number;
};

export type Browser = {
  /** open shows a page, and records complaints and origins; see Watched. */
  open: (url: string, options?: Options) => Promise<Watched>;
  /** close ends the pages that are still open. */
  close: () => Promise<void>;
};

export type Watched = {
  page: Page;
  /** Its close ends the page, forgets what the browser keeps of it, and leaves the tab to the next open. */
  context: BrowserContext;
  /** Errors and warnings of the console, uncaught errors, and violations of the Content-Security-Policy. */
  complaints: string[];
  /** Origins of all requests. */
  origins: Set<string>;
};

/** A tab of the browser. A new one starts two processes, which take more processor time than most tests. */
type Tab = { page: Page; context: BrowserContext; complaints: string[]; end: () => Promise<void> };

/** The tabs of this worker's browser that no test uses. */
const idle: Tab[] = [];
let launched: Promise<Launched> | undefined;

/** launch starts this worker's browser. It ends when it loses the pipe to the worker. */
function launch(): Promise<Launched> {
  return chromium.launch({
    executablePath: program ?? "",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--font-render-hinting=none",
    ],
    env: { ...process.env, HOME: tmpdir() },
  });
}

/** startChromium uses this worker's browser. Each worker has one, because a browser has one clipboard. */
export async function startChromium(): Promise<Browser> {
  launched ??= launch();
  const browser = await launched;
  const used = new Set<Tab>();
  return {
    open: async (url, { colorScheme = "light", forcedColors = "none", width = 1280, height = 800 } = {}) => {
      const tab = idle.pop() ?? (await newTab(browser));
      used.add(tab);
      tab.context.close = async () => {
        await leave(tab);
        used.delete(tab);
      };
      const { page, context } = tab;
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme, forcedColors, reducedMotion: "reduce" });
      const watched: Watched = { page, context, complaints: [], origins: new Set() };
      tab.complaints = watched.complaints;
      watch(watched);
      await page.goto(url);
      await page.waitForSelector("html[data-ready]");
      return watched;
    },
    close: async () => {
      for (const { end } of used) await end();
    },
  };
}

async function newTab(browser: Launched): Promise<Tab> {
  const context = await browser.newContext();
  context.setDefaultTimeout(patience);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const end = context.close.bind(context);
  const tab: Tab = { page: await context.newPage(), context, complaints: [], end };
  await tab.page.exposeFunction("complain", (text: string) => tab.complaints.push(text));
  await tab.page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { complain } = window as unknown as { complain: (text: string) => void };
      complain(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return tab;
}

/** leave makes a tab ready for the next test, which must not see anything of this one. */
async function leave(tab: Tab) {
  const { page } = tab;
  if (page.isClosed()) return tab.end();
  await page.evaluate(forget);
  await tab.context.clearCookies();
  await page.goto("about:blank");
  await page.unrouteAll({ behavior: "ignoreErrors" });
  page.removeAllListeners();
  idle.push(tab);
}

/** forget runs on the page. The browser lets a page without an origin keep nothing. */
async function forget() {
  if (self.origin === "null") return;
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) if (name !== undefined) indexedDB.deleteDatabase(name);
}

function watch({ page, complaints, origins }: Watched) {
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
}
