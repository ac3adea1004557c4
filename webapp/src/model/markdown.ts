// The Markdown of the runbooks: headings, paragraphs, lists, code, links and strong words. Anything else stays as it is written.

export type Span = {
  kind: "text" | "code" | "strong" | "link";
  text: string;
  /** The place that a link leads to; empty for others. */
  to: string;
};

export type Block =
  | { kind: "heading" | "paragraph"; spans: Span[] }
  | { kind: "code"; text: string }
  /** start is the number of the first item; null for a list without numbers. */
  | { kind: "list"; start: number | null; items: Span[][] };

/** A block whose text is not complete yet. */
type Open = { kind: "heading" | "paragraph" | "code" | "list"; start: number | null; texts: string[] };

/** blocksOf reads a page. It leaves out the title, which is its first heading. */
export function blocksOf(page: string): Block[] {
  const found: Open[] = [];
  /** Whether the next line may continue the last block. */
  let open = false;
  /** The indentation of the code that is open. */
  let fence: string | null = null;
  const begin = (kind: Open["kind"], text: string, start: number | null = null) =>
    found.push({ kind, start, texts: [text] });
  for (const line of page.split("\n")) {
    const last = found.at(-1);
    const mark = /^( *)```/.exec(line);
    const heading = /^#+ (.*)/.exec(line);
    const item = /^(?:(\d+)\.|[-*]) +(.*)/.exec(line);
    if (fence !== null) {
      if (mark) fence = null;
      else last?.texts.push(line.startsWith(fence) ? line.slice(fence.length) : line);
      open = false;
    } else if (mark) {
      fence = mark[1] ?? "";
      found.push({ kind: "code", start: null, texts: [] });
    } else if (heading) {
      begin("heading", heading[1] ?? "");
      open = false;
    } else if (item) {
      const start = item[1] === undefined ? null : Number(item[1]);
      if (last?.kind === "list" && (last.start === null) === (start === null)) last.texts.push(item[2] ?? "");
      else begin("list", item[2] ?? "", start);
      open = true;
    } else if (line.trim() === "") open = false;
    else if (open && last) last.texts.push(`${last.texts.pop()} ${line.trim()}`);
    else {
      begin("paragraph", line.trim());
      open = true;
    }
  }
  return found.slice(found[0]?.kind === "heading" ? 1 : 0).map(({ kind, start, texts }) => {
    if (kind === "code") return { kind, text: texts.join("\n") };
    if (kind === "list") return { kind, start, items: texts.map(spansOf) };
    return { kind, spans: spansOf(texts.join(" ")) };
  });
}

/** spansOf reads the text of a block. */
export function spansOf(text: string): Span[] {
  return text
    .split(/(`[^`]+`|\*\*.+?\*\*|\[[^\]]+\]\([^)\s]+\))/)
    .filter((part) => part !== "")
    .map((part): Span => {
      const link = /^\[(.+)\]\((.+)\)$/.exec(part);
      if (link) return { kind: "link", text: link[1] ?? "", to: link[2] ?? "" };
      if (/^`.+`$/.test(part)) return { kind: "code", text: part.slice(1, -1), to: "" };
      if (/^\*\*.+\*\*$/.test(part)) return { kind: "strong", text: part.slice(2, -2), to: "" };
      return { kind: "text", text: part, to: "" };
    });
}
