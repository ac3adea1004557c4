import { describe, expect, test } from "vitest";
import { examples } from "./examples.ts";
import { checkJSON } from "./json.ts";
import { compile, fill } from "./template.ts";

/** at marks the problem's place with ‹ and ›. */
function marked(text: string): string {
  const { problem } = checkJSON(text);
  if (problem === null) return "fine";
  return `${text.slice(0, problem.from)}‹${text.slice(problem.from, problem.to)}›${text.slice(problem.to)} ${problem.message}`;
}

describe("JSON as it is typed", () => {
  test.each([
    "{}",
    "[]",
    '{"a": [1, -0.5, 1e9, true, false, null, {"b": "\\u00e9\\n"}]}',
    '\t{"a"\r\n:1}  ',
    '{"big": 123456789012345678901234567890}',
    '{"n": {{n}}, "r": {{random 0 100}}, "at": {{now}}, "id": "{{uuid}}-{{pick a b}}"}',
    '"text"',
    '{"“a”\u00a0\ufeff：": "‘b’\u2028"}',
  ])("takes %s", (text) => {
    expect(marked(text)).toBe("fine");
  });

  test.each([
    ["", '‹› Write an event here, such as {"event": "signup"}.'],
    ['{"a": 1,}', '{"a": 1,‹}› Remove the comma before this }.'],
    ["[1,]", "[1,‹]› Remove the comma before this ]."],
    ["{'a': 1}", "{‹'›a': 1} JSON takes double quotes, not single ones."],
    ["{\"a\": 'b'}", "{\"a\": ‹'b'›} JSON takes double quotes, not single ones."],
    ["{type: 1}", "{‹type›: 1} Put the name type in double quotes."],
    ['{"a" 1}', '{"a" ‹1›} A colon is missing after the name.'],
    ['{"a": 1 "b": 2}', '{"a": 1 ‹"›b": 2} A comma or } is missing before this.'],
    ['{"a": 1', '‹{›"a": 1 This { is never closed; a } is missing.'],
    ["[1", "‹[›1 This [ is never closed; a ] is missing."],
    ['{"a": "b}', '{"a": ‹"b}› This string is never closed; a " is missing.'],
    ['{"a": "b\n"}', '{"a": ‹"b›\n"} The string must end on its line; close it with ", or write \\n for a line break.'],
    ['{"a": "\t"}', '{"a": "‹\t›"} Write this control character as \\u0009.'],
    ['{"a": "\\x"}', '{"a": "‹\\x›"} JSON has no such escape; write \\\\ for a backslash.'],
    ['{"a": "\\u12"}', '{"a": "‹\\u12"}› \\u takes four hexadecimal digits.'],
    ['{"a": True}', '{"a": ‹True›} Write true in small letters.'],
    ['{"a": None}', '{"a": ‹None›} JSON has no None; write null.'],
    ['{"a": NaN}', '{"a": ‹NaN›} JSON has no NaN; write null or a number.'],
    ['{"a": -Infinity}', '{"a": ‹-Infinity›} JSON has no -Infinity; write null or a number.'],
    ['{"a": 01}', '{"a": ‹01›} A number has no zeros in front.'],
    ['{"a": .5}', '{"a": ‹.5›} Write a zero before the decimal point.'],
    ['{"a": 5.}', '{"a": ‹5.›} A digit is missing after the decimal point.'],
    ['{"a": +5}', '{"a": ‹+5›} A number has no plus sign in front.'],
    ['{"a": 0x1F}', '{"a": ‹0x1F›} JSON numbers are decimal.'],
    ['{"a": 5kg}', '{"a": ‹5kg›} 5kg is not a number; text goes in double quotes.'],
    ['{"a": hello}', '{"a": ‹hello›} hello is not a value; text goes in double quotes.'],
    ['{"a": }', '{"a": ‹}› A value is missing here.'],
    ['{"a":', '{"a":‹› A value is missing at the end.'],
    ["{} {}", "{} ‹{}› The event ends before this; one request takes one event."],
    ["{}x", "{}‹x› The event ends before this; remove it."],
    ['{"a": 1} // why', '{"a": 1} ‹//› why JSON has no comments; remove this one.'],
    ['{"id": {{uuid}}}', '{"id": ‹{{uuid}}›} {{uuid}} stands for text. Put it in double quotes.'],
    [
      '{"id": {{uid}}}',
      '{"id": ‹{{uid}}›} {{uid}} is not a placeholder; the placeholders are n, uuid, now, random and pick.',
    ],
    ['{"id": {{random 5}}}', '{"id": ‹{{random 5}}›} {{random}} takes two numbers, such as {{random 0 100}}.'],
    ...["1 x", "x 1", "1 2 3", "01 2"].map((args) => [
      `[{{random ${args}}}]`,
      `[‹{{random ${args}}}›] {{random}} takes two numbers, such as {{random 0 100}}.`,
    ]),
    ["{“a”: 1}", '{‹“›a”: 1} JSON takes straight quotes; write " instead of “ (U+201C).'],
    ['{"a": “b”}', '{"a": ‹“›b”} JSON takes straight quotes; write " instead of “ (U+201C).'],
    ['{"a": „b“}', '{"a": ‹„›b“} JSON takes straight quotes; write " instead of „ (U+201E).'],
    ["{‘a’: 1}", '{‹‘›a’: 1} JSON takes straight quotes; write " instead of ‘ (U+2018).'],
    ['{"a": "b”}', '{"a": ‹"b”}› This string is never closed; a " is missing. A ” closes no string; write ".'],
    [
      '{"a": "b”\n}',
      '{"a": ‹"b”›\n} The string must end on its line; close it with ", or write \\n for a line break. A ” closes no string; write ".',
    ],
    ['{\u00a0"a": 1}', '{‹\u00a0›"a": 1} JSON takes a plain space here, not U+00A0, a no-break space.'],
    ['{"a":\u00a01}', '{"a":‹\u00a0›1} JSON takes a plain space here, not U+00A0, a no-break space.'],
    ['{"a": 1\u2028}', '{"a": 1‹\u2028›} JSON takes a plain space here, not U+2028.'],
    ['{"a":\v1}', '{"a":‹\v›1} JSON takes a plain space here, not U+000B.'],
    ['{"a": true\u200b}', '{"a": true‹\u200b›} Remove the invisible U+200B, a zero-width space.'],
    ["\ufeff{}", "‹\ufeff›{} Remove the invisible U+FEFF, a byte order mark."],
    ["{}\ufeff", "{}‹\ufeff› Remove the invisible U+FEFF, a byte order mark."],
    ['{"a"：1}', '{"a"‹：›1} Write : instead of ： (U+FF1A).'],
    ['{"a": −5}', '{"a": ‹−5›} Write - instead of − (U+2212).'],
    ['{"a": ５}', '{"a": ‹５›} Write 5 instead of ５ (U+FF15).'],
    ['{"a": 1；}', '{"a": ‹1；›} 1； is not a number; text goes in double quotes.'],
    ['{"a”: "b"}', '{"a”: "‹b›"} A colon is missing after the name. A ” closes no string; write ".'],
    ['{"a": "b”, "c": 1}', '{"a": "b”, "‹c›": 1} A comma or } is missing before this. A ” closes no string; write ".'],
    ['{"a”": 1 "c": 1}', '{"a”": 1 ‹"›c": 1} A comma or } is missing before this.'],
    ['{"a": 1，"b": 2}', '{"a": 1‹，›"b": 2} Write , instead of ， (U+FF0C).'],
    ['{"a": "\v"}', '{"a": "‹\v›"} Write this control character as \\u000b.'],
    ['{"a": 1}\0', '{"a": 1}‹\0› Remove the invisible U+0000.'],
    ['{"a": 1\u0007}', '{"a": 1‹\u0007›} Remove the invisible U+0007.'],
    ["{\0}", "{‹\0›} Remove the invisible U+0000."],
    ["[\x1b]", "[‹\x1b›] Remove the invisible U+001B."],
    ['"{{pick a\u0001b}}"', '"{{pick a‹\u0001›b}}" Write this control character as \\u0001.'],
    ["{", "‹{› This { is never closed; a } is missing."],
    ['{"a": 1, ', '‹{›"a": 1,  This { is never closed; a } is missing.'],
    ["[", "‹[› This [ is never closed; a ] is missing."],
    ["x".repeat(40), `‹${"x".repeat(40)}› ${"x".repeat(40)} is not a value; text goes in double quotes.`],
    ["x".repeat(41), `‹${"x".repeat(41)}› ${"x".repeat(40)}… is not a value; text goes in double quotes.`],
    ["4f".repeat(500), `‹${"4f".repeat(500)}› ${"4f".repeat(20)}… is not a number; text goes in double quotes.`],
    [`{${"x".repeat(500)}: 1}`, `{‹${"x".repeat(500)}›: 1} Put the name ${"x".repeat(40)}… in double quotes.`],
    [
      '{"id": {{random 9007199254740993 9007199254740992}}}',
      '{"id": ‹{{random 9007199254740993 9007199254740992}}›} {{random}} takes the smaller number first.',
    ],
    ['{"id": {{random 5 1}}}', '{"id": ‹{{random 5 1}}›} {{random}} takes the smaller number first.'],
  ])("says of %j what is wrong", (text, want) => {
    expect(marked(text)).toBe(want);
  });

  test("agrees with JSON.parse on every prefix of every example", () => {
    const filler = { n: 1, now: 0, random: () => 0 };
    for (const { text } of examples) {
      const filled = fill(compile(text, false), filler);
      for (let end = 0; end <= filled.length; end++) {
        const prefix = filled.slice(0, end);
        let valid = true;
        try {
          JSON.parse(prefix);
        } catch {
          valid = false;
        }
        expect(checkJSON(prefix).problem === null, prefix).toBe(valid);
      }
    }
  });

  test("refuses a text that is nested too deep instead of overflowing", () => {
    expect(checkJSON("[".repeat(100_000)).problem?.message).toBe("Nested more than 500 deep.");
  });

  test("notes a text in a string that only looks like a placeholder, and sends it unchanged", () => {
    const text = '{"a": "{{uid}}"}';
    expect(checkJSON(text).notes).toEqual([
      {
        from: 7,
        to: 14,
        message:
          "{{uid}} is not a placeholder; the placeholders are n, uuid, now, random and pick. It is sent unchanged.",
      },
    ]);
    expect(fill(compile(text, true), { n: 1, now: 0, random: () => 0 })).toBe('{"a":"{{uid}}"}');
  });

  test("says what the outermost value is", () => {
    expect(checkJSON('{"a":1,"b":{}}')).toMatchObject({ kind: "object", members: 2 });
    expect(checkJSON("[1]")).toMatchObject({ kind: "array", members: 1 });
    expect(checkJSON("7")).toMatchObject({ kind: "other", members: 0 });
  });
});
