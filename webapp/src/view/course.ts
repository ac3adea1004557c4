import { type Alarm, courseOf, figure, limit, summary } from "../model/alarms.ts";
import { h } from "./dom.ts";
import { clock } from "./format.ts";

function svg(tag: string, attributes: Record<string, string | number>, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** line draws an alarm's values and its threshold in a height. Its width is that of its place. */
export function line(alarm: Alarm, height: number): SVGElement {
  const { width, path, threshold } = courseOf(alarm, height);
  const box = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" };
  return svg(
    "svg",
    { class: "course", role: "img", "aria-label": summary(alarm), height, ...box },
    svg("path", { class: "limit", d: `M0 ${threshold}H${width}` }),
    svg("path", { d: path }),
  );
}

const tall = 160;
/** The least distance between two labels. */
const apart = 14;

/** chart is a line with the values of its heights and the times below. */
export function chart(alarm: Alarm): HTMLElement {
  const { threshold, peak, zero } = courseOf(alarm, tall);
  const label = (y: number, text: string, name = "") => svg("text", { x: "100%", y: y + 4, class: name }, text);
  const isFree = (y: number) => Math.abs(y - threshold) >= apart;
  const highest = Math.max(...alarm.values.map(({ value }) => value ?? 0));
  const times = [0, 0.5, 1].map((part) => alarm.values[Math.round(part * (alarm.values.length - 1))]?.at);
  return h(
    "div",
    { class: "plot" },
    svg(
      "svg",
      { class: "heights", "aria-hidden": "true", height: tall },
      label(threshold, limit(alarm), "limit"),
      ...(isFree(zero) ? [label(zero, "0")] : []),
      ...(peak !== null && isFree(peak) && Math.abs(peak - zero) >= apart ? [label(peak, figure(highest))] : []),
    ),
    line(alarm, tall),
    h(
      "p",
      { class: "times small", "aria-hidden": "true" },
      ...times.map((at) => h("span", {}, at ? clock(at).slice(0, 5) : "")),
    ),
  );
}
