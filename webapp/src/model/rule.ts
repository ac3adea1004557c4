// API Gateway's validator in plain words. It says what is wrong, and never where: "[object has missing required
// properties ([\"type\"])]". Its messages are those of github.com/java-json-tools/json-schema-validator.

const sayings: [RegExp, (...found: string[]) => string][] = [
  [
    /^object has missing required properties \(\[(.+)\]\)$/,
    (names) =>
      `${names.includes('","') ? "the members" : "the member"} ${list(names)} ${names.includes('","') ? "are" : "is"} missing`,
  ],
  [
    /^object instance has properties which are not allowed by the schema: \[(.+)\]$/,
    (names) => `${list(names)} ${names.includes('","') ? "are no members" : "is no member"} that it may have`,
  ],
  [
    /^object has too (few|many) properties \(found (\d+) but schema requires at (least|most) (\d+)\)$/,
    (_, found, bound, want) =>
      `an object has ${found} ${members(found)} where at ${bound} ${want} ${want === "1" ? "is" : "are"} asked for`,
  ],
  [
    /^instance type \((\w+)\) does not match any allowed primitive type \(allowed: \[(.+)\]\)$/,
    (type, allowed) => `there is ${article(type)} where ${list(allowed, article, "or")} is asked for`,
  ],
  [
    /^instance value \((.+)\) not found in enum \(possible values: \[(.+)\]\)$/,
    (value, allowed) => `${value} is none of ${allowed.replaceAll(",", ", ")}`,
  ],
  [
    /^string (".*") is too (short|long) \(length: (\d+), (?:required minimum|maximum allowed): (\d+)\)$/,
    (text, how, length, bound) =>
      `${text} has ${length} characters where at ${how === "short" ? "least" : "most"} ${bound} are asked for`,
  ],
  [
    /^array is too (?:short|long): must have (at (?:least|most) \d+) elements but instance has (\d+) elements$/,
    (bound, found) => `an array has ${found} items where ${bound} are asked for`,
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

/** plainRule says a reason in plain words where it is one of the validator's; what it does not know stays as it is. */
export function plainRule(reason: string): string {
  const inside = /^\[(.*)\]$/s.exec(reason)?.[1];
  if (inside === undefined) return reason;
  // What a message quotes may look like the beginning of another; it is cut there, and both parts stay as they are.
  return inside
    .split(/, (?=(?:object|instance|string|array|numeric|ECMA|and \d+ more)\b)/)
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

/** list writes the strings of a JSON array's inside with commas, and the last after a word. */
function list(inside: string, one = (name: string) => name, last = "and"): string {
  const names = inside.split(/(?<="),(?=")/).map((name) => one(name.replaceAll(/^"|"$/g, "")));
  return names.length === 1 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;
}

const members = (count: string) => (count === "1" ? "member" : "members");

function article(type: string): string {
  if (type === "null") return type;
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
