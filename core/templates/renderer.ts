import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { RenderAnswer, RenderRequest } from "./protocol.ts";

/** Renders templates in a process of its own. */
export interface TemplateRenderer {
  /** Renders; a template that takes longer than the limit fails, and its process is ended. */
  render(request: RenderRequest): Promise<RenderAnswer>;
  /** Ends the process. May be called twice. */
  close(): void;
}

const ENGINE = createRequire(import.meta.url).resolve("minijinja-js");
/** The folder that the process may read: the engine's. */
const ENGINE_FOLDER = resolve(dirname(ENGINE), "../..");
const ENTRY = fileURLToPath(new URL("./renderer-child.ts", import.meta.url));
const MEMORY_MB = 128;
const WASM_PAGES = (MEMORY_MB * 1024) / 64;
/** What starting a process may take, on a machine that is very busy. */
const START_MS = 60_000;
/** Takes its program from the channel: it may not read files of ours. */
const BOOT = 'process.once("message", (code) => new Function("require", code)(require));';

/**
 * A renderer whose process starts with the first template and is kept. One template at a time: a bad one holds the
 * others up for the time limit at most.
 * @param timeoutSeconds the limit of one request
 */
export function createTemplateRenderer(timeoutSeconds: number): TemplateRenderer {
  let child: Promise<ChildProcess> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  const forget = () => {
    child = undefined;
  };
  const renderOne = async (request: RenderRequest): Promise<RenderAnswer> => {
    if (closed) throw new Error("The worker is shutting down");
    child ??= startChild(forget);
    const started = await child.catch((error: Error) => error);
    if (started instanceof Error) return { kind: "failed", message: started.message };
    return ask(started, request, timeoutSeconds);
  };
  return {
    render(request) {
      const answer = last.then(() => renderOne(request));
      last = answer.catch(() => undefined);
      return answer;
    },
    close() {
      closed = true;
      void child?.then(
        (process) => process.kill("SIGKILL"),
        () => undefined,
      );
    },
  };
}

function ask(child: ChildProcess, request: RenderRequest, timeoutSeconds: number): Promise<RenderAnswer> {
  return new Promise((resolve) => {
    let ending = "The process that renders templates ended; a template may need too much memory";
    const onExit = () => end({ kind: "failed", message: ending });
    const timer = setTimeout(() => {
      ending = `Rendering took longer than ${timeoutSeconds} s ([core] template_rendering_timeout): a template may loop for ever`;
      child.kill("SIGKILL");
    }, timeoutSeconds * 1_000);
    const end = (answer: RenderAnswer) => {
      clearTimeout(timer);
      child.removeListener("message", end);
      child.removeListener("exit", onExit);
      resolve(answer);
    };
    child.once("exit", onExit);
    child.once("message", end);
    child.send(request, () => undefined);
    if (child.exitCode !== null || child.signalCode !== null) onExit();
  });
}

let program: Promise<string> | undefined;

/** The process's program in one text. */
function loadProgram(): Promise<string> {
  program ??= build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node20",
    alias: { "minijinja-js": ENGINE },
    external: [ENGINE],
  }).then(({ outputFiles }) => outputFiles[0]!.text);
  return program;
}

/** @param onGone called when the process has ended, or is about to */
async function startChild(onGone: () => void): Promise<ChildProcess> {
  const code = await loadProgram().catch((error: unknown) => {
    onGone();
    throw error;
  });
  const child = spawn(process.execPath, [...flags(), "-e", BOOT], {
    cwd: "/",
    env: {},
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.once("exit", onGone);
  child.on("error", onGone);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
    child.once("exit", () => {
      clearTimeout(timer);
      reject(new Error("The process that renders templates does not start"));
    });
    child.once("message", () => {
      clearTimeout(timer);
      resolve(child);
    });
    child.send(code, () => undefined);
  });
}

function flags(): string[] {
  const [major, minor] = process.versions.node.split(".").map(Number) as [number, number];
  const permission = major > 23 || (major === 23 && minor >= 5) ? "--permission" : "--experimental-permission";
  return [
    permission,
    `--allow-fs-read=${ENGINE_FOLDER}/*`,
    "--no-warnings",
    `--max-old-space-size=${MEMORY_MB}`,
    `--wasm-max-mem-pages=${WASM_PAGES}`,
  ];
}
