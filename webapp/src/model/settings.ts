import type { AuthorizationKind } from "./config.ts";

export type Mode = "one" | "many" | "repeat";

/** A person's choices, without keys, which are separate so that nothing writes them anywhere. */
export type Settings = {
  endpoint: string;
  authorization: AuthorizationKind;
  region: string;
  /** Headers that carry tokens, separated by commas. */
  header: string;
  /** An example's id, or "" for your own event. */
  example: string;
  event: string;
  compact: boolean;
  mode: Mode;
  count: number;
  /** The most events to begin in a second. */
  rate: number;
  concurrency: number;
  /** The events of a request, where the environment takes batches; 0 to choose by the rate. */
  batch: number;
  /** Seconds between two repeats. */
  every: number;
  retry: boolean;
};

type Bounds = { label: string; min: number; max: number; standard: number; whole: boolean };

export const bounds: Record<"count" | "rate" | "concurrency" | "batch" | "every", Bounds> = {
  count: { label: "Events", min: 1, max: 1_000_000, standard: 500, whole: true },
  rate: { label: "Per second", min: 0.1, max: 10_000, standard: 50, whole: false },
  // More than six at once wait in the browser where the host speaks HTTP/1.1.
  concurrency: { label: "At once", min: 1, max: 64, standard: 6, whole: true },
  // 500 is the most that PutRecords takes.
  batch: { label: "Per request", min: 1, max: 500, standard: 0, whole: true },
  every: { label: "Seconds between events", min: 0.1, max: 3600, standard: 2, whole: false },
};

/** within reads a number from a field or an address: the standard if it is not a number, the bound if it is out of range. */
export function within(name: keyof typeof bounds, text: string | null): number {
  const { min, max, standard, whole } = bounds[name];
  const typed = text === null || text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(typed)) return standard;
  const value = Math.min(max, Math.max(min, typed));
  return whole ? Math.round(value) : value;
}

/** corrected says which number within uses instead; "" if it is the typed one. */
export function corrected(name: keyof typeof bounds, text: string): string {
  const { label, min, max, whole } = bounds[name];
  const value = within(name, text);
  if (name === "batch" && text.trim() === "") return "";
  if (text.trim() !== "" && value === Number(text)) return "";
  const kind = whole ? "a whole number" : "a number";
  return `${label} takes ${kind} from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}. The page uses ${value === 0 ? "one that fits the rate" : value.toLocaleString("en")}.`;
}
