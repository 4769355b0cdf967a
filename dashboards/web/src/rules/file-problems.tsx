import type { FileProblem, FilesState } from '../../../../control/resources.ts';
import { Time } from '../time/times.tsx';
import { plural } from '../time/words.ts';
import { FilePlace } from './file-place.tsx';

const SHOWN_AT_ONCE = 3;

/** Mistakes that keep changed files from being taken over, each with its line. */
export function FileProblems({ files }: { files: FilesState }) {
  const { problems, read_at } = files;
  if (problems.length === 0) return null;
  const rest = problems.slice(SHOWN_AT_ONCE);
  return (
    <section className="panel file-problems" aria-labelledby="file-problems">
      <div className="section-head">
        <h2 id="file-problems">Changed files are not in force: {plural(problems.length, 'mistake')}</h2>
        {read_at && (
          <span className="soft">
            read <Time at={read_at} as="clock" />
          </span>
        )}
      </div>
      <div className="section-body">
        <p>
          Rules and scenarios go on as they were before. Once the file is mended it is read by itself;{' '}
          <code>npx ringdown validate</code> shows the same.
        </p>
        <ul>
          {problems.slice(0, SHOWN_AT_ONCE).map((problem) => (
            <Problem key={placeOf(problem)} problem={problem} />
          ))}
        </ul>
        {rest.length > 0 && (
          <details>
            <summary>{rest.length} more</summary>
            <ul>
              {rest.map((problem) => (
                <Problem key={placeOf(problem)} problem={problem} />
              ))}
            </ul>
          </details>
        )}
      </div>
    </section>
  );
}

function Problem({ problem }: { problem: FileProblem }) {
  return (
    <li className="file-problem">
      <p>
        <FilePlace file={problem.file} line={problem.line} column={problem.column} />
      </p>
      <p className="file-problem-message">
        <bdi>{problem.message}</bdi>
        {problem.hint && (
          <span className="soft">
            : <bdi>{problem.hint}</bdi>
          </span>
        )}
      </p>
      {problem.excerpt.length > 0 && (
        <pre>
          {problem.excerpt.map(({ line, text }) => (
            <span key={line} className="excerpt-line" data-wrong={line === problem.line}>
              <span className="faint">{line}</span> {text}
              {'\n'}
            </span>
          ))}
        </pre>
      )}
    </li>
  );
}

function placeOf({ file, line, column, message }: FileProblem): string {
  return `${file}:${line}:${column} ${message}`;
}
