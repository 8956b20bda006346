/** The edges between folders (docs/architecture.md), each rule with its reason. */
const FOLDERS = ["sdk", "core", "scheduler", "worker", "triggerer", "webserver", "tfx", "cli", "setup", "dags"];

/** `folder` may import only from the named folders of ours. */
const only = (folder, allowed, comment) => ({
  name: `${folder}-imports-only-${allowed.join("-") || "itself"}`,
  comment,
  severity: "error",
  from: { path: `^${folder}/` },
  to: { path: `^(${FOLDERS.filter((other) => other !== folder && !allowed.includes(other)).join("|")})/` },
});

/** A library is used only behind its seam. */
const seam = (name, library, seams, comment) => ({
  name: `${name}-only-behind-its-seam`,
  comment,
  severity: "error",
  from: { path: `^(${FOLDERS.join("|")})/`, pathNot: seams },
  to: { path: library },
});

export default {
  forbidden: [
    only("sdk", [], "A DAG file loads the SDK on any machine, without a database or a queue."),
    only("core", ["sdk"], "What every process shares must not depend on one of them."),
    only(
      "tfx",
      ["sdk"],
      "The ML components are a user of the scheduler's authoring interface, and run without the scheduler.",
    ),
    only(
      "scheduler",
      ["core", "sdk"],
      "Scheduler, worker and web server meet in the database and the queue, never in code.",
    ),
    only(
      "worker",
      ["core", "sdk"],
      "Scheduler, worker and web server meet in the database and the queue, never in code.",
    ),
    only(
      "triggerer",
      ["core", "sdk"],
      "It meets the others in the database; what it looks after is data, and loads nobody's code.",
    ),
    only(
      "webserver",
      ["core", "sdk"],
      "Scheduler, worker and web server meet in the database and the queue, never in code.",
    ),
    only("setup", ["core", "sdk"], "Setup brings a machine to what the processes expect; it runs before any of them."),
    only("dags", ["sdk", "tfx"], "DAG files that ship are written with what users have."),
    {
      name: "console-meets-the-server-at-the-protocol",
      comment: "The browser's code shares shapes with the server and nothing else.",
      severity: "error",
      from: { path: "^webserver/console/" },
      to: { path: `^(${FOLDERS.join("|")})/`, pathNot: "^webserver/(console/|protocol\\.ts$)" },
    },
    seam(
      "pg",
      "node_modules/pg/",
      ["^core/database/", "^setup/", "^tfx/metadata/", "^sdk/operators/sql/postgres\\.ts$"],
      "SQL stays where the next reader looks for it. A task's SQL speaks to users' databases, never to the metadata's.",
    ),
    seam(
      "bullmq",
      "node_modules/(bullmq|ioredis)/",
      ["^core/queue/"],
      "The queue is a hint behind a small interface, so its engine can change.",
    ),
    seam("express", "node_modules/express/", ["^webserver/"], "Only the web server speaks HTTP to users."),
    seam(
      "duckdb",
      "node_modules/@duckdb/",
      ["^tfx/data/", "^sdk/operators/sql/duckdb\\.ts$"],
      "One place knows how examples are stored; another runs users' own SQL on their files.",
    ),
    seam(
      "tensorflow",
      "node_modules/@tensorflow/",
      ["^tfx/tensorflow\\.ts$", "^setup/tensorflow/"],
      "One file chooses which TensorFlow runs.",
    ),
    {
      name: "no-cycles",
      comment: "A cycle is one idea in two files, or two ideas in one.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-unresolvable",
      comment: "An import that leads nowhere fails at run time.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: false,
    doNotFollow: { path: "node_modules" },
    // What Vite builds is nobody's source.
    exclude: { path: "^webserver/console/dist/" },
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
