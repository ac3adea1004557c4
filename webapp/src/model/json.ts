// A checker of JSON that may contain placeholders. It never converts the text to values, so the page sends numbers exactly
// as written: one of twenty digits keeps them all.

import { type Found, findPlaceholder } from "./placeholder.ts";

export type Problem = { from: number; to: number; message: string };

export type Checked = {
  /** The first fault that makes the text invalid JSON. */
  problem: Problem | null;
  /** Texts that are allowed and are probably mistakes. */
  notes: Problem[];
  kind: "object" | "array" | "other" | "none";
  /** Members or items of the outermost object or array. */
  members: number;
};

/** The deepest nesting that the checker accepts. */
const maxDepth = 500;

class Wrong extends Error {
  constructor(
    readonly from: number,
    readonly to: number,
    message: string,
  ) {
    super(message);
  }
}

/** checkJSON says whether a text is JSON, and if not, what is wrong with it. */
export function checkJSON(text: string): Checked {
  const reader = new Reader(text);
  const checked: Checked = {
    problem: null,
    notes: reader.notes,
    kind: "none",
    members: 0,
  };
  try {
    const outermost = reader.document();
    checked.kind = outermost.kind;
    checked.members = outermost.members;
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    checked.problem = { from: error.from, to: Math.max(error.to, error.from), message: brief(error.message) };
  }
  return checked;
}

type Outermost = { kind: "object" | "array" | "other"; members: number };

class Reader {
  at = 0;
  notes: Problem[] = [];
  /** The newest string, with its quotes. */
  private newest = "";

  constructor(readonly text: string) {}

  document(): Outermost {
    this.space();
    if (this.at === this.text.length) this.fail('Write an event here, such as {"event": "signup"}.');
    const outermost = this.value(0);
    this.space();
    if (this.at < this.text.length) {
      const hint = this.text[this.at] === "{" ? "one request takes one event" : "remove it";
      this.fail(`The event ends before this; ${hint}.`, this.text.length);
    }
    return outermost;
  }

  private fail(message: string, to = this.at + 1): never {
    const at = Math.min(this.at, this.text.length);
    throw new Wrong(at, Math.min(to, this.text.length), foreign(this.text.charAt(at)) || message);
  }

  private space() {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++;
    if (this.text.startsWith("//", this.at) || this.text.startsWith("/*", this.at))
      this.fail("JSON has no comments; remove this one.", this.at + 2);
  }

  private value(depth: number): Outermost {
    if (depth > maxDepth) this.fail(`Nested more than ${maxDepth} deep.`);
    const placeholder = findPlaceholder(this.text, this.at);
    if (placeholder !== null) return this.bare(placeholder);
    switch (this.text[this.at]) {
      case "{":
        return { kind: "object", members: this.object(depth) };
      case "[":
        return { kind: "array", members: this.array(depth) };
      case '"':
        this.string();
        return { kind: "other", members: 0 };
      default:
        this.scalar();
        return { kind: "other", members: 0 };
    }
  }

  private bare(found: Found): Outermost {
    if (found.placeholder === null) this.fail(`${found.problem}.`, found.to);
    if (!found.bare) this.fail(`{{${found.placeholder.name}}} stands for text. Put it in double quotes.`, found.to);
    this.at = found.to;
    return { kind: "other", members: 0 };
  }

  private object(depth: number): number {
    const opened = this.at++;
    let members = 0;
    for (;;) {
      this.space();
      if (this.text[this.at] === "}" && members === 0) break;
      this.name(opened, members);
      this.space();
      if (this.text[this.at] !== ":") this.fail(`A colon is missing after the name.${this.curly()}`);
      this.at++;
      this.space();
      this.value(depth + 1);
      members++;
      this.space();
      if (this.text[this.at] === "}") break;
      this.comma(opened, "{", "}");
    }
    this.at++;
    return members;
  }

  private name(opened: number, members: number) {
    const char = this.text[this.at];
    if (char === '"') return this.string();
    if (char === undefined) throw new Wrong(opened, opened + 1, "This { is never closed; a } is missing.");
    if (char === "}" && members > 0) this.fail("Remove the comma before this }.");
    if (char === "'") this.fail("JSON takes double quotes, not single ones.");
    const word = /[\w$.-]+/y;
    word.lastIndex = this.at;
    const bare = word.exec(this.text)?.[0];
    if (bare !== undefined) this.fail(`Put the name ${bare} in double quotes.`, this.at + bare.length);
    this.fail("A name in double quotes is expected here.");
  }

  private array(depth: number): number {
    const opened = this.at++;
    let items = 0;
    for (;;) {
      this.space();
      if (this.text[this.at] === "]" && items === 0) break;
      if (this.text[this.at] === "]") this.fail("Remove the comma before this ].");
      if (this.at === this.text.length) throw new Wrong(opened, opened + 1, "This [ is never closed; a ] is missing.");
      this.value(depth + 1);
      items++;
      this.space();
      if (this.text[this.at] === "]") break;
      this.comma(opened, "[", "]");
    }
    this.at++;
    return items;
  }

  private comma(opened: number, open: string, close: string) {
    if (this.text[this.at] === ",") {
      this.at++;
      return;
    }
    if (this.at === this.text.length)
      throw new Wrong(opened, opened + 1, `This ${open} is never closed; a ${close} is missing.`);
    this.fail(`A comma or ${close} is missing before this.${this.curly()}`);
  }

  private string() {
    const opened = this.at++;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) this.unclosed(opened, 'This string is never closed; a " is missing.');
      if (char === '"') break;
      if (char === "\\") this.escape();
      else if (char === "\n")
        this.unclosed(opened, 'The string must end on its line; close it with ", or write \\n for a line break.');
      else if (char < " ")
        throw new Wrong(
          this.at,
          this.at + 1,
          `Write this control character as \\u${char.charCodeAt(0).toString(16).padStart(4, "0")}.`,
        );
      else if (char === "{") this.placeholderOrText();
      else this.at++;
    }
    this.at++;
    this.newest = this.text.slice(opened, this.at);
  }

  private unclosed(opened: number, message: string): never {
    this.newest = this.text.slice(opened, this.at);
    throw new Wrong(opened, this.at, message + this.curly());
  }

  /** curly is what to add to an error after a string that a curly quote was to close; "" if there is no such string just before. */
  private curly(): string {
    const quote = curlyQuote.exec(this.newest)?.[0];
    const isBefore = this.text.slice(0, this.at).trimEnd().endsWith(this.newest.trimEnd());
    return quote !== undefined && isBefore ? ` A ${quote} closes no string; write ".` : "";
  }

  private placeholderOrText() {
    const found = findPlaceholder(this.text, this.at);
    if (found === null) {
      this.at++;
      return;
    }
    this.at = found.to;
    if (found.placeholder === null)
      this.notes.push({ from: found.from, to: found.to, message: brief(`${found.problem}. It is sent unchanged.`) });
  }

  private escape() {
    const next = this.text[this.at + 1];
    if (next === "u") {
      if (!/^[0-9A-Fa-f]{4}$/.test(this.text.slice(this.at + 2, this.at + 6)))
        this.fail("\\u takes four hexadecimal digits.", this.at + 6);
      this.at += 6;
      return;
    }
    if (next === undefined || !'"\\/bfnrt'.includes(next))
      this.fail("JSON has no such escape; write \\\\ for a backslash.", this.at + 2);
    this.at += 2;
  }

  private scalar() {
    const word = /[^\s\p{Cc}\p{Cf}\p{Pi}\p{Pf}„‚＂，：［］｛｝,:{}[\]"]+/uy;
    word.lastIndex = this.at;
    const text = word.exec(this.text)?.[0];
    if (text === undefined)
      this.fail(this.at === this.text.length ? "A value is missing at the end." : "A value is missing here.");
    const to = this.at + text.length;
    if (text !== "true" && text !== "false" && text !== "null" && !/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text))
      this.fail(wrongScalar(text), to);
    this.at = to;
  }
}

const invisible: Record<string, string> = {
  "\u00a0": "no-break space",
  "\u200b": "zero-width space",
  "\ufeff": "byte order mark",
};

/** What has a meaning in JSON, as keyboards for Chinese and Japanese write it. */
const fullWidth = /[＂，－．０-９：［］｛｝]/;

const curlyQuote = /[\p{Pi}\p{Pf}„‚]/u;

/** foreign says what to write for a character that word processors and other keyboards put in the place of JSON's own; "" for others. */
function foreign(char: string): string {
  const named = `U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  if (curlyQuote.test(char)) return `JSON takes straight quotes; write " instead of ${char} (${named}).`;
  if (fullWidth.test(char) || char === "−")
    return `Write ${char === "−" ? "-" : char.normalize("NFKC")} instead of ${char} (${named}).`;
  const name = `${named}${char in invisible ? `, a ${invisible[char]}` : ""}`;
  if (/[\p{Z}\v\f]/u.test(char)) return `JSON takes a plain space here, not ${name}.`;
  return /[\p{Cc}\p{Cf}]/u.test(char) ? `Remove the invisible ${name}.` : "";
}

function wrongScalar(text: string): string {
  if (text.startsWith("'")) return "JSON takes double quotes, not single ones.";
  const lower = text.toLowerCase();
  if (lower === "true" || lower === "false" || lower === "null") return `Write ${lower} in small letters.`;
  if (lower === "none" || lower === "undefined" || lower === "nil") return `JSON has no ${text}; write null.`;
  if (lower === "nan" || lower.endsWith("infinity")) return `JSON has no ${text}; write null or a number.`;
  if (/^[-+]?0x/i.test(text)) return "JSON numbers are decimal.";
  if (/^[-+]?0\d/.test(text)) return "A number has no zeros in front.";
  if (text.startsWith("+")) return "A number has no plus sign in front.";
  if (/^-?\./.test(text)) return "Write a zero before the decimal point.";
  if (/^-?\d+\.($|\D)/.test(text)) return "A digit is missing after the decimal point.";
  if (/^[-\d]/.test(text)) return `${text} is not a number; text goes in double quotes.`;
  return `${text} is not a value; text goes in double quotes.`;
}

/** brief shortens a long word of the event's in a message. */
function brief(message: string): string {
  return message.replace(/(\S{40})\S+/gu, "$1…");
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
