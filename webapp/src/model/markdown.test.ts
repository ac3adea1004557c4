import { expect, test } from "vitest";
import { blocksOf, spansOf } from "./markdown.ts";

const text = (words: string) => ({ kind: "text", text: words, to: "" });

test("reads the blocks of a runbook, without its title", () => {
  const page = `# api-5xx

A **page**. \`failed\` in
\`modules/alarms\` has it.

## Look first

- One
  and more
- Two

1. First:
   \`\`\`sh
   aws \\
     logs
   \`\`\`
2. Second

\`\`\`
# no heading

- no item
\`\`\`
The end.
`;
  expect(blocksOf(page)).toEqual([
    {
      kind: "paragraph",
      spans: [
        text("A "),
        { kind: "strong", text: "page", to: "" },
        text(". "),
        { kind: "code", text: "failed", to: "" },
        text(" in "),
        { kind: "code", text: "modules/alarms", to: "" },
        text(" has it."),
      ],
    },
    { kind: "heading", spans: [text("Look first")] },
    { kind: "list", start: null, items: [[text("One and more")], [text("Two")]] },
    { kind: "list", start: 1, items: [[text("First:")]] },
    { kind: "code", text: "aws \\\n  logs" },
    { kind: "list", start: 2, items: [[text("Second")]] },
    { kind: "code", text: "# no heading\n\n- no item" },
    { kind: "paragraph", spans: [text("The end.")] },
  ]);
});

test("keeps what it does not know, and code that does not end", () => {
  expect(blocksOf("")).toEqual([]);
  expect(blocksOf("<b>x</b> | y")).toEqual([{ kind: "paragraph", spans: [text("<b>x</b> | y")] }]);
  expect(blocksOf("```\nx")).toEqual([{ kind: "code", text: "x" }]);
});

test("reads links, code and strong words", () => {
  expect(spansOf("See [it](a.md), `**x**` and **no `end`**; 2 * 3 ** 4 [x] (y) `")).toEqual([
    text("See "),
    { kind: "link", text: "it", to: "a.md" },
    text(", "),
    { kind: "code", text: "**x**", to: "" },
    text(" and "),
    { kind: "strong", text: "no `end`", to: "" },
    text("; 2 * 3 ** 4 [x] (y) `"),
  ]);
});
