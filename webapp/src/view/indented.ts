/** indented writes JSON over several lines without changing its numbers. It returns any other text unchanged. */
export function indented(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
  const tokens = text.match(token) ?? [];
  const line = () => `\n${"  ".repeat(depth)}`;
  return tokens
    .map((part, index) => {
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
    })
    .join("");
}
