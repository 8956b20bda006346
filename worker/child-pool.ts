import type { Log } from "#core/log.ts";
import { startTaskProcess, type TaskProcess } from "./task-process.ts";
import type { TaskUser } from "./task-user.ts";

/** Task processes that wait, started ahead, for the next tries. */
export interface ChildPool {
  /** A process that is ready; one that ran this code last if there is one. Waits while all are busy. */
  take(codePath: string): Promise<TaskProcess>;
  /** Gives a process back; one that is not to be used again is ended. */
  give(child: TaskProcess, reusable: boolean): void;
  /** Ends every process, busy ones too, and resolves when they are gone. May be called twice. */
  close(): Promise<void>;
}

export interface ChildPoolOptions {
  /** The most processes at once. */
  readonly size: number;
  /** Tries after which a process is replaced, when nobody waits. 1 is kept strictly. */
  readonly maxTries: number;
  readonly env: Record<string, string>;
  /** As whom they run. @default as this process does */
  readonly user?: TaskUser | undefined;
  /** How long a try that is asked to stop has before its process is killed. */
  readonly graceMs: number;
  readonly log: Log;
}

/** Processes that are kept ready. */
const IDLE_AHEAD = 2;
/** More than those are kept this long after a busy time. */
const IDLE_MS = 30_000;
/**
 * Starting a process costs as much as hundreds of short tries, so one is only started when those there are held up:
 * each has been at its try this long, or somebody has waited for much longer. With short tries, two processes serve
 * any number.
 */
const PATIENCE_MS = 40;
const LONGEST_WAIT_MS = 250;
/** Processes that start at the same time; more would only slow each other down. */
const STARTING_AT_ONCE = 2;
/** By how much the limit of tries a process stretches while others wait. */
const BUSY_STRETCH = 10;
const PAUSE_AFTER_FAILED_START_MS = 1_000;

interface Waiting {
  readonly since: number;
  readonly resolve: (child: TaskProcess) => void;
  readonly reject: (error: Error) => void;
}

export function createChildPool(options: ChildPoolOptions): ChildPool {
  return new WarmPool(options);
}

class WarmPool implements ChildPool {
  readonly #options: ChildPoolOptions;
  /** Least recently used first. */
  readonly #idle: TaskProcess[] = [];
  readonly #all = new Set<TaskProcess>();
  readonly #waiting: Waiting[] = [];
  /** Since when each busy process has been at its try. */
  readonly #busySince = new Map<TaskProcess, number>();
  readonly #idleTimers = new Map<TaskProcess, NodeJS.Timeout>();
  #starting = 0;
  #growTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
    this.#grow();
  }

  take(codePath: string): Promise<TaskProcess> {
    if (this.#closed) return Promise.reject(new Error("The worker is shutting down"));
    const child = this.#pickIdle(codePath);
    this.#growSoon();
    if (child === undefined) {
      return new Promise((resolve, reject) => this.#waiting.push({ since: performance.now(), resolve, reject }));
    }
    this.#busySince.set(child, performance.now());
    return Promise.resolve(child);
  }

  give(child: TaskProcess, reusable: boolean): void {
    this.#busySince.delete(child);
    if (reusable && !child.hasExited && !this.#isWornOut(child) && !this.#closed) this.#makeIdle(child);
    else child.kill();
  }

  /** In a busy time, a process may run more tries than it should: its replacement can wait for a quieter one. */
  #isWornOut({ triesRun }: TaskProcess): boolean {
    const { maxTries } = this.#options;
    if (triesRun < maxTries) return false;
    return maxTries === 1 || this.#waiting.length === 0 || triesRun >= maxTries * BUSY_STRETCH;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#growTimer);
    for (const timer of this.#idleTimers.values()) clearTimeout(timer);
    for (const { reject } of this.#waiting.splice(0)) reject(new Error("The worker is shutting down"));
    const all = [...this.#all];
    for (const child of all) child.kill();
    await Promise.all(all.map((child) => child.exited));
  }

  #pickIdle(codePath: string): TaskProcess | undefined {
    const sameCode = this.#idle.findLastIndex((child) => child.lastCode === codePath);
    const index = sameCode >= 0 ? sameCode : this.#idle.findIndex((child) => child.lastCode === undefined);
    const [child] = this.#idle.splice(Math.max(index, 0), 1);
    if (child) this.#stopIdleTimer(child);
    return child;
  }

  #makeIdle(child: TaskProcess): void {
    const next = this.#waiting.shift();
    if (next) {
      this.#busySince.set(child, performance.now());
      next.resolve(child);
      return;
    }
    this.#idle.push(child);
    if (this.#idle.length <= IDLE_AHEAD) return;
    const timer = setTimeout(() => this.#retire(child), IDLE_MS);
    this.#idleTimers.set(child, timer);
  }

  #retire(child: TaskProcess): void {
    this.#idleTimers.delete(child);
    const index = this.#idle.indexOf(child);
    if (index < 0 || this.#idle.length <= IDLE_AHEAD) return;
    this.#idle.splice(index, 1);
    child.kill();
  }

  #stopIdleTimer(child: TaskProcess): void {
    clearTimeout(this.#idleTimers.get(child));
    this.#idleTimers.delete(child);
  }

  #growSoon(pause = PATIENCE_MS): void {
    if (this.#closed) return;
    this.#growTimer ??= setTimeout(() => {
      this.#growTimer = undefined;
      this.#grow();
    }, pause);
  }

  /** Starts what is missing: for those who wait, and to have some ready. */
  #grow(): void {
    const wanted = this.#waiting.length + IDLE_AHEAD - this.#idle.length - this.#starting;
    const room = this.#options.size - this.#all.size;
    const count = Math.min(wanted, room, STARTING_AT_ONCE - this.#starting);
    if (count <= 0) return;
    if (!this.#isHeldUp()) {
      this.#growSoon();
      return;
    }
    for (let started = 0; started < count; started++) this.#start();
  }

  #isHeldUp(): boolean {
    const now = performance.now();
    const waited = now - (this.#waiting[0]?.since ?? now);
    return waited > LONGEST_WAIT_MS || [...this.#busySince.values()].every((since) => now - since >= PATIENCE_MS);
  }

  #start(): void {
    const child = startTaskProcess(this.#options.env, this.#options.graceMs, this.#options.user);
    this.#all.add(child);
    this.#starting += 1;
    void child.exited.then(() => this.#forget(child));
    child.ready.then(
      () => {
        this.#starting -= 1;
        if (this.#closed) child.kill();
        else this.#makeIdle(child);
        this.#growSoon();
      },
      (error: Error) => {
        this.#starting -= 1;
        if (!this.#closed) this.#options.log.error("A task process could not be started", error);
        this.#growSoon(PAUSE_AFTER_FAILED_START_MS);
      },
    );
  }

  #forget(child: TaskProcess): void {
    this.#all.delete(child);
    this.#busySince.delete(child);
    this.#stopIdleTimer(child);
    const index = this.#idle.indexOf(child);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#growSoon();
  }
}
