import { Link } from 'wouter';
import { PageTitle } from '../parts/page-parts.tsx';

export function NotFound() {
  return (
    <div className="page">
      <PageTitle>Not found</PageTitle>
      <h1>There is no such page</h1>
      <p>
        <Link href="/">Back to the status board</Link>
      </p>
    </div>
  );
}
