import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

const places = process.env.CHROMIUM
  ? [process.env.CHROMIUM]
  : ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

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

export type Options = { colorScheme?: "light" | "dark"; width?: number; height?: number };

export type Browser = {
  /** open makes a new page that records complaints and origins; see Watched. */
  open: (url: string, options?: Options) => Promise<Watched>;
  close: () => Promise<void>;
};

export type Watched = {
  page: Page;
  context: BrowserContext;
  /** Errors and warnings of the console, uncaught errors, and violations of the Content-Security-Policy. */
  complaints: string[];
  /** Origins of all requests. */
  origins: Set<string>;
};

/** startChromium starts a headless browser with its own profile, and removes the profile when the browser stops. */
export async function startChromium(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "ingest-chromium-"));
  const browser = await chromium.launch({
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
    env: { ...process.env, HOME: profile },
  });
  return {
    open: async (url, { colorScheme = "light", width = 1280, height = 800 } = {}) => {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
      context.setDefaultTimeout(patience);
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const watched: Watched = { page: await context.newPage(), context, complaints: [], origins: new Set() };
      await watch(watched);
      await watched.page.goto(url);
      await watched.page.waitForSelector("html[data-ready]");
      return watched;
    },
    close: async () => {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

async function watch({ page, complaints, origins }: Watched) {
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  await page.exposeFunction("complain", (text: string) => complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { complain } = window as unknown as { complain: (text: string) => void };
      complain(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
}
