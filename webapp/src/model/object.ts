// An object of the bucket as lines of text.

/** How much of an object the page shows. You can download the rest. */
export const maxLines = 1000;
export const maxBytes = 256 * 1024;

export type Opened =
  | {
      kind: "lines";
      lines: string[] /** The number of lines that are not shown; null if unknown. */;
      more: number | null;
      cut: boolean;
    }
  /** Why its lines are not shown. */
  | { kind: "closed"; why: string };

/** objectPath is an object's address below the page. It escapes every part of the key, but not the slashes. */
export function objectPath(bucket: string, key: string): string {
  return `_local/objects/${[bucket, ...key.split("/")].map(encodeURIComponent).join("/")}`;
}

/** readObject reads the bytes of an object. It recognises gzip by the first bytes and unpacks it. */
export async function readObject(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Opened> {
  const [first, whole] = await peek(body);
  if (first[0] === 0x50 && first[1] === 0x4b)
    return { kind: "closed", why: "It is a ZIP archive. This page cannot unpack it." };
  const gzip = first[0] === 0x1f && first[1] === 0x8b;
  const plain = gzip ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
  const { text, more } = await readText(plain);
  if (text === null)
    return { kind: "closed", why: "It is not text. It may be compressed with Snappy, which this page cannot unpack." };
  return linesOf(text, more);
}

async function peek(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<[Uint8Array, ReadableStream<Uint8Array<ArrayBuffer>>]> {
  const reader = body.getReader();
  let value = new Uint8Array();
  while (value.length < 2) {
    const next = await reader.read();
    if (next.done) break;
    value = value.length === 0 ? next.value : Uint8Array.from([...value, ...next.value]);
  }
  const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      if (value.length > 0) controller.enqueue(value);
    },
    pull: async (controller) => {
      const next = await reader.read();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return [value, whole];
}

/** readText stops after maxBytes: an object may have 128 MiB, and a gzip bomb more. */
async function readText(plain: ReadableStream<Uint8Array>): Promise<{ text: string | null; more: boolean }> {
  const reader = plain.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { text: text + decoder.decode(), more: false };
      const rest = value.subarray(0, maxBytes - bytes);
      text += decoder.decode(rest, { stream: true });
      bytes += rest.length;
      if (rest.length < value.length) {
        await reader.cancel();
        return { text, more: true };
      }
    }
  } catch (error) {
    if (error instanceof TypeError) return { text: null, more: false };
    throw error;
  }
}

function linesOf(text: string, cutByBytes: boolean): Opened {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const cut = cutByBytes || lines.length > maxLines;
  const more = cutByBytes ? null : Math.max(0, lines.length - maxLines);
  return { kind: "lines", lines: lines.slice(0, maxLines), more, cut };
}
