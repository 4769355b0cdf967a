/** Labels of an incident: what silences, routes and inhibition match. */
export function LabelList({ labels }: { labels: Record<string, string> }) {
  return (
    <ul className="label-list">
      {Object.entries(labels)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, value]) => (
          <li key={name} className="tag mono">
            <bdi>{name}</bdi>=<bdi>{value}</bdi>
          </li>
        ))}
    </ul>
  );
}
