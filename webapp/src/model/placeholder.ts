// Placeholders make many events differ: {{n}}, {{uuid}}, {{now}}, {{random 0 100}}, {{pick a b}}. Every event gets new
// values. In a string they stand for text. Outside a string, n, random and now stand for a number.

export type Placeholder = {
  name: "n" | "uuid" | "now" | "random" | "pick";
  args: string[];
};

export type Found = {
  from: number;
  to: number;
  /** The placeholder; null if the text only looks like one, and problem then says why. */
  placeholder: Placeholder | null;
  problem: string;
  /** Whether it may be outside a string. */
  bare: boolean;
};

/** The values that fill placeholders, injected so that tests know them. */
export type Filler = { n: number; now: number; random: () => number };

const shape = /\{\{[ \t]*([A-Za-z]+)((?:[ \t]+[^\s\p{Cc}{}"\\]+)*)[ \t]*\}\}/uy;
const number = /^-?(0|[1-9]\d*)(\.\d+)?$/;

export const placeholderHelp: readonly { text: string; means: string }[] = [
  { text: "{{n}}", means: "1, 2, 3 … in the order of sending" },
  { text: "{{uuid}}", means: "a new random UUID" },
  { text: "{{now}}", means: "the time: ISO 8601 in a string, milliseconds since 1970 without quotes" },
  { text: "{{random 0 100}}", means: "a number in this range, with as many decimals as the bounds" },
  { text: "{{pick a b c}}", means: "one of the words, in a string" },
];

/** findPlaceholder reads the placeholder at an offset; null if the text there does not look like one. */
export function findPlaceholder(text: string, at: number): Found | null {
  if (!text.startsWith("{{", at)) return null;
  shape.lastIndex = at;
  const match = shape.exec(text);
  if (match === null) return null;
  const name = match[1] ?? "";
  const args = (match[2] ?? "").split(/[ \t]+/).filter((arg) => arg !== "");
  const found: Found = { from: at, to: at + match[0].length, placeholder: null, problem: "", bare: false };
  found.problem = wrong(name, args);
  if (found.problem === "") {
    found.placeholder = { name: name as Placeholder["name"], args };
    found.bare = name === "n" || name === "random" || name === "now";
  }
  return found;
}

function wrong(name: string, args: string[]): string {
  switch (name) {
    case "n":
    case "uuid":
    case "now":
      return args.length === 0 ? "" : `{{${name}}} takes nothing after its name`;
    case "random": {
      const [low = "", high = ""] = args;
      if (args.length !== 2 || !number.test(low) || !number.test(high))
        return "{{random}} takes two numbers, such as {{random 0 100}}";
      const { from, to } = range(low, high);
      return from <= to ? "" : "{{random}} takes the smaller number first";
    }
    case "pick":
      return args.length > 0 ? "" : "{{pick}} takes the words to choose from, such as {{pick free pro}}";
    default:
      return `{{${name}}} is not a placeholder; the placeholders are n, uuid, now, random and pick`;
  }
}

/** value is the text for a placeholder; bare says that it is outside a string. */
export function value({ name, args }: Placeholder, bare: boolean, { n, now, random }: Filler): string {
  switch (name) {
    case "n":
      return String(n);
    case "uuid":
      return uuid(random);
    case "now":
      return bare ? String(now) : new Date(now).toISOString();
    case "random": {
      const [low = "0", high = "0"] = args;
      const { from, to, decimals } = range(low, high);
      // One random number has 53 bits, which are too few to reach each of the values between far bounds.
      const bits = () => BigInt(Math.floor(random() * 2 ** 53));
      return decimal(from + ((((bits() << 53n) | bits()) * (to - from + 1n)) >> 106n), decimals);
    }
    case "pick":
      return args[Math.floor(random() * args.length)] ?? "";
  }
}

/** range has the bounds in units of their last decimal: exact, because JavaScript's numbers would lose digits after the fifteenth. */
function range(low: string, high: string): { from: bigint; to: bigint; decimals: number } {
  const decimals = Math.max(...[low, high].map((bound) => bound.split(".")[1]?.length ?? 0));
  const [from = 0n, to = 0n] = [low, high].map((bound) => {
    const [whole = "", part = ""] = bound.split(".");
    return BigInt(whole + part.padEnd(decimals, "0"));
  });
  return { from, to, decimals };
}

/** decimal writes a number of such units. */
function decimal(units: bigint, decimals: number): string {
  const digits = String(units)
    .replace("-", "")
    .padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  const text = decimals === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return units < 0n ? `-${text}` : text;
}

/** uuid is of version 4. A page over plain HTTP has no crypto.randomUUID. */
function uuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = "4";
  hex[16] = (8 + Math.floor(random() * 4)).toString(16);
  const text = hex.join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}
