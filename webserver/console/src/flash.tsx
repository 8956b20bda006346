import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import type { Flash } from "../../protocol.ts";

interface ShownFlash extends Flash {
  readonly id: number;
}

const AddFlash = createContext<(flash: Flash) => void>(() => undefined);
const CurrentFlash = createContext<{ flash: ShownFlash | undefined; close: () => void }>({
  flash: undefined,
  close: () => undefined,
});

/** Shows a message at the top of the page until it is closed or the next one comes. */
export function useFlash(): (flash: Flash) => void {
  return useContext(AddFlash);
}

export function FlashProvider({ children }: { children: ReactNode }) {
  const [flash, setFlash] = useState<ShownFlash>();
  const lastId = useRef(0);
  const add = useCallback((added: Flash) => {
    lastId.current += 1;
    setFlash({ ...added, id: lastId.current });
  }, []);
  const current = useMemo(() => ({ flash, close: () => setFlash(undefined) }), [flash]);
  return (
    <AddFlash value={add}>
      <CurrentFlash value={current}>{children}</CurrentFlash>
    </AddFlash>
  );
}

/** Where the message is shown. */
export function FlashMessage() {
  const { flash, close } = useContext(CurrentFlash);
  return (
    <div className="flashes" role="status" aria-live="polite">
      {flash !== undefined && (
        // The key makes the same message anew, so that one sees it came again.
        <div key={flash.id} className={`banner flash ${flash.category}`}>
          <div className="banner-text">
            {flash.detail === undefined ? (
              flash.message
            ) : (
              <details>
                <summary>{flash.message}</summary>
                <pre>{flash.detail}</pre>
              </details>
            )}
          </div>
          <button type="button" className="close" aria-label="Close message" onClick={close}>
            ×
          </button>
        </div>
      )}
    </div>
  );
}
