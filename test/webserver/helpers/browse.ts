import { type Browser, chromium, type Page } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface TestPage extends AsyncDisposable {
  readonly page: Page;
  /** What the page complained about, and what it asked of other servers. Should stay empty. */
  readonly complaints: string[];
}

/** A page in a real Chromium. */
export async function browse(
  url: string,
  options: { dark?: boolean; width?: number; height?: number } = {},
): Promise<TestPage> {
  const { dark = false, width = 1400, height = 900 } = options;
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: ARGUMENTS,
  });
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) complaints.push(request.url());
  });
  page.setDefaultTimeout(15_000);
  return { page, complaints, [Symbol.asyncDispose]: () => browser.close() };
}
