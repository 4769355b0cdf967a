import { Labelled } from '../parts/labelled.tsx';

/** A calendar feed, to be copied into a calendar. */
export function FeedLink({ url, of }: { url: string; of: string }) {
  return (
    <details>
      <summary>Calendar feed of {of}</summary>
      <div className="feed">
        <Labelled label="Subscribe to this address; whoever has it can read the schedule" grows>
          {(id) => (
            <input
              id={id}
              className="field mono"
              readOnly
              value={url}
              onFocus={(event) => event.currentTarget.select()}
            />
          )}
        </Labelled>
        <a href={url} className="button plain">
          Open
        </a>
      </div>
    </details>
  );
}
