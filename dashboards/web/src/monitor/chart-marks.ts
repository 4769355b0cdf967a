import type uPlot from 'uplot';
import type { Deployment } from '../../../../control/resources.ts';

const MARK = 4;

/** A dashed line at each deployment within the chart, with its version at the foot. */
export function drawDeployments(plot: uPlot, deployments: Deployment[], colour: string): void {
  const { ctx: context, bbox } = plot;
  const { min, max } = plot.scales.x!;
  context.save();
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = devicePixelRatio;
  context.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  context.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  for (const deployment of deployments) {
    const second = Date.parse(deployment.deployed_at) / 1000;
    if (second < min! || second > max!) continue;
    const x = plot.valToPos(second, 'x', true);
    context.beginPath();
    context.moveTo(x, bbox.top);
    context.lineTo(x, bbox.top + bbox.height);
    context.stroke();
    const right = x > bbox.left + bbox.width * 0.85;
    context.textAlign = right ? 'right' : 'left';
    context.fillText(
      deployment.version,
      x + (right ? -4 : 4) * devicePixelRatio,
      bbox.top + bbox.height - 6 * devicePixelRatio,
    );
  }
  context.restore();
}

type Mark = (context: CanvasRenderingContext2D, x: number, y: number, size: number) => void;

/** One mark at each value that is there; values above the scale lie on its upper edge. */
export function drawMarks(plot: uPlot, values: (number | null)[], colour: string, mark: Mark): void {
  const context = plot.ctx;
  context.save();
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 2 * devicePixelRatio;
  values.forEach((value, index) => {
    if (value === null) return;
    mark(
      context,
      plot.valToPos(plot.data[0][index]!, 'x', true),
      Math.max(plot.valToPos(value, 'y', true), plot.bbox.top + MARK * devicePixelRatio),
      MARK * devicePixelRatio,
    );
  });
  context.restore();
}

export const triangle: Mark = (context, x, y, size) => {
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y + size * 0.8);
  context.lineTo(x - size, y + size * 0.8);
  context.fill();
};

export const cross: Mark = (context, x, y, size) => {
  context.beginPath();
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x + size, y - size);
  context.lineTo(x - size, y + size);
  context.stroke();
};
