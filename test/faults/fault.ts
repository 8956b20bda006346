import type { ExecutionContext } from "ava";
import { findRedisServer } from "#setup/services/private-redis.ts";
import type { Evidence } from "./audit.ts";
import type { Load, Rig } from "./rig.ts";

/** Repeats of every case. */
export const ROUNDS = Number(process.env.DAISY_FAULTS_ROUNDS ?? 1);
/** How long a server is away. */
export const OUTAGE_MS = Number(process.env.DAISY_FAULTS_OUTAGE_SECONDS ?? 2) * 1_000;
/** For all runs of a case to end, on a machine that has much else to do. */
export const PATIENCE_MS = 120_000 + OUTAGE_MS;
/** Executions that have started when a fault happens. */
export const UNDER_WAY = 20;

/** Measures, in milliseconds, how long it took until what the fault stopped went on. */
export type Recovery = (evidence: Evidence) => readonly number[];

/** What a case takes place on. */
export interface Scene {
  readonly t: ExecutionContext;
  /** Two of each process and a web server, all of them alive. */
  readonly rig: Rig;
  /** Waits for the runs of a load, holds them to their promises, and prints how soon they went on. */
  isInOrder(load: Load, recovery?: Recovery): Promise<void>;
}

/**
 * Something that breaks. Each file of `cases/` gives some by default: a new case is a new file, or one more in the
 * list of one.
 */
export interface Fault {
  /** `<title>: nothing is lost, doubled or out of order` is the test's name. */
  readonly title: string;
  /** What is printed of the recovery. The figure depends on the machine, so nothing fails by it. */
  readonly goal?: { readonly what: string; readonly seconds: number };
  /** Why it cannot happen on this machine, or undefined. @default it can */
  readonly impossible?: () => string | undefined;
  readonly play: (scene: Scene) => Promise<void>;
}

/** A fault that happens while a mixed load is under way. What it returns measures the recovery. */
export function underLoad(happen: (rig: Rig, load: Load, scene: Scene) => Promise<Recovery>): Fault["play"] {
  return async (scene) => {
    const load = await scene.rig.startLoad();
    await load.untilStarted(UNDER_WAY);
    const recovery = await happen(scene.rig, load, scene);
    await load.arrive();
    await scene.isInOrder(load, recovery);
  };
}

/** For faults of Redis. */
export const withoutRedis = () => (findRedisServer() === undefined ? "there is no redis-server" : undefined);
