import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useLocation } from 'wouter';
import type { Deployment, RunSummary } from '../../../../control/resources.ts';
import { clockWords, durationWords } from '../time/words.ts';
import { cross, drawDeployments, drawMarks, triangle } from './chart-marks.ts';
import { chartColours, onThemeChange } from './chart-theme.ts';
import { chartColumns, kindOf } from './history.ts';

const HEIGHT = 230;
const TIP = 'Point at a run to read it, click to open it.';

type Columns = ReturnType<typeof chartColumns>;

interface LatencyChartProps {
  runs: RunSummary[];
  /** Of the same service: marked where they happened. */
  deployments: Deployment[];
  words: string;
}

/** Durations over time. Passed runs are a line, degraded ones triangles, failed ones crosses. A click opens the run. */
export default function LatencyChart({ runs, deployments, words }: LatencyChartProps) {
  const room = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLParagraphElement>(null);
  const plot = useRef<uPlot>(undefined);
  const columns = useRef<Columns>(chartColumns(runs));
  const deployed = useRef(deployments);
  const [, navigate] = useLocation();

  useEffect(() => {
    const element = room.current!;
    const build = () => {
      plot.current?.destroy();
      plot.current = draw(element, tip.current!, columns, deployed, (run) => navigate(`/runs/${run.id}`));
    };
    build();
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    const stop = onThemeChange(build);
    return () => {
      stop();
      resize.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [navigate]);

  useEffect(() => {
    columns.current = chartColumns(runs);
    plot.current?.setData(dataOf(columns.current));
  }, [runs]);

  useEffect(() => {
    // A plot that was made in this very moment has no scales yet, and draws by itself.
    if (deployed.current === deployments) return;
    deployed.current = deployments;
    plot.current?.redraw();
  }, [deployments]);

  return (
    <>
      <div
        ref={room}
        role="img"
        aria-label={`Chart of run durations: ${words}. The list of runs below has the same data.`}
      />
      <p ref={tip} className="chart-tip" aria-hidden="true">
        {TIP}
      </p>
    </>
  );
}

function dataOf(columns: Columns): uPlot.AlignedData {
  return [columns.x, columns.passed];
}

function draw(
  element: HTMLElement,
  tip: HTMLElement,
  columns: { readonly current: Columns },
  deployments: { readonly current: Deployment[] },
  open: (run: RunSummary) => void,
): uPlot {
  const colour = chartColours(element);
  const axis: uPlot.Axis = {
    stroke: colour('--text-faint'),
    grid: { stroke: colour('--border'), width: 1 },
    ticks: { stroke: colour('--border'), width: 1, size: 4 },
    font: '12px system-ui, sans-serif',
  };
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      padding: [10, 10, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: { y: { range: () => [0, ceilingOf(columns.current)] } },
      axes: [
        { ...axis, space: 62, values: (_plot, splits) => splits.map((second) => timeLabel(second, splits)) },
        { ...axis, size: 62, values: (_plot, splits) => splits.map((ms) => (ms === 0 ? '0 ms' : durationWords(ms))) },
      ],
      series: [
        {},
        {
          label: 'passed',
          stroke: colour('--accent'),
          width: 1.6,
          points: { show: (plot) => plot.data[0].length <= 120, size: 4, fill: colour('--accent') },
        },
      ],
      hooks: {
        draw: [
          (plot) => {
            drawDeployments(plot, deployments.current, colour('--text-soft'));
            drawMarks(plot, columns.current.degraded, colour('--degraded-fill'), triangle);
            drawMarks(plot, columns.current.failed, colour('--failing-fill'), cross);
          },
        ],
        setCursor: [
          (plot) => {
            const run = columns.current.runs[plot.cursor.idx ?? -1];
            tip.textContent = run ? tipWords(run) : TIP;
          },
        ],
        ready: [
          (plot) => {
            plot.over.addEventListener('click', () => {
              const run = columns.current.runs[plot.cursor.idx ?? -1];
              if (run) open(run);
            });
          },
        ],
      },
    },
    dataOf(columns.current),
    element,
  );
}

/** Runs that passed set the scale: one timeout would flatten all of them. Longer failures are drawn at the upper edge. */
function ceilingOf(columns: Columns): number {
  const longest = Math.max(0, ...columns.passed.map((ms) => ms ?? 0));
  return (longest || Math.max(1, ...columns.failed.map((ms) => ms ?? 0))) * 1.18;
}

function tipWords(run: RunSummary): string {
  const why = run.failure ? ` · ${run.failure.step}: ${run.failure.message}` : '';
  return `${clockWords(Date.parse(run.started_at), Date.now())} · ${durationWords(run.duration_ms)} · ${kindOf(run)}${why}`;
}

function timeLabel(second: number, splits: number[]): string {
  const fine = splits.length > 1 && splits[1]! - splits[0]! < 60;
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat('en-GB', fine ? { ...time, second: '2-digit' } : time).format(second * 1000);
}
