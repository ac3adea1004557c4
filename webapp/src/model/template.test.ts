import { describe, expect, test } from "vitest";
import { examples } from "./examples.ts";
import { compile, fill, sizeOf } from "./template.ts";

const filler = { n: 7, now: Date.UTC(2026, 0, 2, 3, 4, 5, 678), random: () => 0.5 };

describe("what is sent", () => {
  test("is the typed text, to the byte, without compact", () => {
    const text = '{ "big" : 123456789012345678901234567890 ,\n\t"e": 1.0e+2, "s": "a  \\" b\\\\" }\n';
    expect(fill(compile(text, false), filler)).toBe(text);
  });

  test("has no white space between tokens with compact, and the same tokens", () => {
    const text = '{ "big" : 123456789012345678901234567890 ,\n\t"e": 1.0e+2, "s": "a  \\" b\\\\" , "z": "\\\\" }\n';
    expect(fill(compile(text, true), filler)).toBe(
      '{"big":123456789012345678901234567890,"e":1.0e+2,"s":"a  \\" b\\\\","z":"\\\\"}',
    );
  });

  test("is left unchanged where it is not JSON", () => {
    const text = '{ "a": oh no }';
    expect(fill(compile(text, true), filler)).toBe(text);
    expect(fill(compile('{{now}} "{{now}}" {{uuid}}', true), filler)).toBe(
      '1767323045678 "2026-01-02T03:04:05.678Z" 88888888-8888-4888-a888-888888888888',
    );
  });

  test("has its size without white space and with values in the places of placeholders", () => {
    expect(sizeOf('{ "id" : "{{uuid}}" }', true)).toBe(45);
    expect(sizeOf('{ "id" : "{{uuid}}" }', false)).toBe(49);
    expect(sizeOf('{ "id" : "ü" }', true)).toBe(11);
    expect(sizeOf(`[${" ".repeat(524_288)}]`, true), "too long to compact at every key").toBe(524_290);
  });

  test("does not differ without placeholders", () => {
    expect(compile('{"a": "{{uid}}"}', true).varies).toBe(false);
  });

  test.each([
    [0, '{"r":0,"p":"a"}'],
    [0.0099, '{"r":0,"p":"a"}'],
    [0.01, '{"r":1,"p":"a"}'],
    [0.9999, '{"r":100,"p":"c"}'],
  ])("has each value of a range and each word equally often: %d", (random, want) => {
    const text = '{"r":{{random 0 100}},"p":"{{pick a b c}}"}';
    expect(fill(compile(text, true), { ...filler, random: () => random })).toBe(want);
  });

  test.each([
    ['{"n": {{n}}, "s": "{{n}}"}', '{"n":7,"s":"7"}'],
    ['{"at": "{{now}}", "ms": {{now}}}', '{"at":"2026-01-02T03:04:05.678Z","ms":1767323045678}'],
    ['{"r": {{random 0 100}}}', '{"r":50}'],
    ['{"r": {{random -1.5 1.25}}}', '{"r":-0.12}'],
    ['{"r": {{random 3 3}}}', '{"r":3}'],
    ['{"p": "{{pick a b c}}"}', '{"p":"b"}'],
    ['{"id": "{{uuid}}"}', '{"id":"88888888-8888-4888-a888-888888888888"}'],
    ['{"x": "\\u007b{n}}"}', '{"x":"\\u007b{n}}"}'],
  ])("fills %s", (text, want) => {
    expect(fill(compile(text, true), filler)).toBe(want);
  });

  test.each([0, 0.51, 0.999999])("writes a UUID of version 4 for the random number %d", (random) => {
    expect(fill(compile('"{{uuid}}"', true), { ...filler, random: () => random })).toMatch(
      /^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$/,
    );
  });

  test("stays within the bounds of random", () => {
    const template = compile('{"r": {{random -1.5 1.25}}}', true);
    expect(fill(template, { ...filler, random: () => 0 })).toBe('{"r":-1.50}');
    expect(fill(template, { ...filler, random: () => 1 - Number.EPSILON })).toBe('{"r":1.25}');
  });

  test.each([
    ["9007199254740993 9007199254740993", "9007199254740993", "9007199254740993"],
    ["1000000000000000000000 1000000000000000000009", "1000000000000000000000", "1000000000000000000009"],
    ["-12345678901234567.25 12345678901234567.5", "-12345678901234567.25", "12345678901234567.50"],
    ["0 0.00000000001", "0.00000000000", "0.00000000001"],
    ["-0.05 -0.01", "-0.05", "-0.01"],
  ])("keeps all digits of the bounds of random: %s", (bounds, low, high) => {
    const template = compile(`{"r": {{random ${bounds}}}}`, true);
    expect(fill(template, { ...filler, random: () => 0 })).toBe(`{"r":${low}}`);
    expect(fill(template, { ...filler, random: () => 1 - Number.EPSILON / 2 })).toBe(`{"r":${high}}`);
  });

  test("is one line with compact, and says how many without", () => {
    expect(compile('{\n"a": 1\n}\n', true).lines).toBe(1);
    expect(compile('{\n"a": 1\n}', false).lines).toBe(3);
  });

  test("is JSON for every example, and differs from event to event", () => {
    for (const { text } of examples) {
      const template = compile(text, true);
      const bodies = [1, 2, 3].map((n) => fill(template, { n, now: n, random: Math.random }));
      for (const body of bodies) expect(Object.keys(JSON.parse(body))[0]).toMatch(/^(event|type)$/);
      expect(new Set(bodies).size).toBe(3);
      expect(template.varies).toBe(true);
    }
  });
});
