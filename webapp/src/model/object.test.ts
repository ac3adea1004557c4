import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { maxBytes, maxLines, objectPath, readObject } from "./object.ts";

function stream(bytes: Uint8Array, size = 1000): ReadableStream<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(Uint8Array.from(bytes.subarray(at, at + size)));
  return new ReadableStream({
    pull: (controller) => {
      const part = parts.shift();
      if (part) controller.enqueue(part);
      else controller.close();
    },
  });
}

const text = (value: string) => new TextEncoder().encode(value);

describe("an object", () => {
  test("is its lines, in whatever pieces it arrives", async () => {
    for (const size of [1, 2, 3, 1000])
      expect(await readObject(stream(text('{"a":"größe 😀"}\n{"b":2}\n'), size))).toEqual({
        kind: "lines",
        lines: ['{"a":"größe 😀"}', '{"b":2}'],
        more: 0,
        cut: false,
      });
  });

  test("is unpacked from gzip", async () => {
    for (const size of [1, 1000])
      expect(await readObject(stream(gzipSync('{"a":1}\n'), size))).toEqual({
        kind: "lines",
        lines: ['{"a":1}'],
        more: 0,
        cut: false,
      });
  });

  test("shows at most its first thousand lines", async () => {
    const opened = await readObject(stream(text("{}\n".repeat(maxLines + 5))));
    expect(opened).toMatchObject({ kind: "lines", more: 5, cut: true });
    expect(opened.kind === "lines" && opened.lines.length).toBe(maxLines);
  });

  test("is read no further than shown, even if a small gzip unpacks to very much", async () => {
    const opened = await readObject(stream(gzipSync("x".repeat(64 * 1024 * 1024)), 65_536));
    expect(opened).toMatchObject({ kind: "lines", more: null, cut: true });
    expect(opened.kind === "lines" && opened.lines[0]!.length).toBe(maxBytes);
  });

  test("that the page cannot unpack is reported", async () => {
    expect(await readObject(stream(Uint8Array.of(0x50, 0x4b, 3, 4)))).toEqual({
      kind: "closed",
      why: "It is a ZIP archive. This page cannot unpack it.",
    });
    expect(await readObject(stream(Uint8Array.of(0xff, 6, 0, 0, 0xfe)))).toEqual({
      kind: "closed",
      why: "It is not text. It may be compressed with Snappy, which this page cannot unpack.",
    });
  });

  test("may be empty", async () => {
    expect(await readObject(stream(new Uint8Array()))).toEqual({ kind: "lines", lines: [], more: 0, cut: false });
  });

  test("has an address that keeps its key's slashes and escapes the rest", () => {
    expect(objectPath("b", "events/year=2026/a b?#%/x")).toBe("_local/objects/b/events/year%3D2026/a%20b%3F%23%25/x");
  });
});
