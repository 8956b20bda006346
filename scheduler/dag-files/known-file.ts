/** What the scheduler knows of a DAG file. */
export interface KnownFile {
  /** The file's size and times when it was last parsed, and those of what it imports, by path. */
  stamps: ReadonlyMap<string, string>;
  /** The bundle of the last good parse. */
  codeHash: string | undefined;
  /** The template files of the last good parse: another text of one makes other DAGs of the same bundle. */
  templates: readonly string[];
  /** Whether its last parse failed, or another file has one of its DAG ids. */
  isBroken: boolean;
  /** How often in a row its process had to be killed, or died. */
  offences: number;
  /** What its last load took, in seconds. */
  seconds: number;
  /** When its last parse ended, by `performance.now()`. */
  parsedAt: number;
  isParsing: boolean;
  /** It changed while it was being parsed. */
  again: Wish | undefined;
  /** Requests that the next finished parse answers. */
  requests: string[];
}

/** What is wanted of the next parse of a file. */
export interface Wish {
  /** Whose turn it is: see `Turns`. */
  readonly rank: Rank;
  /** Load the file even if its bundle is the same as before. */
  readonly force: boolean;
  /** When it became known that the file is to be parsed, by `performance.now()`. */
  readonly since: number;
}

/**
 * What goes first: what somebody changed or asked for, then what is seen for the first time, then what is only loaded
 * again in case that something beside it changed.
 */
export type Rank = 0 | 1 | 2;
export const URGENT = 0;
export const NEW = 1;
export const AGAIN = 2;

export function newFile(): KnownFile {
  return {
    stamps: new Map(),
    codeHash: undefined,
    templates: [],
    isBroken: false,
    offences: 0,
    seconds: 0,
    parsedAt: 0,
    isParsing: false,
    again: undefined,
    requests: [],
  };
}

/** Both wishes in one. */
export function merge(wish: Wish, other: Wish | undefined): Wish {
  if (other === undefined) return wish;
  return {
    rank: Math.min(wish.rank, other.rank) as Rank,
    force: wish.force || other.force,
    since: Math.min(wish.since, other.since),
  };
}
