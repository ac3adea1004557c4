import { byteLength } from "./answer.ts";
import { checkJSON } from "./json.ts";
import { type Filler, findPlaceholder, type Placeholder, value } from "./placeholder.ts";

/** A body to send: pieces of text, and between them the placeholders that differ from event to event. */
export type Template = {
  pieces: (string | { placeholder: Placeholder; bare: boolean })[];
  /** Whether two events from it differ. */
  varies: boolean;
  /** Lines that the body takes in an object. */
  lines: number;
};

/**
 * compile makes a body from the typed text. compact removes only the white space between tokens, so that one event is one
 * line; strings and numbers keep their exact text. A text that is not JSON stays unchanged.
 */
export function compile(text: string, compact: boolean): Template {
  const valid = checkJSON(text).problem === null;
  const pieces: Template["pieces"] = [];
  let literal = "";
  let inString = false;
  let lines = 1;
  for (let at = 0; at < text.length; ) {
    const char = text[at] as string;
    const found = char === "{" ? findPlaceholder(text, at) : null;
    if (found?.placeholder) {
      pieces.push(literal, { placeholder: found.placeholder, bare: valid ? !inString : found.bare && !inString });
      literal = "";
      at = found.to;
      continue;
    }
    if (char === "\\" && inString) {
      literal += text.slice(at, at + 2);
      at += 2;
      continue;
    }
    if (char === '"') inString = !inString;
    const space = char === " " || char === "\n" || char === "\r" || char === "\t";
    if (!(space && compact && valid && !inString)) {
      literal += char;
      if (char === "\n") lines++;
    }
    at++;
  }
  pieces.push(literal);
  return { pieces, varies: pieces.length > 1, lines };
}

/** fill writes one event. */
export function fill(template: Template, filler: Filler): string {
  return template.pieces
    .map((piece) => (typeof piece === "string" ? piece : value(piece.placeholder, piece.bare, filler)))
    .join("");
}

/** The most characters to check while a person types. A longer text would slow down typing. */
export const maxCheckedChars = 512 * 1024;

let sized = { text: "", compact: true, bytes: 0 };

/** sizeOf is how many bytes an event of a text has as it is sent, or of a text that is too long to check, as it is typed. */
export function sizeOf(text: string, compact: boolean): number {
  if (text.length > maxCheckedChars) return byteLength(text);
  if (text !== sized.text || compact !== sized.compact) {
    const body = fill(compile(text, compact), { n: 1, now: Date.now(), random: () => 0.5 });
    sized = { text, compact, bytes: byteLength(body) };
  }
  return sized.bytes;
}
