#!/usr/bin/env bash
# Sets the TFX workshop up: installs what is missing, initialises Daisy under $AIRFLOW_HOME (default ~/airflow), edits
# airflow.cfg for the workshop, and copies the DAG files, the data, and what an editor needs to know their types.
#
#   setup/setup_demo.sh [--data FILE] [--reset]
#
#   --data FILE   a CSV of taxi trips; also TAXI_DATA. Without it: rows of the city's open data, else made-up ones
#   --reset       start afresh: drop what the database holds and overwrite edited workshop files
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }

data="${TAXI_DATA:-}"
reset=false
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data="${2:?--data needs a FILE}"; shift 2 ;;
    --data=*) data="${1#--data=}"; shift ;;
    --reset) reset=true; shift ;;
    -h | --help) usage; exit 0 ;;
    *) printf 'setup_demo.sh: unknown argument %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
done

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
export AIRFLOW_HOME="${AIRFLOW_HOME:-$HOME/airflow}"
if [ -n "$data" ]; then
  [ -r "$data" ] || { printf 'setup_demo.sh: the data file %s cannot be read\n' "$data" >&2; exit 1; }
  data="$(cd "$(dirname "$data")" && pwd -P)/$(basename "$data")"
fi

if [ -t 1 ]; then green=$'\033[0;32m' plain=$'\033[0m'; else green='' plain=''; fi
say() { printf '%s%s%s\n' "$green" "$1" "$plain"; }
airflow() { node "$root/cli/bin/airflow.js" "$@"; }

# One edit of airflow.cfg, `key = old` to `key = new`; a line that says something else is the user's and stays.
configure() {
  sed -i.before "s|^$1 = $2\$|$1 = $3|" "$AIRFLOW_HOME/airflow.cfg"
  rm -f "$AIRFLOW_HOME/airflow.cfg.before"
}

# Copies a workshop file; one that the participant has edited stays, unless --reset says otherwise.
copy_dag() {
  local from="$root/dags/$1" to="$AIRFLOW_HOME/dags/$1"
  if [ -e "$to" ] && ! cmp -s "$from" "$to" && [ "$reset" = false ]; then
    say "Keeping your $to"
  else
    cp "$from" "$to.new" && mv "$to.new" "$to"
  fi
}

say 'Installing TFX workshop'
node "$root/setup/ensure.mjs"

first_time=true
[ -e "$AIRFLOW_HOME/airflow.cfg" ] && first_time=false

say 'Initializing Airflow database'
mkdir -p "$AIRFLOW_HOME"
airflow initdb

say 'Adjusting Airflow config'
configure dag_dir_list_interval 300 1
configure job_heartbeat_sec 5 1
configure scheduler_heartbeat_sec 5 1
configure dag_default_view tree graph
configure load_examples True False
configure max_threads 2 1

if [ "$first_time" = true ] || [ "$reset" = true ]; then
  say 'Refreshing Airflow to pick up new config'
  airflow resetdb --yes
  airflow initdb
fi

say 'Copying the pipeline and its data'
mkdir -p "$AIRFLOW_HOME/dags"
for file in taxi_pipeline.ts taxi_utils.ts taxi_pipeline_solution.ts taxi_utils_solution.ts; do copy_dag "$file"; done
node --import "$root/node_modules/tsx/dist/esm/index.mjs" "$root/setup/taxi-data/provide.ts" \
  --to "$AIRFLOW_HOME/data/taxi_data/data.csv" --data "$data"

# What an editor needs: the packages that DAG files import, and how to read TypeScript.
mkdir -p "$AIRFLOW_HOME/node_modules"
ln -sfn "$root" "$AIRFLOW_HOME/node_modules/daisy"
ln -sfn "$root" "$AIRFLOW_HOME/node_modules/apache-airflow-ts-sdk"
cp "$root/setup/dags.tsconfig.json" "$AIRFLOW_HOME/dags/tsconfig.json"
[ -e "$AIRFLOW_HOME/package.json" ] || printf '{ "private": true, "type": "module" }\n' > "$AIRFLOW_HOME/package.json"

say 'TFX workshop installed'
