import type { AuthorizationKind } from "./config.ts";

export type Mode = "one" | "many" | "repeat";

/** What a person chose, but for keys, which are kept apart so that nothing can write them anywhere. */
export type Settings = {
  endpoint: string;
  authorization: AuthorizationKind;
  region: string;
  /** Headers that a token goes in, with commas between. */
  header: string;
  /** An example's id, or "" for an event of one's own. */
  example: string;
  event: string;
  compact: boolean;
  mode: Mode;
  count: number;
  /** Events begun in a second, at most. */
  rate: number;
  concurrency: number;
  /** Seconds between two repeats. */
  every: number;
  retry: boolean;
};

type Bounds = { label: string; min: number; max: number; standard: number; whole: boolean };

export const bounds: Record<"count" | "rate" | "concurrency" | "every", Bounds> = {
  count: { label: "Events", min: 1, max: 100_000, standard: 500, whole: true },
  rate: { label: "Per second", min: 0.1, max: 1000, standard: 50, whole: false },
  // More than six at once wait in the browser where the host speaks HTTP/1.1.
  concurrency: { label: "At once", min: 1, max: 64, standard: 6, whole: true },
  every: { label: "Seconds between events", min: 0.1, max: 3600, standard: 2, whole: false },
};

/** within reads a number that was typed or came in an address; the standard where it is none, the bound where it is beyond. */
export function within(name: keyof typeof bounds, text: string | null): number {
  const { min, max, standard, whole } = bounds[name];
  const typed = text === null || text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(typed)) return standard;
  const value = Math.min(max, Math.max(min, typed));
  return whole ? Math.round(value) : value;
}

/** corrected says what within makes of a number; "" where it is as it was typed. */
export function corrected(name: keyof typeof bounds, text: string): string {
  const { label, min, max, whole } = bounds[name];
  const value = within(name, text);
  if (text.trim() !== "" && value === Number(text)) return "";
  const kind = whole ? "a whole number" : "a number";
  return `${label} takes ${kind} from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}; ${value.toLocaleString("en")} is taken.`;
}
