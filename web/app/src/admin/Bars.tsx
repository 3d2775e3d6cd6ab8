/** Bars by day, drawn by hand; the same figures are a table beside them. */

export interface Bar {
  key: string;
  label: string;
  value: number;
  /** The value as it is said. */
  words: string;
}

interface BarsProps {
  label: string;
  bars: readonly Bar[];
  /** What the top line stands for. */
  ceiling: number;
  ceilingWords: string;
}

const WIDTH = 720;
const HEIGHT = 180;
const BASE = HEIGHT - 22;
const TOP = 18;
/** Of a bar's place that stays empty. */
const GAP = 0.24;
/** Days named below: the first, the last, and some between. */
const NAMES = 5;

export function Bars({ label, bars, ceiling, ceilingWords }: BarsProps) {
  const step = WIDTH / Math.max(1, bars.length);
  const every = Math.max(1, Math.ceil(bars.length / NAMES));
  const rise = BASE - TOP;
  return (
    <svg className="bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {[0, 0.5, 1].map((share) => (
        <line
          key={share}
          className="bars-line"
          x1={0}
          x2={WIDTH}
          y1={BASE - share * rise}
          y2={BASE - share * rise}
        />
      ))}
      <text className="bars-text" x={0} y={TOP - 5}>
        {ceilingWords}
      </text>
      {bars.map((bar, at) => {
        const height = (Math.min(bar.value, ceiling) / ceiling) * rise;
        return (
          <g key={bar.key}>
            <title>{`${bar.label}: ${bar.words}`}</title>
            {/* The whole place answers to the pointer, also where the bar is low. */}
            <rect className="bars-place" x={at * step} y={TOP} width={step} height={rise} />
            <rect
              className="bars-bar"
              x={at * step + (step * GAP) / 2}
              y={BASE - height}
              width={step * (1 - GAP)}
              height={height}
              rx={Math.min(3, height / 2)}
            />
          </g>
        );
      })}
      {bars.map(
        (bar, at) =>
          at % every === 0 && (
            <text key={bar.key} className="bars-text" x={at * step + (step * GAP) / 2} y={HEIGHT - 6}>
              {bar.label}
            </text>
          ),
      )}
    </svg>
  );
}
