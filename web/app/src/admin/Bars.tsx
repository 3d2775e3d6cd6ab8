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

/** The drawing's own units: one a bar across, a hundred up. It is stretched to the room there is. */
const HIGH = 100;
/** Of a bar's place that stays empty. */
const GAP = 0.24;
/** Days named below. */
const NAMES = 4;

export function Bars({ label, bars, ceiling, ceilingWords }: BarsProps) {
  const across = Math.max(1, bars.length);
  const named = Array.from({ length: NAMES }, (_, at) => bars[Math.round((at * (across - 1)) / (NAMES - 1))]);
  const names = [...new Map(named.flatMap((bar) => (bar ? [[bar.key, bar] as const] : []))).values()];
  return (
    <figure className="bars-frame">
      <p className="bars-text" aria-hidden="true">
        {ceilingWords}
      </p>
      <svg
        className="bars"
        viewBox={`0 0 ${across} ${HIGH}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        {[0, HIGH / 2, HIGH].map((at) => (
          <line key={at} className="bars-line" x1={0} x2={across} y1={at} y2={at} />
        ))}
        {bars.map((bar, at) => {
          const height = (Math.min(bar.value, ceiling) / ceiling) * HIGH;
          return (
            <g key={bar.key}>
              <title>{`${bar.label}: ${bar.words}`}</title>
              {/* The whole place answers to the pointer, also where the bar is low. */}
              <rect className="bars-place" x={at} y={0} width={1} height={HIGH} />
              <rect className="bars-bar" x={at + GAP / 2} y={HIGH - height} width={1 - GAP} height={height} />
            </g>
          );
        })}
      </svg>
      <p className="bars-text bars-names" aria-hidden="true">
        {names.map((bar) => (
          <span key={bar.key}>{bar.label}</span>
        ))}
      </p>
    </figure>
  );
}
