import { CopyButton } from '../parts/copy-button.tsx';

/** `alerts/policies/posts.policy.yaml:14`, to be opened in an editor. */
export function FilePlace({ file, line, column }: { file: string; line: number | null; column?: number }) {
  const place = [file, line, column].filter((part) => part !== null && part !== undefined).join(':');
  return (
    <span className="file-place">
      <span className="mono">{place}</span> <CopyButton text={place} of={`the place ${place}`} />
    </span>
  );
}
