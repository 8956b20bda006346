import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { FlashProvider } from "./flash.tsx";
import { LiveProvider } from "./live.tsx";
import { createQueryClient } from "./queries.ts";
import { applyTheme, readTheme } from "./theme.ts";
import "@xyflow/react/dist/base.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/backfill.css";
import "./styles/dag-list.css";
import "./styles/dag-page.css";
import "./styles/graph.css";
import "./styles/task-panel.css";
import "./styles/assets.css";
import "./styles/changes.css";

applyTheme(readTheme());

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <LiveProvider>
        <FlashProvider>
          <App />
        </FlashProvider>
      </LiveProvider>
    </QueryClientProvider>
  </StrictMode>,
);
