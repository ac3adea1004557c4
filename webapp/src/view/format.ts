const whole = new Intl.NumberFormat("en");

/** count writes a number with commas. */
export function count(value: number): string {
  return whole.format(value);
}

/** things writes a number with its noun, in the singular or plural. */
export function things(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

// A number is written in the unit in which it is when it is rounded: 999,999 bytes are 1.0 MB, and not 1000.0 kB.

export function bytes(value: number): string {
  if (value < 1000) return things(value, "byte");
  if (value < 999_950) return `${(value / 1000).toFixed(1)} kB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}

/** latency writes milliseconds with a unit. */
export function latency(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1000).toFixed(ms >= 9995 ? 1 : 2)} s`;
  return ms >= 99.95 ? `${whole.format(Math.round(ms))} ms` : `${ms.toFixed(1)} ms`;
}

export function rate(perSecond: number): string {
  return perSecond === 0 || perSecond >= 99.95 ? count(Math.round(perSecond)) : perSecond.toFixed(1);
}

/** clock is a time of day with its seconds, in the reader's own zone. */
export function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** time is a clock time with milliseconds, after the date if it is not today's. */
export function time(at: number): string {
  const date = new Date(at);
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  const day = [date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  return `${date.toDateString() === new Date().toDateString() ? "" : `${day} `}${clock(at)}.${ms}`;
}
