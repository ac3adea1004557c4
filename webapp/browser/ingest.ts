import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { inject } from "vitest";
import { patience } from "./chromium.ts";

const project = resolve(import.meta.dirname, "../..");
export const dist = resolve(import.meta.dirname, "../dist");

const startMs = patience;
const endMs = 60_000;

export type Pipeline = {
  /** The page's address, with a / at the end. */
  url: string;
  /** The address to post events to. */
  submit: string;
  /** The address of Kinesis and S3. */
  aws: string;
  /** Values of API keys, by their names. */
  keys: Record<string, string>;
  stop: () => Promise<void>;
};

/** The running pipelines, for a test that fails before it stops its own. */
const running = new Set<Pipeline>();

export async function stopAll() {
  for (const pipeline of running) await pipeline.stop();
}

export type Options = {
  env?:
    | "dev"
    | "staging"
    | "option-keys"
    | "option-types"
    | "option-cognito"
    | "option-lambda"
    | "option-intake"
    | "option-partitions"
    | "prod";
  /** change edits the stack's JSON before it runs. */
  change?: (stack: Stack) => void;
  flags?: string[];
  /** files are put into the data folder before the start, by their paths. */
  files?: Record<string, string>;
  /** port listens on that port again, for a pipeline that restarts. */
  port?: number;
};

// biome-ignore lint/suspicious/noExplicitAny: a synthesised stack, in which a test changes a field or two
export type Stack = any;

/** readGolden is a golden's stack. Package goldens says how a golden writes long strings. */
function readGolden(name: string): Stack {
  return JSON.parse(readFileSync(join(project, `testdata/goldens/${name}.json`), "utf8"), (_, value) => {
    if (value?.["JSON in a string"] !== undefined) return JSON.stringify(value["JSON in a string"]);
    return value?.["lines of a string"]?.join("\n") ?? value;
  });
}

/** startIngest runs a pipeline from a golden stack, with the built page, on a free port and in a new folder. */
export async function startIngest({
  env = "dev",
  change,
  flags = [],
  files = {},
  port = 0,
}: Options = {}): Promise<Pipeline> {
  if (!existsSync(join(dist, "index.html"))) throw new Error("webapp/dist is not built; run npm run build first");
  const folder = mkdtempSync(join(tmpdir(), "ingest-browser-"));
  const stack: Stack = readGolden(env);
  change?.(stack);
  const file = join(folder, "cdk.tf.json");
  writeFileSync(file, JSON.stringify(stack));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, "data", dirname(path)), { recursive: true });
    writeFileSync(join(folder, "data", path), text);
  }
  const child = spawn(
    inject("ingest"),
    [
      ...["up", "--stack", file, "--api", `127.0.0.1:${port}`, "--aws", "127.0.0.1:0", "--data", join(folder, "data")],
      ...["--buffer-interval", "2s", "--web", dist, ...flags],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const stop = async () => {
    running.delete(pipeline);
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const pipeline: Pipeline = { url: "", submit: "", aws: "", keys: {}, stop };
  running.add(pipeline);
  try {
    const said = await started(child);
    const url = /^ {2}web page {2}(http:\S+)/m.exec(said)?.[1];
    const submit = /^ {2}API {7}(http:\S+)/m.exec(said)?.[1];
    const aws = /^ {2}AWS {7}(http:\S+)/m.exec(said)?.[1];
    if (url === undefined || submit === undefined || aws === undefined)
      throw new Error(`ingest up did not name all addresses:\n${said}`);
    const keys = Object.fromEntries(
      Array.from(said.matchAll(/^with API_KEY=(\S+) for (\S+)$/gm), ([, value = "", name = ""]) => [name, value]),
    );
    return Object.assign(pipeline, { url, submit, aws, keys });
  } catch (error) {
    await stop();
    throw error;
  }
}

function started(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    const timer = setTimeout(() => reject(new Error(`ingest up did not start:\n${out}${err}`)), startMs);
    child.stderr?.on("data", (chunk) => {
      err += chunk;
    });
    child.stdout?.on("data", (chunk) => {
      out += chunk;
      if (!/\ntry it:\n(.+\n)+\n/.test(out)) return; // an empty line ends the commands and their keys
      clearTimeout(timer);
      resolve(out);
    });
    child.on("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`ingest up ended with ${code}:\n${out}${err}`));
    });
  });
}

/** end ends a process that was started here, by its id. */
async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), endMs);
  await exited;
  clearTimeout(timer);
}
