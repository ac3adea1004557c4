import uPlot from "uplot";
import type { Fate } from "../model/answer.ts";
import { chartSeconds, type Figures, type Series } from "../model/figures.ts";
import { byId, h, setText } from "./dom.ts";
import { clock, count, latency } from "./format.ts";

const height = 132;
const spokenMs = 2000;

/** charts draws the last minute. The function that it returns redraws it. */
export function charts(): (figures: Figures, now: number) => void {
  const rate = chart(byId("rate-chart"), true, rateSeries(), (index, data) => {
    const [times, total, notRejected, accepted] = data.map((list) => list[index] ?? 0);
    const at = clock((times ?? 0) * 1000);
    setText(
      byId("rate-readout"),
      `${at} · ${fates({ accepted: accepted ?? 0, rejected: (total ?? 0) - (notRejected ?? 0), unknown: (notRejected ?? 0) - (accepted ?? 0) })}`,
    );
  });
  const delay = chart(byId("latency-chart"), false, latencySeries(), (index, data) => {
    const [times, p50, p95] = data;
    const at = clock((times[index] ?? 0) * 1000);
    const middle = p50?.[index];
    setText(
      byId("latency-readout"),
      middle == null ? `${at} · no answers` : `${at} · ${latency(middle)}, ${latency(p95?.[index] ?? 0)}`,
    );
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    rate.redraw();
    delay.redraw();
  });
  let spokenAt = 0;
  return (figures, now) => {
    const series = figures.series(now);
    const notRejected = series.accepted.map((accepted, index) => accepted + (series.unknown[index] ?? 0));
    const total = notRejected.map((sum, index) => sum + (series.rejected[index] ?? 0));
    rate.setData([series.times, total, notRejected, series.accepted]);
    delay.setData([series.times, series.p50, series.p95]);
    if (byId<HTMLDetailsElement>("as-table").open) table(series);
    if (now - spokenAt < spokenMs) return;
    spokenAt = now;
    describe(figures, total);
  };
}

/** describe says in words what the charts show. */
function describe(figures: Figures, total: number[]) {
  const busiest = Math.max(0, ...total);
  const span = `in the last ${chartSeconds} seconds`;
  const { accepted, rejected, unknown } = figures;
  byId("rate-chart").setAttribute(
    "aria-label",
    accepted + rejected + unknown === 0
      ? "Answers per second: nothing sent yet"
      : `Answers per second, ${span}: at most ${count(busiest)}. In all ${fates(figures)}.`,
  );
  const found = figures.percentiles();
  byId("latency-chart").setAttribute(
    "aria-label",
    found === null
      ? "Latency: nothing answered yet"
      : `Latency of the last ${count(found.of)} answers: half within ${latency(found.p50)}, 95 of 100 within ${latency(found.p95)}, at most ${latency(found.max)}.`,
  );
}

/** fates leaves out the unknown events if there are none, which is usual. */
function fates({ accepted, rejected, unknown }: Record<Fate, number>): string {
  const more = unknown === 0 ? "" : `, ${count(unknown)} unknown`;
  return `${count(accepted)} accepted, ${count(rejected)} rejected${more}`;
}

function table({ times, accepted, rejected, unknown, p50, p95 }: Series) {
  const cell = (value: number | null | undefined) => (value == null ? "–" : latency(value));
  const rows = times
    .map((time, index) => ({ time, index }))
    .filter(({ index }) => (accepted[index] ?? 0) + (rejected[index] ?? 0) + (unknown[index] ?? 0) > 0)
    .reverse()
    .map(({ time, index }) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, clock(time * 1000)),
        h("td", {}, count(accepted[index] ?? 0)),
        h("td", {}, count(rejected[index] ?? 0)),
        h("td", {}, count(unknown[index] ?? 0)),
        h("td", {}, cell(p50[index])),
        h("td", {}, cell(p95[index])),
      ),
    );
  byId("series").replaceChildren(
    ...(rows.length > 0
      ? rows
      : [h("tr", {}, h("td", { colspan: "6" }, `Nothing was answered in the last ${chartSeconds} seconds.`))]),
  );
}

/** color reads a custom property of the style sheet, which has values for dark and light. */
const color = (name: string) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function rateSeries(): uPlot.Series[] {
  const bars = uPlot.paths.bars?.({ size: [0.75, 12], align: 0 });
  const series = (label: string, name: string): uPlot.Series => ({
    label,
    fill: color(name),
    stroke: color(name),
    width: 0,
    points: { show: false },
    ...(bars ? { paths: bars } : {}),
  });
  // Each series is drawn over the one before, so the visible part of the total is the rejected.
  return [series("rejected", "--bad"), series("unknown", "--warn"), series("accepted", "--accent")];
}

function latencySeries(): uPlot.Series[] {
  const series = (label: string, name: string, dash: number[]): uPlot.Series => ({
    label,
    stroke: color(name),
    width: 1.75,
    dash,
    points: { show: true, size: 4, stroke: color(name), fill: color(name) },
    spanGaps: false,
  });
  return [series("p50", "--accent", []), series("p95", "--warn", [5, 4])];
}

function chart(
  host: HTMLElement,
  whole: boolean,
  series: uPlot.Series[],
  read: (index: number, data: uPlot.AlignedData) => void,
): uPlot {
  const axis: uPlot.Axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: "11px Inter, system-ui, sans-serif",
    gap: 4,
  };
  const plot = new uPlot(
    {
      width: Math.max(host.clientWidth, 100),
      height,
      padding: [8, 16, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] } },
      axes: [
        {
          ...axis,
          size: 24,
          space: 60,
          grid: { show: false },
          values: (_plot, splits) => splits.map((at) => clock(at * 1000).slice(at % 60 === 0 ? 0 : 3)),
        },
        {
          ...axis,
          size: 40,
          space: 28,
          ...(whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] } : {}),
        },
      ],
      series: [{}, ...series],
      hooks: {
        setCursor: [
          (self) => {
            if (self.cursor.idx != null) read(self.cursor.idx, self.data);
          },
        ],
      },
    },
    [[], ...series.map(() => [])] as unknown as uPlot.AlignedData,
    host,
  );
  new ResizeObserver(() => plot.setSize({ width: Math.max(host.clientWidth, 100), height })).observe(host);
  return plot;
}
