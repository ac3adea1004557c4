import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { dist } from "./ingest.ts";

export type Host = { url: string /** Methods and paths, in order. */; asked: string[]; stop: () => Promise<void> };

function listen(answer: (request: IncomingMessage, response: ServerResponse, asked: string[]) => void): Promise<Host> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response, asked);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      const stop = () =>
        new Promise<void>((stopped) => {
          server.close(() => stopped());
          server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${port}`, asked, stop });
    });
  });
}

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** hostPage serves the built page below /try/, as any static host would; config is its config.json. */
export function hostPage(config?: object): Promise<Host> {
  return listen((request, response) => {
    const path = new URL(request.url ?? "/", "http://host").pathname;
    if (path === "/try/config.json" && config !== undefined) {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(config));
      return;
    }
    const name = path === "/try/" ? "index.html" : path.replace(/^\/try\//, "");
    try {
      const bytes = readFileSync(join(dist, name));
      response.setHeader("Content-Type", types[extname(name)] ?? "application/octet-stream");
      response.end(bytes);
    } catch {
      response.statusCode = 404;
      response.end("not found");
    }
  });
}

/** hostBlank serves an empty page at every path. A test adds a script to it. */
export function hostBlank(): Promise<Host> {
  return listen((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><html data-ready><title>blank</title>");
  });
}

/** answerOf imitates an authorizer at /token, because nothing verifies a token on this machine. */
function answerOf(path: string, times: number, token: unknown): [number, string] {
  if (path === "recovers") return [times <= 2 ? 502 : 200, "for a test"];
  if (path !== "token") return [Number(path) || 200, "for a test"];
  if (token === "Bearer denied") return [403, "User is not authorized to access this resource with an explicit deny"];
  return token === "Bearer right" ? [200, "accepted"] : [401, "Unauthorized"];
}

/**
 * hostAnswers answers POST /STATUS with that status, for those that a test cannot make the pipeline answer. /cors lets no
 * page read its answer, /redirect redirects, /slow never answers, and /recovers fails twice and then answers with 200.
 */
export function hostAnswers(): Promise<Host> {
  return listen((request, response, asked) => {
    const path = (request.url ?? "/").slice(1);
    if (path !== "cors") {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Allow-Headers", "Content-Type, X-Api-Key, X-Client");
      response.setHeader("Access-Control-Expose-Headers", "Retry-After");
    }
    if (request.method === "OPTIONS") {
      response.statusCode = 204;
      response.end();
      return;
    }
    if (path === "slow") return;
    if (path === "redirect") {
      response.writeHead(302, { Location: "/200" });
      response.end();
      return;
    }
    const times = asked.filter((one) => one === `POST ${request.url}`).length;
    const [status, message] = answerOf(path, times, request.headers["x-client"]);
    response.statusCode = status;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ message, ...(status === 200 && { sequenceNumber: "496" }) }));
  });
}
