import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { launchChromium, program } from "./chromium.ts";

declare module "vitest" {
  export interface ProvidedContext {
    ingest: string;
    /** The addresses of the browsers, one for each worker. */
    browsers: string[];
  }
}

/** Provides the command that all files start, and a browser for each worker, which all its files use. */
export default async function setup({ provide, config }: TestProject): Promise<() => Promise<void>> {
  provide("browsers", []);
  provide("ingest", process.env.INGEST ?? "");
  if (program === undefined) return async () => {};
  const { built, remove } = process.env.INGEST ? { built: process.env.INGEST, remove: () => {} } : build();
  provide("ingest", built);
  const browsers = await Promise.all(Array.from({ length: config.maxWorkers }, launchChromium));
  provide(
    "browsers",
    browsers.map(({ address }) => address),
  );
  return async () => {
    await Promise.all(browsers.map(({ close }) => close()));
    remove();
  };
}

/** build builds the command from this tree. */
function build(): { built: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "ingest-bin-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const built = join(folder, "ingest");
  try {
    execFileSync("go", ["build", "-o", built, "./cmd/ingest"], {
      cwd: resolve(import.meta.dirname, "../.."),
      stdio: "inherit",
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { built, remove };
}
