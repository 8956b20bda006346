import { Link } from "../router.tsx";

export function NotFoundPage() {
  return (
    <div className="empty">
      <h1>There is no such page</h1>
      <p>
        <Link href="/">Go to the list of DAGs</Link>
      </p>
    </div>
  );
}
