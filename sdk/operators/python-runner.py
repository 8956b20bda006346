"""Runs one function of a file that comes on standard input as JSON, and answers with JSON on file descriptor 3."""

import asyncio
import inspect
import json
import linecache
import os
import sys
import traceback
import types


def provide_exceptions() -> None:
    """Lets files import Airflow's exceptions where Airflow itself is not installed."""
    try:
        import airflow.exceptions  # noqa: F401
    except ImportError:
        names = ["AirflowException", "AirflowSkipException", "AirflowFailException"]
        base = type(names[0], (Exception,), {})
        classes = {names[0]: base, **{name: type(name, (base,), {}) for name in names[1:]}}
        for name in ["airflow", "airflow.exceptions", "airflow.sdk", "airflow.sdk.exceptions"]:
            module = types.ModuleType(name)
            module.__path__ = []
            module.__dict__.update(classes)
            sys.modules[name] = module


def load(path: str, source: str, function: str):
    """The function, of a module made of the source; tracebacks show its lines although there is no such file here."""
    name = os.path.splitext(os.path.basename(path))[0]
    module = types.ModuleType(name)
    module.__file__ = path
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    sys.modules[name] = module
    exec(compile(source, path, "exec"), module.__dict__)
    found = getattr(module, function, None)
    if not callable(found):
        raise AttributeError(f"{path} has no function {function!r}")
    return found


def run(order: dict) -> dict:
    value = load(order["path"], order["source"], order["function"])(*order["args"], **order["kwargs"])
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"The result of {order['function']} cannot be carried by JSON: {error}") from None
    return {"kind": "success", "value": value}


def describe(error: BaseException, path: str) -> dict:
    names = {cls.__name__ for cls in type(error).__mro__}
    if "AirflowSkipException" in names:
        return {"kind": "skipped", "message": str(error)}
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename != path:
        frame = frame.tb_next
    lines = traceback.format_exception(type(error), error, frame)
    kind = "failed" if "AirflowFailException" in names else "error"
    return {"kind": kind, "message": f"{type(error).__name__}: {error}", "traceback": "".join(lines).rstrip()}


def main() -> None:
    order = json.load(sys.stdin)
    sys.stdin = open(os.devnull, encoding="utf-8")
    if "airflow" in order["source"]:
        provide_exceptions()
    try:
        answer = run(order)
    except BaseException as error:
        answer = describe(error, order["path"])
    sys.stdout.flush()
    with os.fdopen(3, "w", encoding="utf-8") as channel:
        json.dump(answer, channel)


main()
