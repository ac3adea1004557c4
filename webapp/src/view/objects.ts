import { maxBytes, objectPath, readObject } from "../model/object.ts";
import type { Landed } from "../model/pipeline.ts";
import { code } from "./code.ts";
import { copyButton, h, say } from "./dom.ts";
import type { Drawer } from "./drawer.ts";
import { bytes, clock, count, things } from "./format.ts";

/** opener opens an object of the local bucket and shows its lines. */
export function opener(drawer: Drawer): (object: Landed) => void {
  return (object) => {
    const stop = new AbortController();
    const path = objectPath(object.bucket, object.key);
    const title = `Object with ${things(object.records, "record")}`;
    drawer.open(title, [facts(object, path), h("p", { class: "hint" }, "Reading…")], () => stop.abort());
    void lines(object, path, stop.signal).then((content) => {
      if (stop.signal.aborted) return;
      drawer.fill([facts(object, path), ...content]);
    });
  };
}

function facts({ bucket, key, bytes: size, at, compression, timeZone }: Landed, path: string): HTMLElement {
  const packed = compression === "" || compression === "UNCOMPRESSED" ? "" : `, ${compression} in the bucket`;
  const name = key.split("/").at(-1) ?? key;
  return h(
    "dl",
    { class: "facts" },
    h("dt", {}, "Bucket"),
    h("dd", {}, bucket),
    h("dt", {}, "Key"),
    h("dd", {}, key, " ", copyButton(key, "the key")),
    ...(timeZone === "" ? [] : [h("dt", {}, "Dates in the key"), h("dd", {}, timeZone)]),
    h("dt", {}, "Landed"),
    h("dd", {}, `${clock(at)}, ${bytes(size)}${packed}`),
    h("dt", {}, "File"),
    h("dd", {}, h("a", { href: path, download: name }, "Download")),
  );
}

async function lines({ bytes: size }: Landed, path: string, signal: AbortSignal): Promise<Node[]> {
  try {
    const response = await fetch(path, { cache: "no-store", signal });
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
    const opened = await readObject(response.body);
    if (opened.kind === "closed") return [h("p", { class: "notice" }, `${opened.why} Download it to read it.`)];
    const shown = opened.lines.map((line) => h("li", {}, h("code", {}, code(line))));
    const more =
      opened.more === null
        ? `Only the first ${bytes(maxBytes)} are shown. Download it to read the rest.`
        : `${count(opened.more)} more lines. Download it to read them.`;
    say(`${things(opened.lines.length, "line")} shown.`);
    return [
      h("h3", {}, `${things(opened.lines.length, "line")}${opened.cut ? ", the first of it" : ""}`),
      h("ol", { class: "lines", tabindex: "0", "aria-label": "Lines of the object" }, ...shown),
      ...(opened.cut ? [h("p", { class: "hint" }, more)] : []),
    ];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [
      h(
        "p",
        { class: "notice" },
        `The page cannot read it (${why}). Check that the pipeline is running and that the object is in its folder. It had ${bytes(size)}.`,
      ),
    ];
  }
}
