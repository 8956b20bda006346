import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import type { Flash } from "../../protocol.ts";

interface ShownFlash extends Flash {
  readonly id: number;
}

const MOST_SHOWN = 3;
const AddFlash = createContext<(flash: Flash) => void>(() => undefined);
const Flashes = createContext<{ flashes: readonly ShownFlash[]; close: (id: number) => void }>({
  flashes: [],
  close: () => undefined,
});

/** Shows a message at the top of the page until it is closed. */
export function useFlash(): (flash: Flash) => void {
  return useContext(AddFlash);
}

export function FlashProvider({ children }: { children: ReactNode }) {
  const [flashes, setFlashes] = useState<readonly ShownFlash[]>([]);
  const add = useCallback((flash: Flash) => {
    setFlashes((shown) => [...shown, { ...flash, id: (shown.at(-1)?.id ?? 0) + 1 }].slice(-MOST_SHOWN));
  }, []);
  const close = useCallback((id: number) => {
    setFlashes((shown) => shown.filter((flash) => flash.id !== id));
  }, []);
  return (
    <AddFlash value={add}>
      <Flashes value={{ flashes, close }}>{children}</Flashes>
    </AddFlash>
  );
}

/** The messages that are shown, oldest first. */
export function FlashList() {
  const { flashes, close } = useContext(Flashes);
  return (
    <div className="flashes" role="status" aria-live="polite">
      {flashes.map(({ id, category, message, detail }) => (
        <div key={id} className={`banner ${category}`}>
          <div className="banner-text">
            {detail === undefined ? (
              message
            ) : (
              <details>
                <summary>{message}</summary>
                <pre>{detail}</pre>
              </details>
            )}
          </div>
          <button type="button" className="close" aria-label="Close message" onClick={() => close(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
