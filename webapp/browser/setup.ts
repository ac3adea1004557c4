import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { program } from "./chromium.ts";

declare module "vitest" {
  export interface ProvidedContext {
    ingest: string;
  }
}

/** Provides the command that all files start, and a temporary folder in which all of them and their browsers write. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "ingest-browser-"));
  process.env.TMPDIR = folder; // the workers start after this, and inherit it
  try {
    provide("ingest", process.env.INGEST || (program === undefined ? "" : build(folder)));
  } catch (error) {
    remove(folder);
    throw error;
  }
  return () => remove(folder);
}

/** remove tries for some time, because a browser may still end. */
function remove(folder: string) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
}

/** build builds the command from this tree. */
function build(folder: string): string {
  const built = join(folder, "ingest");
  execFileSync("go", ["build", "-o", built, "./cmd/ingest"], {
    cwd: resolve(import.meta.dirname, "../.."),
    stdio: "inherit",
  });
  return built;
}
