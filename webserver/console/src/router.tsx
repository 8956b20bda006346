import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";

/** The page that is shown, as the address bar has it. */
export interface Location {
  readonly path: string;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();
const tell = () => {
  for (const listener of listeners) listener();
};

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("popstate", tell);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("popstate", tell);
  };
}

/** Where we are; the component renders again when that changes. */
export function useLocation(): Location {
  const href = useSyncExternalStore(subscribe, () => window.location.href);
  const url = new URL(href);
  return { path: url.pathname, query: url.searchParams };
}

/** Goes to a page of the console. */
export function navigate(href: string, { replace = false } = {}): void {
  window.history[replace ? "replaceState" : "pushState"](null, "", href);
  tell();
}

/** Changes parameters of the page that is shown; null takes one away. */
export function setQuery(changes: Readonly<Record<string, string | null>>, options?: { replace?: boolean }): void {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  navigate(url.pathname + url.search, options);
}

/** A link to a page of the console; opens without loading anew, unless a new tab or window is asked for. */
export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
