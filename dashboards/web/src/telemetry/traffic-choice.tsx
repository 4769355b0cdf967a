export type Traffic = 'all' | 'real' | 'scenarios';

/** What the API calls `synthetic`. */
export const SYNTHETIC: Record<Traffic, boolean | null> = { all: null, real: false, scenarios: true };

export function TrafficChoice({ value, onChange }: { value: Traffic; onChange(value: Traffic): void }) {
  return (
    <select
      className="field"
      aria-label="Traffic"
      value={value}
      onChange={(event) => onChange(event.target.value as Traffic)}
    >
      <option value="all">real and scenarios</option>
      <option value="real">real traffic only</option>
      <option value="scenarios">scenarios only</option>
    </select>
  );
}
