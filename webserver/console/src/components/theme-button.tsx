import { useState } from "react";
import { applyTheme, readTheme, type Theme } from "../theme.ts";

const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const SIGN: Record<Theme, string> = { auto: "◐", light: "☀", dark: "☾" };

/** Changes between the system's theme, light and dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  const change = () => {
    applyTheme(NEXT[theme]);
    setTheme(NEXT[theme]);
  };
  return (
    <button type="button" className="theme" onClick={change} aria-label={`Theme: ${theme}`} title={`Theme: ${theme}`}>
      {SIGN[theme]}
    </button>
  );
}
