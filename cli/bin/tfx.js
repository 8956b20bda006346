#!/usr/bin/env node
import process from "node:process";
import { register } from "tsx/esm/api";

register();
const { main } = await import("../tfx.ts");
process.exitCode = await main(process.argv.slice(2));
