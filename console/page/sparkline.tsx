import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { POINTS, useCourse } from "./rates.ts";

const HEIGHT = 36;

/** The course of a number over the last two minutes. What it says in words stands beside it. */
export function Sparkline({ of }: { readonly of: string }) {
  const course = useCourse(of);
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const target = place.current;
    if (!target) return undefined;
    const colour = (name: string) => () => getComputedStyle(target).getPropertyValue(name).trim();
    const made = new uPlot(
      {
        width: target.clientWidth || 160,
        height: HEIGHT,
        pxAlign: false,
        cursor: { show: false },
        select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        legend: { show: false },
        axes: [{ show: false }, { show: false }],
        padding: [4, 0, 2, 0],
        scales: {
          x: { time: false, range: [0, POINTS - 1] },
          // A number that stays 0 is a line at the bottom, and not one in the middle.
          y: { range: (_, __, max) => [0, Math.max(1, max)] },
        },
        series: [
          {},
          {
            stroke: colour("--chart-line"),
            fill: colour("--chart-fill"),
            width: 1.5,
            points: { show: false },
          },
        ],
      },
      dataOf([]),
      target,
    );
    plot.current = made;
    const size = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height: HEIGHT }));
    size.observe(target);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const repaint = (): void => made.redraw();
    scheme.addEventListener("change", repaint);
    return () => {
      size.disconnect();
      scheme.removeEventListener("change", repaint);
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(course)));
  return <div class="sparkline" ref={place} aria-hidden="true" />;
}

/** The newest at the right, whatever the number of points. */
function dataOf(course: readonly number[]): uPlot.AlignedData {
  const first = POINTS - course.length;
  return [course.map((_, at) => first + at), [...course]];
}
