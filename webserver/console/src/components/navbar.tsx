import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { openQuestions, version } from "../queries.ts";
import { Link } from "../router.tsx";
import { ThemeButton } from "./theme-button.tsx";

export function Navbar() {
  return (
    <header className="navbar">
      <Link href="/" className="brand">
        <img src="/favicon.svg" alt="" width="28" height="28" />
        Daisy
      </Link>
      <nav aria-label="Main">
        <Link href="/">DAGs</Link>
        <Link href="/assets">Assets</Link>
        <Link href="/required_actions">
          Required Actions
          <OpenQuestions />
        </Link>
        <a href="/api/v2/version" className="version" title="Version of Daisy">
          <Version />
        </a>
      </nav>
      <Clock />
      <ThemeButton />
    </header>
  );
}

/** How many tasks wait for an answer. */
function OpenQuestions() {
  const { data } = useQuery(openQuestions);
  const count = data?.total_entries ?? 0;
  return count === 0 ? null : <span className="badge">{count}</span>;
}

function Version() {
  const { data } = useQuery(version);
  return data === undefined ? null : <>v{data.version}</>;
}

/** The time in UTC, in which everything is shown. */
function Clock() {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  const text = now.toISOString().slice(0, 19).replace("T", " ");
  return (
    <time className="clock" dateTime={now.toISOString()} title="All times are in UTC">
      {text} UTC
    </time>
  );
}
