import type { Matcher } from '../../../../control/resources.ts';

/** What is silenced, as one line of conditions. */
export function MatcherList({ matchers }: { matchers: readonly Matcher[] }) {
  return (
    <ul className="matcher-list">
      {matchers.map(({ label, is, value }) => (
        <li key={`${label} ${is} ${value}`} className="tag mono">
          <bdi>{label}</bdi> {is} <bdi>{value === '' ? '(nothing)' : value}</bdi>
        </li>
      ))}
    </ul>
  );
}
