// A person's own samples: events under names, in this browser's storage. They are the editor's text alone, without keys, tokens
// and the endpoint.

export type Sample = { name: string; text: string };

const storageKey = "ingest.samples";
export const maxSamples = 50;
const maxNameChars = 40;
const maxTextChars = 100_000;

export type Kept = Pick<Storage, "getItem" | "setItem">;

export class Samples {
  list: readonly Sample[];
  private readonly listeners: (() => void)[] = [];

  /** storage is null where the browser allows none. */
  constructor(private readonly storage: Kept | null) {
    this.list = read(storage);
  }

  subscribe(listener: () => void) {
    this.listeners.push(listener);
  }

  /** save adds a sample, or replaces the one of its name. It says why it did not; "" if it did. */
  save(typed: string, text: string): string {
    const name = typed.trim().slice(0, maxNameChars);
    if (name === "") return "Enter a name for the sample.";
    if (text.length > maxTextChars) return "The event is over 100,000 characters, which is too long for a sample.";
    const at = this.list.findIndex((sample) => sample.name === name);
    if (at < 0 && this.list.length >= maxSamples) return `There are ${maxSamples} samples already. Delete one first.`;
    return this.keep(at < 0 ? [...this.list, { name, text }] : this.list.with(at, { name, text }));
  }

  rename(from: string, typed: string): string {
    const name = typed.trim().slice(0, maxNameChars);
    if (name === from) return "";
    if (name === "") return "Enter a name for the sample.";
    if (this.list.some((sample) => sample.name === name)) return `There is a sample ${name} already.`;
    return this.keep(this.list.map((sample) => (sample.name === from ? { ...sample, name } : sample)));
  }

  remove(name: string): string {
    return this.keep(this.list.filter((sample) => sample.name !== name));
  }

  /** refresh reads what another tab has changed. */
  refresh() {
    this.list = read(this.storage);
    for (const listener of this.listeners) listener();
  }

  private keep(list: readonly Sample[]): string {
    try {
      if (this.storage === null) throw new Error("no storage");
      this.storage.setItem(storageKey, JSON.stringify(list));
    } catch {
      return "This browser does not let the page store samples.";
    }
    this.list = list;
    for (const listener of this.listeners) listener();
    return "";
  }
}

function read(storage: Kept | null): Sample[] {
  let json: unknown;
  try {
    json = JSON.parse(storage?.getItem(storageKey) ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(json)) return [];
  return json.filter((one) => typeof one?.name === "string" && typeof one.text === "string").slice(0, maxSamples);
}
