import { useEffect } from "react";
import { Banners } from "./components/banners.tsx";
import { Navbar } from "./components/navbar.tsx";
import { FlashMessage } from "./flash.tsx";
import { AssetsPage } from "./pages/assets-page.tsx";
import { DagListPage } from "./pages/dag-list-page.tsx";
import { DAG_VIEWS, DagPage, type DagView } from "./pages/dag-page.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { RequiredActionsPage } from "./pages/required-actions-page.tsx";
import { useLocation } from "./router.tsx";

/** The whole console: what is on every page, and the page that the address names. */
export function App() {
  const { path } = useLocation();
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Navbar />
      <main id="main" tabIndex={-1}>
        <Banners />
        <FlashMessage />
        <Page path={path} />
      </main>
    </>
  );
}

const OTHER_PAGES = new Map([
  ["assets", { title: "Assets", Content: AssetsPage }],
  ["required_actions", { title: "Required Actions", Content: RequiredActionsPage }],
]);

function Page({ path }: { path: string }) {
  const [first, dagId, view = "graph", ...rest] = path.split("/").filter((part) => part !== "");
  const isList = first === undefined || (first === "dags" && dagId === undefined);
  const isDag = first === "dags" && dagId !== undefined && rest.length === 0 && DAG_VIEWS.includes(view as DagView);
  const other = dagId === undefined && first !== undefined ? OTHER_PAGES.get(first) : undefined;
  const title = `${isDag ? decode(dagId) : (other?.title ?? "DAGs")} - Daisy`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  if (isList) return <DagListPage />;
  if (isDag) return <DagPage key={dagId} dagId={decode(dagId)} view={view as DagView} />;
  return other === undefined ? <NotFoundPage /> : <other.Content />;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
