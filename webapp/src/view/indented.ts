/** The most characters of indentation for each character of the text. */
const maxGrowth = 10;

/**
 * indented writes JSON over several lines without changing its numbers. It returns any other text unchanged. The indentation of deeply
 * nested JSON grows with the square of its depth, so JSON that would need much more than spare characters of it stays as it is, too.
 */
export function indented(text: string, spare = 500_000): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  let left = spare + maxGrowth * text.length;
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
  const tokens = text.match(token) ?? [];
  const line = () => {
    left -= 2 * depth;
    return left < 0 ? "" : `\n${"  ".repeat(depth)}`;
  };
  const written = tokens.map((part, index) => {
    const next = tokens[index + 1];
    if (part === "{" || part === "[") {
      depth++;
      return next === "}" || next === "]" ? part : part + line();
    }
    if (part === ",") return part + line();
    if (part === ":") return ": ";
    const closing = part === "}" || part === "]";
    if (closing) {
      depth--;
      const previous = tokens[index - 1];
      return previous === "{" || previous === "[" ? part : line() + part;
    }
    return part;
  });
  return left < 0 ? text : written.join("");
}
