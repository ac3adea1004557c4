// API Gateway's validator in plain words. It says what is wrong but not where: "[object has missing required properties
// ([\"type\"])]". Its messages are those of github.com/java-json-tools/json-schema-validator.

const sayings: [RegExp, (...found: string[]) => string][] = [
  [
    /^object has missing required properties \(\[(.+)\]\)$/,
    (names) =>
      `${names.includes('","') ? "the members" : "the member"} ${list(names)} ${names.includes('","') ? "are" : "is"} missing`,
  ],
  [
    /^object instance has properties which are not allowed by the schema: \[(.+)\]$/,
    (names) => `${list(names)} ${names.includes('","') ? "are not allowed as members" : "is not allowed as a member"}`,
  ],
  [
    /^object has too (few|many) properties \(found (\d+) but schema requires at (least|most) (\d+)\)$/,
    (_, found, bound, want) => `an object has ${counted(found, "member")} and must have at ${bound} ${want}`,
  ],
  [
    /^instance type \((\w+)\) does not match any allowed primitive type \(allowed: \[(.+)\]\)$/,
    (type, allowed) => `there is ${article(type)} instead of ${list(allowed, article, "or")}`,
  ],
  [
    /^instance value \((.+)\) not found in enum \(possible values: \[(.+)\]\)$/,
    (value, allowed) => `${value} is not one of ${allowed.replaceAll(",", ", ")}`,
  ],
  [
    /^string (".*") is too (short|long) \(length: (\d+), (?:required minimum|maximum allowed): (\d+)\)$/,
    (text, how, length, bound) =>
      `${text} has ${counted(length, "character")} and must have at ${how === "short" ? "least" : "most"} ${bound}`,
  ],
  [
    /^array is too (?:short|long): must have (at (?:least|most) \d+) elements but instance has (\d+) elements$/,
    (bound, found) => `an array has ${counted(found, "item")} and must have ${bound}`,
  ],
  [
    /^numeric instance is (lower|greater) than the required (?:minimum|maximum) \((?:minimum|maximum): (\S+), found: (\S+)\)$/,
    (how, bound, found) => `${found} is ${how === "lower" ? "less" : "more"} than ${bound}`,
  ],
  [
    /^ECMA 262 regex (".*") does not match input string (".*")$/,
    (pattern, text) => `${text} does not match ${pattern}`,
  ],
];

/** plainRule rewrites the validator's messages in plain words, and leaves any other reason unchanged. */
export function plainRule(reason: string): string {
  const inside = /^\[(.*)\]$/s.exec(reason)?.[1];
  if (inside === undefined) return reason;
  // A message may quote text that looks like the beginning of another. It is split there, and both parts stay unchanged.
  return inside
    .split(
      /, (?=(?:object|instance|string|array|numeric|ECMA|input|illegal|property|remainder|schema|and(?: \d+)? more)\b)/,
    )
    .map(plain)
    .join("; ");
}

function plain(message: string): string {
  for (const [shape, words] of sayings) {
    const found = shape.exec(message);
    if (found) return words(...found.slice(1));
  }
  return message;
}

/** list writes the strings inside a JSON array with commas, and a word before the last. */
function list(inside: string, one = (name: string) => name, last = "and"): string {
  const names = inside.split(/(?<="),(?=")/).map((name) => one(name.replaceAll(/^"|"$/g, "")));
  return names.length === 1 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;
}

const counted = (count: string, one: string) => `${count} ${one}${count === "1" ? "" : "s"}`;

function article(type: string): string {
  if (type === "null") return type;
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
