export type Token = { from: number; to: number; kind: "name" | "string" | "number" | "word" | "placeholder" };

const shape =
  /("[^"\\\n]*(?:\\.[^"\\\n]*)*"?)(\s*:)?|(\{\{[ \t]*[A-Za-z]+(?:[ \t]+[^\s{}"\\]+)*[ \t]*\}\})|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(?:true|false|null)\b/g;
const placeholder = /\{\{[ \t]*(?:n|uuid|now|random|pick)(?:[ \t]+[^\s{}"\\]+)*[ \t]*\}\}/g;

/**
 * tokens finds the parts to colour in a piece of JSON that begins outside a string. A line does, because no string of JSON
 * spans lines. A string that is never closed ends with its line: to look for its end from each of its quotes again would take a
 * time that grows with the square of its length. Placeholders in a string come after the string in the result.
 */
export function* tokens(text: string): Generator<Token> {
  for (const match of text.matchAll(shape)) {
    const [whole, string, colon, bare, number] = match;
    const from = match.index;
    if (string === undefined) {
      const kind = bare !== undefined ? "placeholder" : number !== undefined ? "number" : "word";
      yield { from, to: from + whole.length, kind };
      continue;
    }
    yield { from, to: from + string.length, kind: colon === undefined ? "string" : "name" };
    for (const inside of string.matchAll(placeholder))
      yield { from: from + inside.index, to: from + inside.index + inside[0].length, kind: "placeholder" };
  }
}
