import { type Json, listOf, numberOf, objectOf, textOf, timeOf } from "./records.ts";

/** An alarm of a pipeline on this machine (GET _local/alarms). Times are in milliseconds since 1970. */
export type Alarm = {
  name: string;
  id: string;
  level: string;
  /** What is wrong while it is in ALARM. */
  says: string;
  state: string;
  since: number | null;
  reason: string;
  threshold: number;
  comparison: string;
  periodSeconds: number;
  datapoints: number;
  periods: number;
  /** The path of the page here, or an address elsewhere, or empty. */
  runbook: string;
  /** The value of the period that ended at a time, minute by minute; null without data. */
  values: { at: number; value: number | null }[];
  /** The newest first. */
  history: { at: number | null; from: string; to: string; reason: string }[];
};

export function readAlarms(json: unknown): Alarm[] {
  return listOf(objectOf(json).alarms).map(objectOf).map(readAlarm);
}

function readAlarm(a: Json): Alarm {
  return {
    name: textOf(a.name),
    id: textOf(a.id),
    level: textOf(a.level),
    says: textOf(a.says),
    state: textOf(a.state),
    since: timeOf(a.since),
    reason: textOf(a.reason),
    threshold: numberOf(a.threshold),
    comparison: textOf(a.comparison),
    periodSeconds: numberOf(a.periodSeconds),
    datapoints: numberOf(a.datapoints),
    periods: numberOf(a.periods),
    runbook: textOf(a.runbook),
    values: listOf(a.values)
      .map(listOf)
      .map(([at, value]) => ({ at: numberOf(at) * 1000, value: typeof value === "number" ? value : null })),
    history: listOf(a.history)
      .map(objectOf)
      .map((c) => ({ at: timeOf(c.at), from: textOf(c.from), to: textOf(c.to), reason: textOf(c.reason) })),
  };
}

/** inAlarmFirst orders alarms by what needs a person. */
export const inAlarmFirst = (alarms: Alarm[]) =>
  alarms.toSorted((a, b) => Number(b.state === "ALARM") - Number(a.state === "ALARM"));

/** What the values of the alarms count. An expression of CloudWatch has no unit of its own. */
const units: Record<string, string> = {
  "api-4xx": "%",
  "api-5xx": "of 1",
  "api-latency": "ms",
  "delivery-errors": "errors",
  "delivery-failed": "of 1",
  "delivery-stale": "s",
  "stream-age": "ms",
  "stream-full": "%",
  "stream-refused": "of 1",
  "stream-throttled": "of 1",
  "stream-unread": "reads",
};

/** unitOf is the unit of an alarm's values, and empty for an alarm that the page does not know. */
export const unitOf = ({ id }: Pick<Alarm, "id">) => units[id] ?? "";

/** nowOf is the newest value; null without data. */
export const nowOf = ({ values }: Pick<Alarm, "values">) => values.at(-1)?.value ?? null;

/** inAlarm says how many are in ALARM. */
export function inAlarm(alarms: { state: string }[]): string {
  return `${alarms.filter(({ state }) => state === "ALARM").length} of ${alarms.length} in ALARM`;
}

const comparisons: Record<string, string> = {
  GreaterThanThreshold: ">",
  GreaterThanOrEqualToThreshold: "≥",
  LessThanThreshold: "<",
  LessThanOrEqualToThreshold: "≤",
};

const usual = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const large = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, notation: "compact" });

/** figure writes a value without a unit. */
export function figure(value: number | null): string {
  if (value === null) return "no data";
  return (Math.abs(value) < 1_000_000 ? usual : large).format(value);
}

/** limit is the threshold with what breaches it. */
export function limit({ comparison, threshold }: Pick<Alarm, "comparison" | "threshold">): string {
  return `${comparisons[comparison] ?? comparison} ${figure(threshold)}`;
}

/** lasting writes a time span in its two largest units. */
export function lasting(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes === 0) return "< 1 min";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** summary says in words what an alarm's chart shows. */
export function summary(alarm: Alarm): string {
  const known = alarm.values.map(({ value }) => value).filter((value) => value !== null);
  const now = nowOf(alarm);
  return [
    now === null ? "no data now" : `${figure(now)} now`,
    ...(known.length === 0 ? [] : [`at most ${figure(Math.max(...known))}`]),
    `threshold ${figure(alarm.threshold)}`,
    "3 hours",
  ].join(", ");
}

/** A chart of width 1 for each step between two values, and a height. */
export type Course = {
  width: number;
  /** The values, as an SVG path with a gap where there are none. */
  path: string;
  /** The heights of the threshold, of the largest value and of 0, from the top. null without a value. */
  threshold: number;
  peak: number | null;
  zero: number;
};

/** courseOf draws values in a height. 0 and the threshold are always on the chart. */
export function courseOf({ values, threshold }: Pick<Alarm, "values" | "threshold">, height: number): Course {
  const known = values.map(({ value }) => value).filter((value) => value !== null);
  const low = Math.min(0, threshold, ...known);
  const span = (Math.max(0, threshold, ...known) - low) * 1.1 || 1;
  const y = (value: number) => Math.round(10 * height * (1 - (value - low) / span)) / 10;
  let path = "";
  let pen = "M";
  values.forEach(({ value }, x) => {
    // Without its line of no length, a value between two gaps would be invisible.
    if (value !== null) path += `${pen}${x} ${y(value)}${pen === "M" ? "h0" : ""}`;
    pen = value === null ? "M" : "L";
  });
  return {
    width: Math.max(1, values.length - 1),
    path,
    threshold: y(threshold),
    peak: known.length === 0 ? null : y(Math.max(...known)),
    zero: y(0),
  };
}
