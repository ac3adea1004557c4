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

/** Provides the command that all files start: INGEST, or one that it builds once from this tree. */
export default function setup({ provide }: TestProject): (() => void) | undefined {
  provide("ingest", process.env.INGEST ?? "");
  if (process.env.INGEST || program === undefined) return undefined;
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
  provide("ingest", built);
  return remove;
}
